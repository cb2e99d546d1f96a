"""Placements: what a row says is what serving reads; a bad row hurts nobody else."""

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import IntegrityError, transaction

from cdp.lib.clock import utc_now
from experiments.models import Experiment
from recommendations.contracts import Strategy
from recommendations.models import Placement, PlacementRule
from recommendations.placement_defaults import STARTERS
from recommendations.placements import (
    Boost,
    Caps,
    Filters,
    Kind,
    PlacementSpec,
    Rule,
    Weighted,
    spec_from_row,
    stored,
)
from recommendations.queries import placements as kept
from recommendations.queries.placements import forget_placements, keys, placement
from recommendations.services.placements import (
    PlacementDraft,
    PlacementRefusedError,
    duplicate_placement,
    ensure_starters,
    save_placement,
    switch_placement,
)

pytestmark = pytest.mark.django_db

WHOLE = PlacementSpec(
    key="cart-beside",
    name="Beside the cart",
    kind=Kind.CART,
    title="Complete it",
    strategies=(Weighted(Strategy.CART, 2.0), Weighted(Strategy.POPULAR, 0.5)),
    mode="in_turn",
    fallbacks=(Strategy.NEWEST,),
    n=4,
    filters=Filters(
        in_stock=False,
        owned="any",
        price_min=Decimal("9.90"),
        price_max=Decimal("100"),
        price_from=0.5,
        price_to=1.5,
        categories=("Shoes",),
        not_categories=("Socks",),
        brands=("Fells",),
        not_brands=("Other",),
        other_category=True,
    ),
    caps=Caps(per_category=2, per_brand=1),
    boosts=(Boost("margin", 0.5), Boost("brand", 1.0, "Fells")),
    diversity=0.25,
    exploration=0.1,
    holdout=0.05,
    holdout_shows="nothing",
)


def make(spec: PlacementSpec, **more: Any) -> Placement:
    return Placement.objects.create(**stored(spec), **more)


def test_a_row_says_all_that_was_stored() -> None:
    made = make(WHOLE)

    assert spec_from_row(Placement.objects.get(pk=made.pk)) == WHOLE


def test_serving_reads_the_placement_with_its_rules_and_those_that_hold_everywhere() -> None:
    made, other = make(WHOLE), make(PlacementSpec(key="home-top"))
    starts = utc_now()
    PlacementRule.objects.create(placement=made, action="pin", value="p1", position=1, starts_at=starts, segment="vip")
    PlacementRule.objects.create(placement=other, action="pin", value="p2", position=2)
    PlacementRule.objects.create(action="exclude", target="brand", value="Other")

    found = placement("cart-beside")

    assert found is not None
    assert msgspec.structs.replace(found, rules=()) == WHOLE
    assert found.rules == (
        Rule(action="pin", target="product", value="p1", position=1, starts_at=starts, segment="vip"),
        Rule(action="exclude", target="brand", value="Other"),
    )
    assert found.needs_segments


def test_only_active_placements_are_served() -> None:
    make(WHOLE, is_active=False)
    make(PlacementSpec(key="home-top"))

    assert placement("cart-beside") is None
    assert placement("nowhere") is None
    assert keys() == ("home-top",)


def test_a_row_that_cannot_be_read_is_left_out_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    make(PlacementSpec(key="home-top"))
    Placement.objects.create(key="broken", name="Broken", strategies=[{"strategy": "telepathy"}])
    PlacementRule.objects.create(action="exclude", target="moon", value="x")

    with caplog.at_level(logging.ERROR):
        assert keys() == ("home-top",)
        kept._holder.refresh_at = 0.0
        assert keys() == ("home-top",)

    found = placement("home-top")
    assert found is not None
    assert found.rules == ()
    assert len(caplog.records) == 2
    assert "telepathy" in caplog.text
    assert "moon" in caplog.text


def test_a_change_is_seen_after_three_seconds_and_the_unchanged_stay_the_same_objects() -> None:
    make(WHOLE)
    make(PlacementSpec(key="home-top", n=8))
    first = placement("cart-beside")
    assert kept._holder.refresh_at > 0

    Placement.objects.filter(key="home-top").update(n=3)
    kept._holder.refresh_at = 0.0  # the three seconds are over

    changed = placement("home-top")
    assert changed is not None
    assert changed.n == 3
    assert placement("cart-beside") is first


def test_serving_asks_the_database_once_for_many_requests(django_assert_num_queries: Any) -> None:
    make(WHOLE)
    forget_placements()

    with django_assert_num_queries(2):
        for _ in range(3):
            assert placement("cart-beside") is not None


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"n": 0}, "recommendations_placement_n"),
        ({"n": 51}, "recommendations_placement_n"),
        ({"holdout": 1.01}, "recommendations_placement_shares"),
        ({"diversity": -0.1}, "recommendations_placement_shares"),
    ],
)
def test_the_database_refuses_what_no_placement_may_say(change: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(msgspec.structs.replace(WHOLE, **change))


def test_the_usual_placements_come_once_and_do_not_come_back() -> None:
    assert [row.key for row in ensure_starters()] == [spec.key for spec in STARTERS]
    Placement.objects.filter(key="home-again").delete()

    assert ensure_starters() == []
    assert placement("home-again") is None
    assert placement("home-for-you") == STARTERS[0]


@pytest.mark.django_db(transaction=True)
def test_the_process_that_saves_serves_the_change_at_once() -> None:
    assert placement("home-for-you") is None
    row = save_placement(PlacementDraft(STARTERS[0]))
    assert placement("home-for-you") == STARTERS[0]

    switch_placement(row.pk, on=False)
    assert placement("home-for-you") is None


def test_a_refused_placement_changes_nothing_and_says_everything_that_is_wrong() -> None:
    row = save_placement(PlacementDraft(STARTERS[0]))
    bad = msgspec.structs.replace(
        STARTERS[0], n=0, rules=(Rule(action="pin", target="product", value="p", segment="gone"),)
    )

    with pytest.raises(PlacementRefusedError) as refused:
        save_placement(PlacementDraft(bad), placement_id=row.pk)

    assert [field for field, _ in refused.value.faults] == ["n", "rules.0"]
    assert spec_from_row(Placement.objects.get()) == STARTERS[0]
    assert not PlacementRule.objects.exists()


def test_a_placement_with_a_holdout_has_an_experiment_of_its_share() -> None:
    row = save_placement(PlacementDraft(STARTERS[0]))
    assert not Experiment.objects.exists()

    save_placement(PlacementDraft(msgspec.structs.replace(STARTERS[0], holdout=0.1)), placement_id=row.pk)
    duplicate_placement(row.pk)

    rows = Experiment.objects.order_by("key").values_list("key", "name")
    assert list(rows) == [
        ("placement-home-for-you", "Holdout of Home: for you"),
        ("placement-home-for-you-copy", "Holdout of Copy of Home: for you"),
    ]
    save_placement(PlacementDraft(msgspec.structs.replace(STARTERS[0], holdout=0.25)), placement_id=row.pk)
    changed = Experiment.objects.get(key="placement-home-for-you").variants
    assert {name: float(share) for name, share in changed.items()} == {"holdout": 0.25, "treated": 0.75}


def test_a_placement_that_was_never_saved_is_not_changed() -> None:
    with pytest.raises(Placement.DoesNotExist):
        save_placement(PlacementDraft(STARTERS[0]), placement_id=1)


def test_only_products_are_pinned() -> None:
    with pytest.raises(IntegrityError, match="recommendations_pin_a_product"), transaction.atomic():
        PlacementRule.objects.create(action="pin", target="brand", value="Fells")


def test_a_rule_holds_within_its_dates_and_for_its_segment() -> None:
    now = utc_now()
    rule = Rule(action="exclude", target="product", value="p", starts_at=now, ends_at=now + timedelta(days=1))

    assert [rule.holds(now + timedelta(hours=hours), frozenset()) for hours in (-1, 0, 23, 24)] == [
        False,
        True,
        True,
        False,
    ]
    of_segment = Rule(action="pin", target="product", value="p", segment="vip")
    assert not of_segment.holds(now, frozenset())
    assert of_segment.holds(now, frozenset({"vip"}))
