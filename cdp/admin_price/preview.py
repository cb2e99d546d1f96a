"""Prices of a few products as somebody would get them, with this list as it is typed, live or not."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest

from cdp.admin_placement.pictures import Shown, shown_products
from cdp.admin_placement.preview import PERSON, Wanted
from cdp.admin_price.whom import whom_of
from cdp.admin_price.words import REASONS
from cdp.lib.admin_parts import money, quantity
from offers.price_choice import ListFacts
from offers.queries.pricing import AskedPrice, PriceLine, prices

FEW = 5
MOST_QUANTITY = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Line:
    """One product of the preview, in words."""

    product: Shown
    list_price: str
    price: str
    is_personal: bool
    why: str
    following: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands in the preview. `headline` says the answer; `problem` what keeps it from being shown."""

    headline: str
    lines: tuple[Line, ...] = ()
    unknown: tuple[str, ...] = ()
    note: str = ""
    problem: str = ""


def preview(
    request: HttpRequest, facts: ListFacts, wanted: Wanted, products: list[str], count: str, now: datetime
) -> Preview:
    """`facts`: the list as it would be; `products` and `count`: what to price, as typed."""
    whom = whom_of(request, wanted, f"preview of price list {facts.key or 'not saved yet'}", now)
    if whom.problem:
        return Preview("Choose for whom", problem=whom.problem)
    if not products:
        return Preview(
            "Name a product", problem="Name a product above, or give the list rows: its first ones are shown."
        )
    pieces = _pieces(count)
    asked = [AskedPrice(product_id, pieces) for product_id in products]
    found = prices(asked, whom.known, now, currency=facts.currency, instead=facts)
    known = shown_products([one.product_id for one in found.lines])
    lines = tuple(_line(one, known[one.product_id], facts) for one in found.lines if one.product_id in known)
    personal = sum(line.is_personal for line in lines)
    somebody = "This person" if wanted.who == PERSON else "Somebody who is not known"
    says = f"{somebody} pays a personal price for {personal} of {len(lines)}" if lines else "Nothing to price"
    return Preview(
        says if personal or not lines else f"{somebody} pays what everybody pays", lines, found.unknown, whom.note
    )


def _line(one: PriceLine, product: Shown, facts: ListFacts) -> Line:
    priced, following = one.priced, one.priced.next_break
    why = REASONS[priced.reason] + (f" ({priced.price_list})" if priced.price_list not in (None, facts.key) else "")
    return Line(
        product,
        money(priced.list_price, one.currency),
        money(priced.price, one.currency),
        priced.personalized,
        why,
        f"{money(following.price, one.currency)} each from {quantity(following.quantity)}" if following else "",
    )


def _pieces(text: str) -> Decimal:
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return Decimal(1)
    return found if found.is_finite() and 0 < found <= MOST_QUANTITY else Decimal(1)
