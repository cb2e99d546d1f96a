"""POST /v1/prices: what products cost somebody; the list price for everybody who is nobody."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from cdp.lib import open_doors
from cdp.lib.clock import utc_now
from cdp.lib.money import exponent
from cdp.lib.open_doors import KEYS, Faults, OpenView, answer, fault, keys_of, refuse
from cdp.lib.values import number
from consent import services as consent
from offers.api import prices_schema as schema
from offers.api.doors import PERSON, person_of
from offers.queries.pricing import AskedPrice, PriceLine, Prices, prices
from people.queries import callers
from people.queries.callers import BROWSER
from segments.queries.standing import known_of

SCOPE = "offers:read"
MOST_PRODUCTS, LONGEST_ID = 1_000, 200
MOST_QUANTITY = Decimal(1_000_000)
FIELDS = (*PERSON, *KEYS, "person", "products", "currency")
ONE = Decimal(1)


class PricesView(OpenView):
    """Prices of up to 1,000 products for a person."""

    @schema.post
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for prices."""
        now, body = utc_now(), open_doors.body_of(request)
        caller = callers.caller_of(request.META, keys_of(open_doors.texts_of(request.GET), body), scope=SCOPE)
        faults: Faults = []
        person = person_of(body, faults)
        currency = _currency(body.get("currency"), faults)
        asked = _products(body.get("products"), faults)
        names = sorted(body.keys() - set(FIELDS))[:20]
        faults += [fault(name, "unknown_field", f"There are {', '.join(FIELDS)}.") for name in names]
        refuse(faults)
        found = callers.whose(caller, person)
        if found.speaks_for:  # a server's own head says nothing of its customer
            consent.note_gpc(request.META, now=now, identifier_id=found.speaks_for)
        known = known_of(found, now, is_browser=caller.kind == BROWSER, use="price")
        if known.refusal is not None:
            consent.note_refusals([known.refusal], now)
        return answer(body_of(prices(asked, known, now, currency=currency)))


def body_of(found: Prices) -> dict[str, Any]:
    """As programs get it: money as text with the currency's decimals, quantities as numbers."""
    return {"prices": [_line(one) for one in found.lines], "unknown_products": list(found.unknown)}


def _line(one: PriceLine) -> dict[str, Any]:
    priced, currency = one.priced, one.currency
    following = priced.next_break
    return {
        "product_id": one.product_id,
        "quantity": _plain(one.quantity),
        "list_price": _money(priced.list_price, currency),
        "price": _money(priced.price, currency),
        "currency": currency or None,
        "price_list": priced.price_list,
        "reason": priced.reason,
        "personalized": priced.personalized,
        "from_quantity": _plain(priced.from_quantity),
        "next_break": None
        if following is None
        else {"quantity": _plain(following.quantity), "price": _money(following.price, currency)},
    }


def _products(value: object, faults: Faults) -> list[AskedPrice]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_PRODUCTS:
        text = f'1 to {MOST_PRODUCTS:,} of {{"product_id": "P-1", "quantity": 2}} or just "P-1".'
        faults.append(fault("products", "not_products", text))
        return []
    found = []
    for place, one in enumerate(value):
        asked = _product(one if isinstance(one, dict) else {"product_id": one}, f"products.{place}", faults)
        if asked is not None:
            found.append(asked)
    return found


def _product(given: Mapping[str, Any], where: str, faults: Faults) -> AskedPrice | None:
    product_id, quantity = given.get("product_id"), given.get("quantity", ONE)
    count = number(quantity) if not isinstance(quantity, bool) else None
    if isinstance(product_id, int) and not isinstance(product_id, bool):
        product_id = str(product_id)
    if not isinstance(product_id, str) or not 0 < len(product_id) <= LONGEST_ID:
        faults.append(fault(f"{where}.product_id", "not_text", f"A text of 1 to {LONGEST_ID} signs."))
        return None
    if count is None or not 0 < count <= MOST_QUANTITY:
        text = f"A number above 0, at most {MOST_QUANTITY:,}."
        faults.append(fault(f"{where}.quantity", "not_a_quantity", text))
        return None
    if unknown := sorted(given.keys() - {"product_id", "quantity"}):
        faults.append(fault(f"{where}.{unknown[0]}", "unknown_field", "A product has product_id and quantity."))
    return AskedPrice(product_id, count)


def _currency(value: object, faults: Faults) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    faults.append(fault("currency", "not_a_currency", "A currency by its three letters, like EUR."))
    return ""


def _money(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else f"{amount:.{exponent(currency)}f}"


def _plain(quantity: Decimal) -> int | Decimal:
    return int(quantity) if quantity == quantity.to_integral_value() else quantity.normalize()
