"""The holdout of a placement: one side a unit, written down when an answer was seen, kept when the share changes."""

from datetime import timedelta

import pytest

import experiments.queries
from cdp.lib.clock import utc_now
from cdp.lib.hashing import identifier_hash
from experiments.models import Experiment, Exposure
from experiments.queries.units import unit_of, units_of
from recommendations import ids
from recommendations.placements import PlacementSpec
from recommendations.queries.holdouts import variant_of
from recommendations.services.holdouts import expose, sync
from tests.recommendations import world

pytestmark = pytest.mark.django_db
KEY = b"k" * 32
HALF = PlacementSpec(key="home", name="Home", holdout=0.5)
UNITS = [unit_of("anonymous_id", f"a{n}") for n in range(200)]


def seen(unit: bytes, variant: str) -> tuple[ids.AnswerId, object]:
    now = utc_now()
    text = ids.make(
        nonce=b"n" * 12, placement="home", variant=variant, model_run=1, served_at=now, products=["mug"],
        unit=experiments.queries.unit_hash(unit), key=KEY,
    )  # fmt: skip
    return ids.read(text, key=KEY, now=now), now


def test_a_placement_without_a_holdout_splits_nobody_and_makes_no_experiment() -> None:
    sync(PlacementSpec(key="home"))
    assert variant_of(PlacementSpec(key="home"), UNITS[0], utc_now()) == ""
    assert not Experiment.objects.exists()


def test_nobody_is_on_no_side() -> None:
    sync(HALF)
    assert variant_of(HALF, b"", utc_now()) == ""


def test_a_holdout_nobody_made_an_experiment_for_splits_nobody() -> None:
    assert variant_of(HALF, UNITS[0], utc_now()) == ""


def test_asking_splits_by_the_share_and_writes_nothing() -> None:
    sync(HALF)
    sides = [variant_of(HALF, unit, utc_now()) for unit in UNITS]
    assert 70 < sides.count("holdout") < 130
    assert sides.count("holdout") + sides.count("treated") == 200
    assert sides == [variant_of(HALF, unit, utc_now()) for unit in UNITS]
    assert Exposure.objects.count() == 0


def test_who_was_exposed_stays_on_their_side_when_the_share_changes() -> None:
    sync(HALF)
    exposed, other = UNITS[0], UNITS[1]
    side = variant_of(HALF, exposed, utc_now())
    assert expose([seen(exposed, side)] * 3) == 1  # type: ignore[list-item]
    assert expose([seen(exposed, side)]) == 0  # type: ignore[list-item]
    share = 1.0 if side == "treated" else 0.0001
    changed = PlacementSpec(key="home", holdout=share)
    sync(changed)
    assert variant_of(changed, exposed, utc_now()) == side
    assert variant_of(changed, other, utc_now()) == ("holdout" if share == 1.0 else "treated")
    assert experiments.queries.heads("placement-home") == {side: 1}


def test_an_answer_without_a_side_exposes_nobody() -> None:
    sync(HALF)
    assert expose([seen(UNITS[0], "")]) == 0  # type: ignore[list-item]


def test_syncing_twice_keeps_the_salt_and_equal_shares() -> None:
    sync(HALF)
    before = Experiment.objects.values("salt", "variants").get()
    sync(HALF)
    assert Experiment.objects.values("salt", "variants").get() == before


def test_a_whole_person_stands_under_the_browser_that_was_seen_first() -> None:
    person = world.identifier("user_id", "u1")
    late = world.identifier("anonymous_id", "late", of=person)
    world.identifier("anonymous_id", "shared", of=person, is_shared=True)
    early = world.identifier("anonymous_id", "early", of=person)
    type(early).objects.filter(pk=early.pk).update(first_seen_at=late.first_seen_at - timedelta(days=1))
    mailed = world.identifier("email", "ann@example.com")
    assert units_of([person.profile_id, mailed.profile_id]) == {
        person.profile_id: unit_of("anonymous_id", "early"),
        mailed.profile_id: identifier_hash("email", "ann@example.com"),
    }
    assert units_of([]) == {}


def test_an_unknown_browser_has_a_side_from_its_first_answer_on() -> None:
    sync(HALF)
    before = variant_of(HALF, unit_of("anonymous_id", "new"), utc_now())
    world.identifier("anonymous_id", "new")
    assert variant_of(HALF, unit_of("anonymous_id", "new"), utc_now()) == before != ""
    assert unit_of("anonymous_id", "") == b""
