"""A unit's first exposure is written once and sticks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from experiments import queries, services
from experiments.assignment import BadVariantsError
from experiments.contracts import ExposureFacts, UnknownExperimentError
from experiments.models import Experiment, Exposure

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPLIT = {"holdout": 0.1, "treated": 0.9}


@pytest.mark.django_db
def test_an_exposure_writes_one_row_and_keeps_its_first_time() -> None:
    services.ensure_experiment("cart", "Cart mail", SPLIT)
    first = services.expose("cart", b"person", NOW)
    second = services.expose("cart", b"person", NOW + timedelta(days=1))
    assert first == second
    assert queries.exposures_of(b"person") == [ExposureFacts("cart", first, NOW)]
    assert queries.heads("cart") == {first: 1}


@pytest.mark.django_db
def test_an_exposed_unit_keeps_its_variant_when_the_shares_change() -> None:
    services.ensure_experiment("cart", "Cart mail", {"holdout": 0, "treated": 1})
    assert services.expose("cart", b"old", NOW) == "treated"
    services.change_shares("cart", {"holdout": 1, "treated": 0})
    assert services.expose("cart", b"old", NOW) == "treated"
    assert services.expose("cart", b"new", NOW) == "holdout"


@pytest.mark.django_db
def test_making_an_experiment_again_changes_neither_salt_nor_shares() -> None:
    made = services.ensure_experiment("cart", "Cart mail", SPLIT)
    again = services.ensure_experiment("cart", "Another name", {"holdout": 0.5, "treated": 0.5})
    assert again == made


@pytest.mark.django_db
def test_bad_shares_make_no_experiment() -> None:
    with pytest.raises(BadVariantsError):
        services.ensure_experiment("cart", "Cart mail", {"holdout": 0.1, "treated": 0.8})
    assert not Experiment.objects.exists()


@pytest.mark.django_db
def test_an_unknown_experiment_exposes_nobody() -> None:
    with pytest.raises(UnknownExperimentError, match="no experiment 'cart'"):
        services.expose("cart", b"person", NOW)
    assert not Exposure.objects.exists()


@pytest.mark.django_db
def test_the_database_refuses_a_second_exposure_of_a_unit() -> None:
    facts = services.ensure_experiment("cart", "Cart mail", SPLIT)
    services.expose("cart", b"person", NOW)
    with pytest.raises(IntegrityError, match="experiments_exposed_once"), transaction.atomic():
        Exposure.objects.create(
            experiment_id=facts.id, unit_hash=queries.unit_hash(b"person"), variant="treated", exposed_at=NOW
        )


@pytest.mark.django_db(transaction=True)
def test_eight_threads_exposing_one_unit_agree_on_one_row() -> None:
    services.ensure_experiment("cart", "Cart mail", SPLIT)

    def expose(_: int) -> str:
        try:
            return services.expose("cart", b"person", NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        variants = set(pool.map(expose, range(32)))
    assert len(variants) == 1
    assert Exposure.objects.count() == 1
