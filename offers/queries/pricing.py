"""What products cost somebody: for up to a thousand products in a handful of statements, whoever asks.

Nobody (unknown, shared by many, refusing personalization, a browser with a public key) gets what everybody gets.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import profiles.queries
from cdp.lib import bulk_sql
from cdp.lib.values import as_text
from commerce.contracts import ProductFacts
from commerce.queries import believed_products
from offers.price_choice import ListFacts, Priced, price_of
from offers.queries.price_lists import lists_in_force
from segments.queries.standing import Known, standing

TRAIT = "customer_group"
ROWS = """SELECT product_id, price_list_id, min_quantity, price FROM offers_price
WHERE product_id = ANY(%s::text[]) AND price_list_id = ANY(%s::bigint[])"""


@dataclass(frozen=True, slots=True)
class AskedPrice:
    """A product and how many pieces of it."""

    product_id: str
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class PriceLine:
    """The price of one piece of a product in this quantity, in `currency`."""

    product_id: str
    quantity: Decimal
    currency: str
    priced: Priced


@dataclass(frozen=True, slots=True)
class Prices:
    """Lines in the order asked, and products that the catalog does not know (or that only a browser told of)."""

    lines: tuple[PriceLine, ...]
    unknown: tuple[str, ...]


def prices(
    asked: Sequence[AskedPrice],
    known: Known,
    now: datetime,
    *,
    currency: str = "",
    instead: ListFacts | None = None,
) -> Prices:
    """What these cost somebody. `currency`: empty for each product's own. `instead`: a list as it would be, in the
    place of what is stored of it; its dates are believed to hold."""
    catalog = believed_products({one.product_id for one in asked})
    found = lists_in_force(now)
    if instead is not None:
        found = (*(one for one in found if one.id != instead.id), instead)
    lists = _fitting(found, known, now)
    rows = _rows(catalog, lists)
    lines = tuple(
        _line(one, facts, currency or facts.currency, lists, rows.get(one.product_id, {}))
        for one in asked
        if (facts := catalog.get(one.product_id)) is not None
    )
    unknown = dict.fromkeys(one.product_id for one in asked if one.product_id not in catalog)
    return Prices(lines, tuple(unknown))


def catalog_price(facts: ProductFacts, currency: str) -> Decimal | None:
    """What everybody pays by the catalog, in this currency; None where it tells none."""
    if facts.currency == currency:
        return facts.price
    told = facts.prices.get(currency)
    return None if told is None else Decimal(told)


def groups_of(known: Known) -> frozenset[str]:
    """The customer groups of a whole person: the trait `customer_group`, a text or several."""
    if known.profile_id is None:
        return frozenset()
    state = profiles.queries.profile_states([known.profile_id]).get(known.profile_id)
    value: Any = state.traits.get(TRAIT) if state is not None else None
    values = value if isinstance(value, list) else [value]
    return frozenset(text for one in values if (text := as_text(one)) is not None)


def _fitting(lists: Sequence[ListFacts], known: Known, now: datetime) -> list[ListFacts]:
    """The lists somebody gets; those made for some are for whole persons only."""
    if known.is_nobody or known.is_browser or known.profile_id is None:
        return [one for one in lists if not one.is_personal]
    slugs = {one.segment for one in lists if one.segment}
    segments = standing(known, slugs, now) if slugs else frozenset[str]()
    groups = groups_of(known) if any(one.group for one in lists) else frozenset[str]()
    return [one for one in lists if one.is_for(segments, groups)]


def _rows(
    catalog: Mapping[str, ProductFacts], lists: Sequence[ListFacts]
) -> dict[str, dict[int, list[tuple[Decimal, Decimal]]]]:
    found: defaultdict[str, dict[int, list[tuple[Decimal, Decimal]]]] = defaultdict(dict)
    if catalog and lists:
        for product_id, list_id, start, price in bulk_sql.fetch(ROWS, [list(catalog), [one.id for one in lists]]):
            found[product_id].setdefault(list_id, []).append((start, price))
    return found


def _line(
    asked: AskedPrice,
    facts: ProductFacts,
    currency: str,
    lists: Sequence[ListFacts],
    rows: Mapping[int, Sequence[tuple[Decimal, Decimal]]],
) -> PriceLine:
    fitting = [one for one in lists if one.currency == currency]
    priced = price_of(fitting, rows, catalog_price(facts, currency), asked.quantity, currency)
    return PriceLine(asked.product_id, asked.quantity, currency, priced)
