"""Carts read from JSON: every fault is named with its path, and how to mend it. Pure."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from cdp.lib.values import number, text
from offers.contracts import Cart, CartLine

MOST_LINES, LONGEST = 500, 512
MOST_AMOUNT, MOST_QUANTITY = Decimal(10**11), Decimal(10**6)
CART = (
    "currency", "lines", "prices_include_tax", "shipping", "channel", "country", "locale", "first_order",
)  # fmt: skip
LINE = (
    "product_id", "quantity", "price", "list_price", "category", "categories", "brand", "tax_rate", "cost",
)  # fmt: skip
SHIPPING = ("amount", "method", "tax_rate")
ONE = Decimal(1)
Faults = list[dict[str, str]]


def read_cart(raw: object, where: str, faults: Faults, *, may_tell_costs: bool = False) -> Cart:
    """The cart; what is wrong is added to `faults`, and then it means nothing. `may_tell_costs`: the shop asks."""
    given = _object(raw, CART, where, faults, "a cart: currency and lines")
    shipping = given.get("shipping")
    sent = _object(shipping, SHIPPING, f"{where}.shipping", faults, "") if isinstance(shipping, dict) else {}
    return Cart(
        currency=_currency(given.get("currency"), f"{where}.currency", faults),
        lines=_lines(given.get("lines"), f"{where}.lines", faults, may_tell_costs),
        prices_include_tax=_flag(given, "prices_include_tax", where, faults) is not False,
        shipping=_shipping_costs(shipping, sent, f"{where}.shipping", faults),
        shipping_method=_text(sent, "method", f"{where}.shipping", faults),
        shipping_tax_rate=_rate(sent, f"{where}.shipping", faults),
        channel=_text(given, "channel", where, faults),
        country=_country(given, where, faults),
        locale=_text(given, "locale", where, faults),
        first_order=_first_order(given, where, faults, may_tell_costs),
    )


def fault(field: str, reason: str, detail: str) -> dict[str, str]:
    """One fault as an error says it."""
    return {"field": field, "reason": reason, "detail": detail}


def _lines(value: object, where: str, faults: Faults, may_tell_costs: bool) -> tuple[CartLine, ...]:
    if not isinstance(value, list):
        faults.append(fault(where, "missing", 'A list of {"product_id": "P-1", "quantity": 2, "price": "9.99"}.'))
        return ()
    if len(value) > MOST_LINES:
        faults.append(fault(where, "too_many", f"At most {MOST_LINES} lines."))
        return ()
    return tuple([_line(one, f"{where}[{index}]", faults, may_tell_costs) for index, one in enumerate(value)])


def _line(raw: object, where: str, faults: Faults, may_tell_costs: bool) -> CartLine:
    given = _object(raw, LINE, where, faults, "a line: product_id, quantity, price")
    product_id = given.get("product_id")
    if isinstance(product_id, int) and not isinstance(product_id, bool):
        product_id = str(product_id)
    if not isinstance(product_id, str) or not 0 < len(product_id) <= LONGEST:
        faults.append(fault(f"{where}.product_id", "not_text", f"A text of 1 to {LONGEST} characters."))
        product_id = ""
    if "cost" in given and not may_tell_costs:
        faults.append(fault(f"{where}.cost", "server_only", "Only a server key tells what products cost the shop."))
    price = _amount(given, "price", where, faults, MOST_AMOUNT)
    if price is None and given.get("price") is None:
        faults.append(fault(f"{where}.price", "missing", "The price of one piece, as text such as “9.99”."))
    quantity = _amount(given, "quantity", where, faults, MOST_QUANTITY)
    return CartLine(
        product_id=product_id,
        quantity=ONE if quantity is None else quantity,
        price=price or Decimal(0),
        list_price=_amount(given, "list_price", where, faults, MOST_AMOUNT),
        categories=_categories(given, where, faults),
        brand=_text(given, "brand", where, faults),
        tax_rate=_rate(given, where, faults),
        cost=_amount(given, "cost", where, faults, MOST_AMOUNT),
    )


def _object(raw: object, known: Collection[str], where: str, faults: Faults, what: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        faults.append(fault(where, "not_an_object", f"An object that is {what}."))
        return {}
    for name in raw.keys() - known:
        faults.append(fault(f"{where}.{name[:80]}", "unknown_field", f"There are {', '.join(known)}."))
    return raw


def _amount(given: Mapping[str, Any], name: str, where: str, faults: Faults, most: Decimal) -> Decimal | None:
    value = given.get(name)
    if value is None:
        return None
    found = number(value)
    if found is None or not 0 <= found <= most:
        detail = f"A number from 0 to {most:,}, best as text such as “9.99”."
        faults.append(fault(f"{where}.{name}", "not_a_number", detail))
        return None
    return found


def _rate(given: Mapping[str, Any], where: str, faults: Faults) -> Decimal | None:
    """In percent; a share of one is taken for the mistake it is."""
    found = _amount(given, "tax_rate", where, faults, Decimal(100))
    if found is not None and 0 < found < 1:
        faults.append(fault(f"{where}.tax_rate", "not_in_percent", "In percent: 19 for 19 %, not 0.19."))
    return found


def _shipping_costs(value: object, sent: Mapping[str, Any], where: str, faults: Faults) -> Decimal | None:
    """An amount, or an object with one; None where it is not known yet."""
    if value is None or isinstance(value, dict):
        return _amount(sent, "amount", where, faults, MOST_AMOUNT)
    found = number(value)
    if found is None or not 0 <= found <= MOST_AMOUNT:
        detail = 'An amount such as “4.90”, or {"amount": "4.90", "method": "parcel", "tax_rate": 19}.'
        faults.append(fault(where, "not_a_number", detail))
        return None
    return found


def _currency(value: object, where: str, faults: Faults) -> str:
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    faults.append(fault(where, "not_a_currency", "A currency of ISO 4217 by its three letters, such as EUR."))
    return "EUR"


def _country(given: Mapping[str, Any], where: str, faults: Faults) -> str:
    value = given.get("country")
    if value is None or value == "":
        return ""
    if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha():
        return value.upper()
    faults.append(fault(f"{where}.country", "not_a_country", "A country of ISO 3166 by its two letters, such as DE."))
    return ""


def _categories(given: Mapping[str, Any], where: str, faults: Faults) -> tuple[str, ...]:
    """One name, or the path from the root of the shop's tree."""
    value = given.get("categories")
    names = list(value) if isinstance(value, list) else []
    if value is not None and (not isinstance(value, list) or len(value) > 50):
        faults.append(fault(f"{where}.categories", "not_a_list", "A list of up to 50 names."))
        names = []
    if given.get("category"):
        names.append(given["category"])
    if any(not isinstance(name, str) or len(name) > LONGEST for name in names):
        faults.append(fault(f"{where}.categories", "not_text", f"Names of up to {LONGEST} characters."))
        return ()
    return tuple([text(name) for name in names if name])


def _text(given: Mapping[str, Any], name: str, where: str, faults: Faults) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= LONGEST:
        return text(value).strip()
    faults.append(fault(f"{where}.{name}", "not_text", f"A text of up to {LONGEST} characters."))
    return ""


def _flag(given: Mapping[str, Any], name: str, where: str, faults: Faults) -> bool | None:
    value = given.get(name)
    if value is None or isinstance(value, bool):
        return value
    faults.append(fault(f"{where}.{name}", "not_a_flag", "true or false."))
    return None


def _first_order(given: Mapping[str, Any], where: str, faults: Faults, may_tell: bool) -> bool | None:
    if given.get("first_order") is not None and not may_tell:
        faults.append(fault(f"{where}.first_order", "server_only", "Only a server key tells it: leave it out."))
        return None
    return _flag(given, "first_order", where, faults)
