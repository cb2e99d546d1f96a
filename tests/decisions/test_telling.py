"""Exposures and conversions by decision id: each counted once, made-up ids refused, experiments exposed."""

from uuid import uuid4

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from decisions.models import Conversion, Decision
from decisions.rights import erase, export, remains
from experiments.models import Experiment, Exposure
from experiments.queries.running import forget_running
from profiles.queries import find
from tests.decisions.deciding_world import Shop, place, table
from tests.segments.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    world = World()
    world.send(world.identify("ada", anonymous="ada-phone"))
    return Shop(world)


def test_an_exposure_counts_once_and_a_made_up_id_is_refused_by_name(shop: Shop) -> None:
    place("hero", table({"id": "all", "show": 1}))
    pk, forged = shop.decide("hero", user_id="ada")[0]["decision_id"], str(uuid4())
    body = {"exposures": [{"decision_id": pk}, {"decision_id": pk}, {"decision_id": forged}, {"decision_id": "x"}]}
    found = shop.post("exposures", body)
    assert found.status_code == 202
    told = found.json()
    assert (told["taken"], told["repeated"]) == (1, 1)
    assert [(one["field"], one["reason"]) for one in told["errors"]] == [
        ("exposures[3].decision_id", "not_a_decision"),
        ("exposures[2].decision_id", "unknown_decision"),
    ]
    first = Decision.objects.get().exposed_at
    assert shop.post("exposures", {"exposures": [pk]}, browser="ada-phone").json()["repeated"] == 1
    assert first is not None
    assert Decision.objects.get().exposed_at == first
    assert shop.post("exposures", {"exposures": [{"decision_id": forged}]}).status_code == 400


def test_a_conversion_counts_once_a_kind_and_occasion_and_orders_are_not_told(shop: Shop) -> None:
    place("hero", table({"id": "all", "show": 1}))
    pk = shop.decide("hero", browser="ada-phone")[0]["decision_id"]
    click = {"decision_id": pk, "kind": "click"}
    told = [click, click, {**click, "occasion": "2", "value": "9.90"}, {"decision_id": pk, "kind": "order"}]
    found = shop.post("conversions", {"conversions": told}, browser="ada-phone").json()
    assert (found["taken"], found["repeated"]) == (2, 1)
    assert [one["reason"] for one in found["errors"]] == ["order_counts_itself"]
    rows = Conversion.objects.order_by("occasion").values_list("kind", "occasion", "value")
    assert [(kind, occasion, str(value)) for kind, occasion, value in rows] == [
        ("click", "", "0.00"),
        ("click", "2", "9.90"),
    ]
    assert Decision.objects.get().exposed_at is not None


def test_a_browser_that_was_unknown_when_it_was_decided_is_known_by_what_it_saw(shop: Shop) -> None:
    place("hero", table({"id": "all", "show": 1}))
    pk = shop.decide("hero", browser="new")[0]["decision_id"]
    shop.world.send({"type": "track", "anonymousId": "new", "event": "Product Viewed", "properties": {}})
    row = Decision.objects.get()
    assert (row.identifier_id, row.unit_hash is None) == (None, False)
    shop.post("exposures", {"exposures": [pk], "anonymous_id": "new"}, browser="new")
    row.refresh_from_db()
    new = find("anonymous_id", "new")
    assert new is not None
    assert row.identifier_id == new.id


def test_a_seen_variant_is_an_exposure_of_its_experiment(shop: Shop) -> None:
    shares = {"control": 0.5, "b": 0.5}
    experiment = Experiment.objects.create(key="hero-test", name="h", salt="s", variants=shares, control="control")
    forget_running()
    outcomes = {name: {"data": {"show": name}} for name in shares}
    place("hero", {"by": "experiment", "experiment": "hero-test", "outcomes": outcomes})
    first, again = (shop.decide("hero", user_id="ada")[0] for _ in range(2))
    assert first["data"] == again["data"] == {"show": first["arm"]}
    row = Decision.objects.earliest("decided_at")
    assert (row.propensity, row.probabilities) == (0.5, {"b": 0.5, "control": 0.5})
    shop.post("exposures", {"exposures": [first["decision_id"], again["decision_id"]]})
    assert list(Exposure.objects.values_list("experiment_id", "variant")) == [(experiment.pk, first["arm"])]


def test_a_person_is_told_of_their_decisions_and_taken_off_them(shop: Shop) -> None:
    place("hero", table({"id": "all", "show": 1}))
    pk = shop.decide("hero", user_id="ada", idempotency_key="k")[0]["decision_id"]
    shop.post("conversions", {"conversions": [{"decision_id": pk, "kind": "click", "occasion": "ada's"}]})
    ada, phone = find("user_id", "ada"), find("anonymous_id", "ada-phone")
    assert ada is not None
    assert phone is not None
    person = Person((Held(ada.id, "user_id", "ada"), Held(phone.id, "anonymous_id", "ada-phone")))
    [row] = next(export(person)).rows
    assert (row["place"], row["shown"], row["what_came_of_it"][0]["occasion"]) == ("hero", "all", "ada's")
    assert remains(person) == 1
    erase(person, utc_now())
    assert remains(person) == 0
    left = Decision.objects.get()
    assert (left.identifier_id, left.unit_hash, left.answer, left.request_key) == (None, None, None, None)
    assert Conversion.objects.get().occasion.startswith("erased:")
