"""What is wrong with a placement, the usual ones, and their sentences: pure."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from recommendations.contracts import Strategy
from recommendations.placement_checks import faults, unknown_segments
from recommendations.placement_defaults import GOES_WITH, HOME, SEARCH, SIMILAR, STARTERS, defaults
from recommendations.placement_words import KINDS, STRATEGIES, sentence, shares
from recommendations.placements import Boost, Caps, Filters, Kind, PlacementSpec, Rule, Weighted

DAY = datetime(2026, 12, 1, tzinfo=UTC)


def pin(value: str = "p", **more: Any) -> Rule:
    return Rule(action="pin", target="product", value=value, **more)


def changed(spec: PlacementSpec = HOME, **changes: Any) -> PlacementSpec:
    return msgspec.structs.replace(spec, **changes)


def said(text: str) -> str:
    return text.replace("\xa0", " ")


@pytest.mark.parametrize("spec", STARTERS, ids=lambda spec: str(spec.key))
def test_the_usual_placements_have_no_faults(spec: PlacementSpec) -> None:
    assert faults(spec) == []


def test_there_is_a_usual_placement_of_every_kind_that_is_not_custom() -> None:
    assert {spec.kind for spec in STARTERS} == set(Kind) - {Kind.CUSTOM}
    assert len({spec.key for spec in STARTERS}) == len(STARTERS)
    assert sum(spec.kind == Kind.PRODUCT for spec in STARTERS) == 3


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_placement_of_any_kind_lacks_only_its_name(kind: Kind) -> None:
    spec = defaults(kind)
    assert spec.kind == kind
    assert {field for field, _ in faults(spec)} == {"name", "key"}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (changed(name=" "), "name"),
        (changed(title="x" * 201), "title"),
        (changed(key="Home"), "key"),
        (changed(key="home--top"), "key"),
        (changed(key="h" * 41), "key"),
        (changed(strategies=()), "strategies"),
        (changed(strategies=(Weighted(Strategy.FOR_YOU, 0.0),)), "strategies"),
        (changed(strategies=(Weighted(Strategy.FOR_YOU, -1.0), Weighted(Strategy.POPULAR))), "strategies.0"),
        (changed(strategies=(Weighted(Strategy.FOR_YOU, float("nan")), Weighted(Strategy.POPULAR))), "strategies.0"),
        (changed(strategies=(Weighted(Strategy.POPULAR), Weighted(Strategy.POPULAR))), "strategies.1"),
        (changed(strategies=(Weighted(Strategy.SIMILAR),)), "strategies.0"),
        (changed(strategies=(Weighted(Strategy.CART),)), "strategies.0"),
        (changed(strategies=(Weighted(Strategy.SEARCH),)), "strategies.0"),
        (changed(fallbacks=(Strategy.ACCESSORIES,)), "fallbacks.0"),
        (changed(fallbacks=(Strategy.POPULAR, Strategy.POPULAR)), "fallbacks.1"),
        (
            changed(
                strategies=(Weighted(Strategy.FOR_YOU), Weighted(Strategy.BUY_AGAIN)), filters=Filters(owned="any")
            ),
            "mode",
        ),
        (changed(SEARCH, strategies=(Weighted(Strategy.SEARCH), Weighted(Strategy.POPULAR))), "mode"),
        (changed(strategies=(Weighted(Strategy.BUY_AGAIN),)), "filters.owned"),
        (changed(filters=Filters(owned="only")), "filters.owned"),
        (changed(n=0), "n"),
        (changed(n=51), "n"),
        (changed(diversity=1.5), "diversity"),
        (changed(exploration=-0.1), "exploration"),
        (changed(holdout=float("nan")), "holdout"),
        (changed(caps=Caps(per_brand=0)), "caps.per_brand"),
        (changed(filters=Filters(price_min=Decimal(-1))), "filters.price_min"),
        (changed(filters=Filters(price_max=Decimal("NaN"))), "filters.price_max"),
        (changed(filters=Filters(price_min=Decimal(9), price_max=Decimal(8))), "filters.price_max"),
        (changed(SIMILAR, filters=Filters(price_from=2.0, price_to=1.0)), "filters.price_to"),
        (changed(filters=Filters(price_to=1.0)), "filters.price_to"),
        (changed(filters=Filters(same_category=True)), "filters.same_category"),
        (changed(SIMILAR, filters=Filters(same_category=True, other_category=True)), "filters.other_category"),
        (changed(filters=Filters(categories=("A",), not_categories=("A",))), "filters.not_categories"),
        (changed(boosts=(Boost("margin", 0.0),)), "boosts.0"),
        (changed(boosts=(Boost("brand", 1.0),)), "boosts.0"),
        (changed(boosts=(Boost("margin", 1.0), Boost("margin", 2.0))), "boosts.1"),
        (changed(rules=(pin(" "),)), "rules.0"),
        (changed(rules=(Rule(action="pin", target="brand", value="b"),)), "rules.0"),
        (changed(rules=(pin(position=9),)), "rules.0"),
        (changed(rules=(pin(starts_at=DAY, ends_at=DAY),)), "rules.0"),
        (changed(rules=(pin("a", position=2), pin("b", position=2))), "rules.1"),
        (changed(rules=(pin(),) * 201), "rules"),
    ],
)
def test_a_fault_is_found_in_its_field_alone(spec: PlacementSpec, field: str) -> None:
    assert [where for where, _ in faults(spec)] == [field]


def test_two_pins_may_share_a_place_at_other_times_or_for_other_people() -> None:
    before, after = pin("a", position=1, ends_at=DAY), pin("b", position=1, starts_at=DAY)
    assert faults(changed(rules=(before, after))) == []
    assert faults(changed(rules=(pin("a", position=1, segment="vip"), pin("b", position=1)))) == []


def test_rules_of_segments_that_are_not_there_are_named() -> None:
    rules = (pin(), pin(segment="vip"), pin(segment="gone"))
    assert [where for where, _ in unknown_segments(rules, {"vip"})] == ["rules.2"]


def test_every_strategy_and_kind_has_words() -> None:
    assert set(STRATEGIES) == set(Strategy)
    assert set(KINDS) == set(Kind)


def test_a_placement_is_one_sentence() -> None:
    assert said(sentence(GOES_WITH)) == (
        "Shows 4 products: bought together, then accessories; in stock, not owned; at most 2 of a category."
    )
    whole = changed(
        SIMILAR,
        n=1,
        strategies=(Weighted(Strategy.SIMILAR, 3.0), Weighted(Strategy.POPULAR, 1.0)),
        fallbacks=(Strategy.POPULAR, Strategy.NEWEST),
        filters=Filters(
            in_stock=False,
            owned="only",
            price_max=Decimal(100),
            price_from=0.5,
            same_category=True,
            brands=("Fells", "Karst"),
            not_categories=("A", "B", "C", "D"),
        ),
        caps=Caps(per_brand=1),
        boosts=(Boost("margin", 0.5), Boost("brand", 1.0, "Fells")),
        diversity=0.5,
        exploration=0.025,
        rules=(pin(), Rule(action="exclude", target="brand", value="X")),
        holdout=0.1,
        holdout_shows="nothing",
    )
    assert said(sentence(whole)) == (
        "Shows 1 product: similar (75 %) with popular (25 %), then newest; only what they bought before, of the same "
        "category, priced up to 100, from 50 % of the price in front, only by Fells or Karst, nothing in A, B, C or 1 "
        "more; at most 1 of a brand; up to 50 % more for a high margin, up to 100 % more for the brand Fells; clearly "
        "mixed; 2.5 % of the places try new products; 1 pinned and 1 kept out; 10 % of visitors see nothing, to "
        "measure it."
    )


def test_shares_of_weights_sum_to_one() -> None:
    assert shares([Weighted(Strategy.FOR_YOU, 3.0), Weighted(Strategy.POPULAR, 1.0)]) == [0.75, 0.25]
    assert shares([Weighted(Strategy.FOR_YOU, 0.0)]) == [0.0]
