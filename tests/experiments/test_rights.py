"""Exposures of a person's addresses and identifiers: exported by name, and gone after erasing."""

from decimal import Decimal

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, identifier_hash
from cdp.lib.rights import Held, Person
from experiments import rights, services
from experiments.models import Exposure

pytestmark = pytest.mark.django_db
JANE = Person((Held(1, "email", "jane@example.com"), Held(2, "user_id", "jane")))


def test_exposures_are_exported_and_erased_and_nobody_elses_are() -> None:
    services.ensure_experiment("journey-a", "Holdout of A", {"holdout": Decimal(0), "treated": Decimal(1)})
    for address in ("jane@example.com", "john@example.com"):
        services.expose("journey-a", address_hash(address), utc_now())
    (rows,) = [list(part.rows) for part in rights.export(JANE)]
    assert [(row["experiment"], row["known_as"], row["variant"]) for row in rows] == [
        ("Holdout of A", "jane@example.com", "treated")
    ]
    assert rights.remains(JANE) == 1
    assert rights.erase(JANE, utc_now()).counts == {"exposures deleted": 1}
    assert (rights.remains(JANE), Exposure.objects.count()) == (0, 1)


def test_a_browser_that_was_split_by_its_own_id_is_found_too() -> None:
    services.ensure_experiment("placement-home", "Holdout of home", {"holdout": Decimal(0), "treated": Decimal(1)})
    services.expose("placement-home", identifier_hash("user_id", "jane"), utc_now())
    (rows,) = [list(part.rows) for part in rights.export(JANE)]
    assert [(row["experiment"], row["known_as"]) for row in rows] == [("Holdout of home", "jane")]
    assert rights.erase(JANE, utc_now()).counts == {"exposures deleted": 1}
    assert rights.remains(JANE) == 0


def test_an_exposure_that_was_recognized_as_theirs_is_found_by_its_identifier() -> None:
    services.ensure_experiment("placement-home", "Holdout of home", {"holdout": Decimal(0), "treated": Decimal(1)})
    services.expose("placement-home", b"an id that was shortened since", utc_now())
    Exposure.objects.update(identifier_id=2)
    (rows,) = [list(part.rows) for part in rights.export(JANE)]
    assert [(row["experiment"], row["known_as"]) for row in rows] == [("Holdout of home", "jane")]
    assert rights.erase(JANE, utc_now()).counts == {"exposures deleted": 1}
    assert rights.remains(JANE) == 0
