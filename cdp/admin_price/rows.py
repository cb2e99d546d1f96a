"""The rows of a list as its page shows them: a page at a time, each beside the list price."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.http import QueryDict

from cdp.admin_placement.pictures import Shown, shown_products
from cdp.lib.admin_parts import money, quantity
from cdp.lib.money import exponent
from commerce.queries import products
from offers.models import Price, PriceList
from offers.prices_csv import PriceRow, row_of
from offers.queries.pricing import catalog_price

PAGE = 50
PREFIX = "price_"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `against`: how it stands to the list price, in words; `is_odd`: not below it, or unknown."""

    id: int
    product_id: str
    product: Shown | None
    from_quantity: str
    price: str
    list_price: str
    against: str
    is_odd: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows. `total`: of all that fit the search; `number`: of this page, from 1."""

    rows: tuple[Row, ...]
    total: int
    number: int
    pages: int


def page_of(row: PriceList, search: str, number: int, *, typed: Mapping[str, str], errors: Mapping[str, str]) -> Page:
    """The rows by product and quantity; `search`: how a product's id begins; `typed`: prices that were not taken."""
    found = Price.objects.filter(price_list=row).order_by("product_id", "min_quantity")
    if search:
        found = found.filter(product_id__istartswith=search)
    total = found.count()
    pages = max(1, -(-total // PAGE))
    number = min(max(number, 1), pages)
    chosen = list(found[(number - 1) * PAGE : number * PAGE])
    ids = {one.product_id for one in chosen}
    known, catalog = shown_products(ids), products(ids) if ids else {}
    lines = []
    for one in chosen:
        facts = catalog.get(one.product_id)
        usual = catalog_price(facts, row.currency) if facts is not None else None
        line, field = _row(one, known.get(one.product_id), usual, row.currency), f"{PREFIX}{one.pk}"
        lines.append(replace(line, price=typed.get(field, line.price), error=errors.get(field, "")))
    return Page(tuple(lines), total, number, pages)


def changed(row: PriceList, post: QueryDict) -> tuple[list[PriceRow], list[int], dict[str, str]]:
    """(rows to put in, ids of rows to take out, {field: what is wrong}) of the form of rows."""
    gone = [int(text) for text in post.getlist("remove") if text.isdecimal()]
    errors: dict[str, str] = {}
    wanted: list[PriceRow] = []
    typed = {int(key.removeprefix(PREFIX)): text for key, text in post.items() if _is_price(key)}
    for one in Price.objects.filter(price_list=row, pk__in=list(typed)).exclude(pk__in=gone):
        text = str(typed[one.pk]).strip()
        if text == amount(one.price, row.currency):
            continue
        cells = {"product_id": one.product_id, "from_quantity": f"{one.min_quantity.normalize():f}", "price": text}
        _take(cells, row.currency, f"{PREFIX}{one.pk}", wanted, errors)
    fresh = zip(post.getlist("new_product"), post.getlist("new_quantity"), post.getlist("new_price"), strict=False)
    for place, (product_id, pieces, text) in enumerate(fresh):
        if product_id.strip() or text.strip():
            cells = {"product_id": product_id, "from_quantity": pieces, "price": text}
            _take(cells, row.currency, f"new.{place}", wanted, errors)
    return wanted, gone, errors


def amount(price: Decimal, currency: str) -> str:
    """A price as a field holds it."""
    return f"{price:.{exponent(currency)}f}"


def _take(cells: dict[str, str], currency: str, where: str, wanted: list[PriceRow], errors: dict[str, str]) -> None:
    try:
        wanted.append(row_of(cells, currency))
    except ValueError as error:
        errors[where] = str(error)


def _row(one: Price, product: Shown | None, usual: Decimal | None, currency: str) -> Row:
    against, is_odd = "not in the catalog", True
    if product is not None and usual is None:
        against, is_odd = f"no list price in {currency}", False
    elif usual is not None:
        share = (one.price - usual) / usual * 100 if usual else Decimal(0)
        against = f"{abs(share):.0f} % {'less' if share < 0 else 'more'}" if share else "the same"
        is_odd = share >= 0
    return Row(
        one.pk,
        one.product_id,
        product,
        quantity(one.min_quantity),
        amount(one.price, currency),
        money(usual, currency),
        against,
        is_odd,
    )


def _is_price(key: str) -> bool:
    return key.startswith(PREFIX) and key.removeprefix(PREFIX).isdecimal()
