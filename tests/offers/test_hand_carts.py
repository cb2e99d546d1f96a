"""Carts as programs send them, whose results were worked out by hand: what a shop expects to the cent."""

from typing import Any

import msgspec
import pytest

from offers.cart_reading import Faults, read_cart
from tests.offers.carts import evaluated

Terms = dict[str, dict[str, Any]]


def off(value: str, **more: Any) -> dict[str, Any]:
    return {"kind": "percent", "value": value, **more}


def money(value: str, **more: Any) -> dict[str, Any]:
    return {"kind": "amount", "value": value, **more}


def ship(least: str = "", **more: Any) -> dict[str, Any]:
    return {"kind": "free_shipping", "value": "", "conditions": {"subtotal_min": least} if least else {}, **more}


def bundle(**inside: Any) -> dict[str, Any]:
    return {"kind": "bundle", "value": "", "bundle": inside}


def of(*lines: str, **more: Any) -> dict[str, Any]:
    """A cart of lines `product price quantity tax`; the product's first letter is its category."""
    made = []
    for one in lines:
        product, price, *rest = one.split()
        made.append({"product_id": product, "price": price, "category": product[0]})
        made[-1] |= dict(zip(("quantity", "tax_rate"), rest, strict=False))
    return {"currency": "EUR", "lines": made, **more}


SHOES = {"scope": {"categories": ["s"]}}
TWO_PLUS_ONE = bundle(buy={"quantity": 2}, get={"quantity": 1})
CASES: list[tuple[str, Terms, dict[str, Any], dict[str, Any]]] = [
    ("percent, amount and free shipping", {"p": off("10"), "a": money("5"), "s": ship("40")},
     of("x 19.99 2", "y 10.01", shipping="4.90"),
     {"best": "p 5.00, a 5.00, s 4.90", "total": "39.99", "discount": "10.00", "off": "8.00 2.00"}),
    ("a threshold exactly met", {"s": ship("50")}, of("x 25.00 2", shipping="4.90"),
     {"best": "s 4.90", "total": "50.00", "missing": ""}),
    ("a cent short", {"s": ship("50")}, of("x 49.99", shipping="4.90"),
     {"best": "", "total": "54.89", "missing": "Add €0.01 for free shipping"}),
    ("what is missing", {"s": ship("50")}, of("x 42.90", shipping="4.90"),
     {"best": "", "total": "47.80", "missing": "Add €7.10 for free shipping"}),
    ("what is missing in dollars", {"s": ship("50", currency="USD")}, of("x 42.90", currency="USD", shipping="4.90"),
     {"missing": "Add $7.10 for free shipping"}),
    ("a half cent of the sum", {"p": off("15")}, of("x 0.10", "y 0.10", "z 0.10"),
     {"best": "p 0.05", "off": "0.02 0.02 0.01", "total": "0.25"}),
    ("a half cent goes up", {"p": off("12.5")}, of("x 10.20"), {"best": "p 1.28", "total": "8.92"}),
    ("yen", {"p": off("10")}, of("x 1005", currency="JPY"), {"best": "p 101", "total": "904"}),
    ("yen of several", {"p": off("33", **SHOES)}, of("s1 333 3", currency="JPY"), {"best": "p 330", "total": "669"}),
    ("dinars", {"p": off("7.5")}, of("x 1.235", currency="KWD"), {"best": "p 0.093", "total": "1.142"}),
    ("tax inside", {"p": off("10")}, of("x 119.00 1 19"), {"total": "107.10", "tax": "17.10"}),
    ("tax on top", {"a": money("10")},
     of("x 100.00 1 19", prices_include_tax=False, shipping={"amount": "5.00", "tax_rate": 19}),
     {"total": "113.05", "tax": "18.05", "shipping": "5.00"}),
    ("two rates", {"a": money("10")}, of("x 50.00 1 19", "y 50.00 1 7"),
     {"total": "90.00", "tax": "10.12", "off": "5.00 5.00"}),
    ("a ceiling", {"p": off("20", max_discount="15")}, of("x 100.00"), {"best": "p 15.00", "total": "85.00"}),
    ("two plus one, the cheapest free", {"b": TWO_PLUS_ONE}, of("x 30.00", "y 20.00", "z 10.00"),
     {"best": "b 10.00", "off": "0.00 0.00 10.00"}),
    ("two plus one, twice", {"b": TWO_PLUS_ONE}, of("x 30.00 2", "y 20.00 2", "z 10.00 2"), {"best": "b 20.00"}),
    ("two plus one lacks a piece", {"b": TWO_PLUS_ONE}, of("x 30.00 2"),
     {"best": "", "missing": "Add 1 more product for “b”"}),
    ("two plus one for half", {"b": bundle(buy={"quantity": 2}, get={"quantity": 1, "percent": "50"})},
     of("x 30.00", "y 20.00", "z 9.99"), {"best": "b 5.00"}),
    ("three for twenty", {"b": bundle(buy={"quantity": 3}, price="20")}, of("x 7.99 3"), {"best": "b 3.97"}),
    ("off products before off the cart", {"a": off("20", **SHOES), "z": off("10")}, of("s1 50.00", "t1 50.00"),
     {"best": "a 10.00, z 9.00", "total": "81.00", "off": "14.00 5.00"}),
    ("an amount larger than the cart", {"a": money("20")}, of("x 15.00", shipping="4.90"),
     {"best": "a 15.00", "total": "4.90"}),
    ("one of a group", {"p": off("10", stacking={"group": "g"}), "q": off("15", stacking={"group": "g"})},
     of("x 80.00"), {"best": "q 12.00", "not": "p same_group"}),
    ("what stands alone saves more", {"n": off("25", stacking={"with": "none"}), "p": off("10"), "a": money("5")},
     of("x 100.00"), {"best": "n 25.00", "not": "p not_combinable, a not_combinable"}),
    ("what stands alone saves less", {"n": off("25", stacking={"with": "none"}), "p": off("10"), "a": money("5")},
     of("x 20.00"), {"best": "p 2.00, a 5.00", "not": "n not_combinable"}),
    ("ties go by key", {"b": off("20"), "a": off("10")}, of("x 100.00"), {"best": "a 10.00, b 18.00"}),
    ("priority goes first", {"b": off("20", priority=60), "a": off("10")}, of("x 100.00"),
     {"best": "b 20.00, a 8.00"}),
    ("percentages before amounts whatever the priority", {"a": money("10", priority=90), "p": off("10")},
     of("x 100.00"), {"best": "p 10.00, a 10.00", "total": "80.00"}),
    ("off each piece", {"a": money("2", per="unit")}, of("x 10.00 3", "y 1.50 2"),
     {"best": "a 9.00", "off": "6.00 3.00"}),
    ("an amount in thirds", {"a": money("10")}, of("x 10.00", "y 10.00", "z 10.00"),
     {"best": "a 10.00", "off": "3.34 3.33 3.33"}),
    ("a part of the shipping", {"s": ship(shipping={"most": "3.90"})}, of("x 9.00", shipping="5.90"),
     {"best": "s 3.90", "shipping": "2.00", "total": "11.00"}),
    ("thresholds count what is off products", {"p": off("20", **SHOES), "s": ship("50")},
     of("s1 60.00", shipping="4.90"),
     {"best": "p 12.00", "missing": "Add €2.00 for free shipping", "total": "52.90"}),
    ("a percentage off the cart does not bring a threshold down", {"p": off("20"), "s": ship("50")},
     of("x 50.00", shipping="4.90"), {"best": "p 10.00, s 4.90", "total": "40.00"}),
    ("pieces are missing", {"p": off("10", conditions={"quantity_min": 3})}, of("x 5.00 2"),
     {"best": "", "missing": "Add 1 more product for 10% off"}),
    ("what is reduced is left out", {"p": off("10", scope={"exclude_reduced": True})},
     {"currency": "EUR", "lines": [{"product_id": "x", "price": "15.00", "list_price": "20.00"},
                                   {"product_id": "y", "price": "10.00"}]}, {"best": "p 1.00", "off": "0.00 1.00"}),
    ("points of what is paid", {"p": off("10"), "o": {"kind": "points", "value": "", "points":
     {"per": "1.00", "points": 1}}}, of("x 44.43"), {"best": "p 4.44, o 0.00", "points": 39}),
    ("two plus one, then a tenth", {"b": TWO_PLUS_ONE, "p": off("10")}, of("x 19.95 3"),
     {"best": "b 19.95, p 3.99", "total": "35.91"}),
    ("everything for nothing", {"p": off("100"), "a": money("5")}, of("x 9.99 1 19"),
     {"best": "p 9.99", "total": "0.00", "tax": "0.00"}),
    ("an empty cart", {"s": ship("50")}, of(), {"best": "", "total": "0.00"}),
    ("a line of no pieces", {"p": off("10")}, of("x 9.99 0", "y 10.00"), {"best": "p 1.00", "off": "0.00 1.00"}),
]  # fmt: skip


@pytest.mark.parametrize(("offers", "raw", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_a_cart_worked_out_by_hand(offers: Terms, raw: dict[str, Any], expected: dict[str, Any]) -> None:
    faults: Faults = []
    cart = read_cart(raw, "cart", faults)
    assert faults == []
    found = evaluated({name: {"currency": cart.currency} | terms for name, terms in offers.items()}, cart)
    told = {name: str(value) for name, value in msgspec.structs.asdict(found.totals).items()} | {
        "best": ", ".join(f"{one.offer} {one.saving}" for one in found.best.applied),
        "points": found.best.points,
        "off": " ".join(str(one.discount) for one in found.lines),
        "missing": "; ".join(one.sentence for one in found.missing),
        "not": ", ".join(f"{one.offer} {one.reason}" for one in found.not_chosen),
    }
    assert {name: told[name] for name in expected} == expected
