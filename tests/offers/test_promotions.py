"""Promotions of carts worked out by hand: what is off, spread how, and why not."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from offers.contracts import GiftProduct, PersonStanding, TypedCode, Use
from offers.terms import TermsError, parse_terms
from tests.offers.carts import NOW, amounts, cart, evaluated, line, off, terms

TWO = (line("mug", "9.99", "2", brand="Ton", categories=("Kitchen", "Cups")), line("lamp", "30.01", brand="Lux"))
CUPS = {"categories": ["cups"]}


@pytest.mark.parametrize(
    ("raw", "saving", "spread"),
    [
        (terms("percent", "15"), "7.50", ["3.00", "4.50"]),  # 7.4985; 2.997 and 4.5015 by weight
        (terms("percent", "15", max_discount="5"), "5.00", ["2.00", "3.00"]),
        (terms("percent", "50", scope=CUPS), "9.99", ["9.99", "0.00"]),
        (terms("percent", "10", scope={"brands": ["LUX"]}), "3.00", ["0.00", "3.00"]),
        (terms("percent", "10", scope={"exclude_product_ids": ["mug"]}), "3.00", ["0.00", "3.00"]),
        (terms("percent", "50", most_units=1), "5.00", ["5.00", "0.00"]),  # half of one mug: 4.995
        (terms("percent", "50", most_units=1, units="dearest"), "15.01", ["0.00", "15.01"]),
        (terms("amount", "10"), "10.00", ["4.00", "6.00"]),
        (terms("amount", "100"), "49.99", ["19.98", "30.01"]),
        (terms("amount", "3", per="unit", scope=CUPS), "6.00", ["6.00", "0.00"]),
        (terms("amount", "12", per="unit", scope=CUPS), "19.98", ["19.98", "0.00"]),
        (terms("amount", "3", most_units=2, units="dearest"), "6.00", ["3.00", "3.00"]),
    ],
)
def test_what_is_off_and_how_it_is_spread(raw: dict[str, Any], saving: str, spread: list[str]) -> None:
    found = evaluated({"x": raw}, cart(*TWO))
    assert (amounts(found), off(found)) == ({"x": saving}, spread)
    assert found.totals.total == found.totals.subtotal - found.totals.discount


B2G1 = {"buy": {"quantity": 2}, "get": {"quantity": 1}}
SHIRTS = (line("a", "10"), line("b", "9"), line("c", "8"), line("d", "7"), line("e", "1"))


@pytest.mark.parametrize(
    ("raw", "saving", "spread"),
    [
        (terms("bundle", bundle=B2G1), "1.00", ["0.00", "0.00", "0.00", "0.00", "1.00"]),
        (terms("bundle", bundle=B2G1, units="dearest"), "10.00", ["10.00", "0.00", "0.00", "0.00", "0.00"]),
        (
            terms("bundle", bundle={"buy": {"quantity": 1}, "get": {"quantity": 1, "percent": "50"}}),
            "4.00",
            ["0.00", "0.00", "0.00", "3.50", "0.50"],
        ),
        # a, b and c for 20.00: 27.00 − 20.00, by 10, 9 and 8
        (
            terms("bundle", bundle={"buy": {"quantity": 3}, "price": "20.00"}),
            "7.00",
            ["2.59", "2.33", "2.08", "0.00", "0.00"],
        ),
        (
            terms(
                "bundle",
                bundle={
                    "buy": {"scope": {"product_ids": ["e"]}, "quantity": 1},
                    "get": {"scope": {"product_ids": ["a", "e"]}, "quantity": 1},
                },
            ),
            "10.00",
            ["10.00", "0.00", "0.00", "0.00", "0.00"],
        ),
    ],
)
def test_bundles(raw: dict[str, Any], saving: str, spread: list[str]) -> None:
    found = evaluated({"x": raw}, cart(*SHIRTS))
    assert (amounts(found), off(found)) == ({"x": saving}, spread)


def test_three_for_twenty_takes_whole_sets_of_a_long_line_and_at_most_so_many() -> None:
    offer = terms("bundle", bundle={"buy": {"quantity": 3}, "price": "20.00"})
    assert amounts(evaluated({"x": offer}, cart(line("a", "8", "8")))) == {"x": "8.00"}  # two sets of 24.00
    offer["bundle"]["most_times"] = 1
    assert amounts(evaluated({"x": offer}, cart(line("a", "8", "8")))) == {"x": "4.00"}
    assert amounts(evaluated({"x": offer}, cart(line("a", "6", "8")))) == {}  # 18.00 is cheaper than 20.00


def test_the_order_of_application_and_tax_inside_prices() -> None:
    offers = {
        "cart-5": terms("amount", "5"),
        "cups": terms("percent", "10", scope=CUPS),
        "all-10": terms("percent", "10"),
        "ship": terms("free_shipping", shipping={"most": "3.00"}),
        "points": terms("points", points={"per": "1.00", "points": 2}),
    }
    lines = (line("mug", "9.99", "2", categories=("Cups",), tax_rate="19"), line("lamp", "30.01", tax_rate="7"))
    found = evaluated(offers, cart(*lines, shipping="4.90", shipping_tax_rate="19"))
    # 19.98 − 2.00 = 17.98; with the lamp 47.99 − 4.80 = 43.19, − 5.00 = 38.19; 76 points
    assert amounts(found) == {"cups": "2.00", "all-10": "4.80", "cart-5": "5.00", "ship": "3.00", "points": "0.00"}
    assert found.best.points == 76
    assert (str(found.totals.discount), str(found.totals.shipping), str(found.totals.total)) == (
        "11.80",
        "1.90",
        "40.09",
    )
    mug, lamp = found.lines
    assert (mug.total, mug.tax) == (Decimal("14.31"), Decimal("2.28"))
    assert (lamp.total, lamp.tax) == (Decimal("23.88"), Decimal("1.56"))
    assert found.totals.tax == Decimal("4.14")  # 2.28 + 1.56 + 0.30 of shipping


def test_tax_on_top_is_of_the_discounted_amount() -> None:
    lines = (line("mug", "10.00", tax_rate="19"), line("book", "20.00", tax_rate="7"))
    found = evaluated({"x": terms("percent", "10")}, cart(*lines, prices_include_tax=False, shipping="5"))
    assert [str(one.tax) for one in found.lines] == ["1.71", "1.26"]
    assert (str(found.totals.tax), str(found.totals.total)) == ("2.97", "34.97")


@pytest.mark.parametrize(
    ("currency", "price", "saving"), [("JPY", "333", "50"), ("KWD", "3.333", "0.500"), ("EUR", "3.33", "0.50")]
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, price: str, saving: str) -> None:
    found = evaluated({"x": {"kind": "percent", "value": "15"}}, cart(line("a", price), currency=currency))
    assert amounts(found) == {"x": saving}


def test_a_threshold_holds_at_equality_and_counts_goods_after_what_is_off_products() -> None:
    offers = {"ship": terms("free_shipping", conditions={"subtotal_min": "50"})}
    assert amounts(evaluated(offers, cart(line("a", "50"), shipping="4.90"))) == {"ship": "4.90"}
    below = evaluated(offers, cart(line("a", "42.90"), shipping="4.90"))
    assert [(one.sentence, str(one.needs[0].missing)) for one in below.missing] == [
        ("Add €7.10 for free shipping", "7.10")
    ]
    assert (below.refused[0].reason, below.totals.total) == ("below_subtotal", Decimal("47.80"))
    offers["cups"] = terms("percent", "10", scope={"product_ids": ["a"]})
    lost = evaluated(offers, cart(line("a", "55"), shipping="4.90"))  # 5.50 saves more than 4.90
    assert amounts(lost) == {"cups": "5.50"}
    assert [(one.offer, one.reason) for one in lost.not_chosen] == [("ship", "below_subtotal")]
    assert [one.sentence for one in lost.missing] == ["Add €0.50 for free shipping"]
    offers["ship"]["conditions"]["threshold_on"] = "full"
    assert amounts(evaluated(offers, cart(line("a", "55"), shipping="4.90"))) == {"cups": "5.50", "ship": "4.90"}


def test_shipping_that_is_not_known_yet_is_free_all_the_same_and_what_is_free_is_not_given() -> None:
    offers = {"ship": terms("free_shipping")}
    unknown = evaluated(offers, cart(line("a", "5")))
    assert (amounts(unknown), unknown.totals.shipping_is_known) == ({"ship": "0.00"}, False)
    free = evaluated(offers, cart(line("a", "5"), shipping="0"))
    assert (amounts(free), free.refused[0].reason) == ({}, "nothing_to_discount")


def test_stacking_alone_by_group_and_ties() -> None:
    offers = {
        "ten": terms("percent", "10", stacking={"group": "season"}),
        "twelve": terms("percent", "12", stacking={"group": "season"}),
        "five": terms("amount", "5"),
        "alone": terms("amount", "16", stacking={"with": "none"}),
    }
    found = evaluated(offers, cart(line("a", "100")))
    assert amounts(found) == {"twelve": "12.00", "five": "5.00"}
    assert [(one.offer, one.reason, one.because_of) for one in found.not_chosen] == [
        ("ten", "same_group", ("twelve",)),
        ("alone", "not_combinable", ("twelve", "five")),
    ]
    offers["alone"]["value"] = "17"  # equal: the higher priority, then the key
    assert amounts(evaluated(offers, cart(line("a", "100")))) == {"alone": "17.00"}
    offers["five"]["priority"] = 60
    assert amounts(evaluated(offers, cart(line("a", "100")))) == {"twelve": "12.00", "five": "5.00"}


def test_reduced_products_empty_lines_and_free_ones() -> None:
    offer = {"x": terms("percent", "10", scope={"exclude_reduced": True})}
    lines = (line("a", "8", list_price="10"), line("b", "20"), line("c", "5", "0"), line("gift", "0"))
    found = evaluated(offer, cart(*lines))
    assert off(found) == ["0.00", "2.00", "0.00", "0.00"]
    pieces = {"x": terms("percent", "10", conditions={"quantity_min": "3"})}
    lacking = evaluated(pieces, cart(*lines)).missing  # what costs nothing counts for nothing
    assert [one.sentence for one in lacking] == ["Add 1 more product for 10% off"]
    assert evaluated(offer, cart()).refused[0].reason == "empty_cart"


def test_a_margin_floor_is_kept_over_the_lines_an_offer_touches_and_needs_their_costs() -> None:
    offer = terms("percent", "20", margin_floor_percent="25")
    tight = evaluated({"x": offer}, cart(line("a", "100", cost="60"), prices_include_tax=False))
    assert amounts(tight) == {"x": "20.00"}  # (80 − 60) / 80 = 25 %
    dear = evaluated({"x": offer}, cart(line("a", "100", cost="60.01"), prices_include_tax=False))
    assert dear.refused[0].reason == "margin_floor"
    taxed = evaluated({"x": offer}, cart(line("a", "119", cost="60", tax_rate="19")))
    assert amounts(taxed) == {"x": "23.80"}
    unknown = evaluated({"x": offer}, cart(line("a", "100")))
    assert unknown.refused[0].reason == "cost_unknown"
    both = evaluated(
        {"x": offer, "y": terms("amount", "5")}, cart(line("a", "100", cost="60"), prices_include_tax=False)
    )
    assert amounts(both) == {"x": "20.00"}
    assert both.not_chosen[0].reason == "others_save_more"


def test_gifts_and_points_come_without_money() -> None:
    offers = {
        "gift": terms("gift", gift={"product_id": "pen"}, conditions={"subtotal_min": "20"}),
        "fixed": terms("points", points={"fixed": 100}),
    }
    pen = GiftProduct(name="Pen", price=Decimal("3.50"))
    found = evaluated(offers, cart(line("a", "20")), gifts={"pen": pen})
    assert [(one.product_id, one.name, str(one.value)) for one in found.best.applied[0].gifts] == [
        ("pen", "Pen", "3.50")
    ]
    assert (found.best.points, found.totals.total) == (100, Decimal("20.00"))
    gone = evaluated(offers, cart(line("a", "20")), gifts={"pen": GiftProduct(is_offerable=False)})
    assert gone.refused[0].reason == "gift_not_available"


@pytest.mark.parametrize(
    ("more", "asked", "reason"),
    [
        ({"starts_at": "2026-11-23T13:00:01+01:00"}, {}, "not_started"),
        ({"ends_at": "2026-11-23T13:00:00+01:00"}, {}, "offer_over"),
        ({"weekdays": ["tue"]}, {}, "not_at_this_time"),
        ({"from_time": "13:00", "to_time": "14:00"}, {"zone": "America/New_York"}, "not_at_this_time"),
        ({"from_time": "13:00", "to_time": "14:00"}, {"zone": "Europe/Berlin"}, ""),
        ({"conditions": {"currencies": ["USD"]}, "currency": ""}, {}, "other_currency"),
        ({"currency": "USD", "max_discount": "50"}, {}, "other_currency"),
        ({"conditions": {"channels": ["APP"]}}, {}, "other_channel"),
        ({"conditions": {"channels": ["WEB"]}}, {}, ""),
        ({"conditions": {"countries": ["at"]}}, {}, "other_country"),
        ({"conditions": {"first_order": True}}, {}, ""),
        ({"conditions": {"first_order": True}}, {"person": PersonStanding(has_ordered=True)}, "not_first_order"),
        ({"cap_per_person": 2}, {"person": PersonStanding(uses={1: Use(2, NOW)})}, "cap_reached"),
        ({"cool_off_hours": 2}, {"person": PersonStanding(uses={1: Use(1, NOW - timedelta(hours=1))})}, "cooling_off"),
        ({"cool_off_hours": 2}, {"person": PersonStanding(uses={1: Use(1, NOW - timedelta(hours=2))})}, ""),
        ({"budget_money": "9"}, {"left": {"x": {"money_left": Decimal(0)}}}, "budget_used_up"),
        ({"budget_money": "9"}, {"left": {"x": {"money_left": Decimal("0.99")}}}, "budget_too_small"),
        ({"budget_money": "9"}, {"left": {"x": {"money_left": Decimal("1.00")}}}, ""),
        ({}, {"left": {"x": {"count_left": 0}}}, "budget_used_up"),
        ({}, {"left": {"x": {"slug": "vip"}}}, "not_in_audience"),
        ({"conditions": {"subtotal_max": "9.99"}}, {}, "above_subtotal"),
        ({"conditions": {"products": [{"scope": CUPS, "quantity_min": 2}]}}, {}, "products_missing"),
        ({"scope": CUPS}, {}, "no_matching_products"),
        ({"needs_code": True}, {}, "code_needed"),
    ],
)
def test_why_an_offer_is_not_given(more: dict[str, Any], asked: dict[str, Any], reason: str) -> None:
    basket = cart(line("a", "10"), channel="web", country="DE")
    found = evaluated({"x": terms("percent", "10", **more)}, basket, **asked)
    assert [one.reason for one in found.refused] == ([reason] if reason else [])
    assert amounts(found) == ({} if reason else {"x": "1.00"})


def test_hours_over_midnight_belong_to_the_day_they_began() -> None:
    offer = {"x": terms("percent", "10", weekdays=["fri"], from_time="22:00", to_time="02:00")}
    for local, holds in (("27T22:00", True), ("28T01:59", True), ("28T02:00", False), ("27T01:00", False)):
        at = datetime.fromisoformat(f"2026-11-{local}").replace(tzinfo=ZoneInfo("Europe/Berlin"))
        assert bool(amounts(evaluated(offer, cart(line("a", "10")), now=at, zone="Europe/Berlin"))) is holds


def test_codes_are_applied_or_say_why_not() -> None:
    offers = {
        "auto": terms("percent", "20", stacking={"with": "none"}),
        "ten": terms("percent", "10", needs_code=True),
        "big": terms("amount", "5", needs_code=True, conditions={"subtotal_min": "120"}),
    }
    codes = [
        TypedCode(written="ten 10", code="TEN10", offer="ten"),
        TypedCode(written="TEN-10", code="TEN10", offer="ten"),
        TypedCode(written="big", code="BIG", offer="big"),
        TypedCode(written="x", code="X", reason="code_unknown"),
        TypedCode(written="over", code="OVER", offer="ended"),
    ]
    found = evaluated(offers, cart(line("a", "100")), codes=codes)
    assert [(one.code, one.state, one.reason) for one in found.codes] == [
        ("ten 10", "not_chosen", "not_combinable"),
        ("TEN-10", "refused", "code_twice"),
        ("big", "refused", "below_subtotal"),
        ("x", "refused", "code_unknown"),
        ("over", "refused", "offer_not_live"),
    ]
    assert found.codes[2].sentence == "Add €20.00 for €5.00 off"
    del offers["auto"]
    assert amounts(evaluated(offers, cart(line("a", "100")), codes=codes)) == {"ten": "10.00"}


def test_terms_that_cannot_be_used_name_every_fault_with_its_path() -> None:
    raw = {
        "kind": "percent",
        "value": "120",
        "currency": "JPY",
        "max_discount": "10.5",
        "scpoe": {},
        "scope": {"categories": [None]},
        "gift": {"product_id": "p"},
        "ends_at": "2026-11-27",
        "stacking": {"with": "other_groups"},
        "audience": {"all_of": [{"did": 1}]},
    }
    with pytest.raises(TermsError) as caught:
        parse_terms(raw)
    paths = [fault.path for fault in caught.value.faults]
    assert set(paths) >= {
        "$.value", "$.max_discount", "$.scpoe", "$.scope.categories[0]", "$.gift", "$.ends_at", "$.stacking.group",
    }  # fmt: skip
    assert any(path.startswith("$.audience") for path in paths)
