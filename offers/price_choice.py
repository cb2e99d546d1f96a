"""What one product costs somebody in some quantity: the price lists that fit, the catalog's price. Pure.

Of the lists that fit, the higher `priority` decides, then the lower price, then the key. A list made for some never
makes anything dearer than it is for everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cdp.lib.money import rounded

LIST_PRICE, PRICE_LIST, NO_PRICE = "list_price", "price_list", "no_price_in_currency"
GROUP, SEGMENT, GROUP_AND_SEGMENT, EVERYBODY = "group", "segment", "group_and_segment", "everybody"
NOT_DEARER = "list_price_is_lower"
HUNDRED = Decimal(100)
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A price list as answers use it: whom it is for and when. `group` and `segment`: both have to hold, where set."""

    id: int
    key: str
    name: str
    currency: str
    priority: int
    segment: str = ""
    group: str = ""
    percent_off: Decimal | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_personal(self) -> bool:
        """Whether it is for some only, so that a price of it is made for a person."""
        return bool(self.segment or self.group)

    def is_in_force(self, now: datetime) -> bool:
        """From its start on, until just before its end."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)

    def is_for(self, segments: frozenset[str], groups: frozenset[str]) -> bool:
        """Whether somebody in these segments, of these groups, gets it."""
        return (not self.segment or self.segment in segments) and (not self.group or self.group in groups)


@dataclass(frozen=True, slots=True)
class Break:
    """A cheaper price of one piece, from this quantity on."""

    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """What one piece costs. `list_price`: of the catalog, for everybody; `price` None: there is none in this currency.

    `from_quantity`: the row's, from which the price holds. `personalized`: it is of a list that is for some only, and
    differs from what everybody pays. `reason`: group, segment, group_and_segment or everybody (whose list it is),
    list_price, list_price_is_lower or no_price_in_currency.
    """

    list_price: Decimal | None
    price: Decimal | None
    price_list: str | None
    reason: str
    personalized: bool
    from_quantity: Decimal
    next_break: Break | None = None


Rows = Mapping[int, Sequence[tuple[Decimal, Decimal]]]
"""{list id: its (from quantity, price) of one product, any order}."""


def price_of(
    lists: Sequence[ListFacts], rows: Rows, list_price: Decimal | None, quantity: Decimal, currency: str
) -> Priced:
    """The price of one piece, with the next quantity from which it is cheaper. `lists`: those that fit the asker."""
    usual = None if list_price is None else rounded(list_price, currency)
    found = _at(lists, rows, usual, quantity, currency)
    further = sorted({start for one in lists for start, _ in rows.get(one.id, ()) if start > quantity})
    for start in further:
        then = _at(lists, rows, usual, start, currency).price
        if then is not None and found.price is not None and then < found.price:
            return _with_break(found, Break(start, then))
    return found


def _at(lists: Sequence[ListFacts], rows: Rows, usual: Decimal | None, quantity: Decimal, currency: str) -> Priced:
    fitting = [(one, *hit) for one in lists if (hit := _in_list(one, rows, usual, quantity, currency)) is not None]
    common = _best(each for each in fitting if not each[0].is_personal)
    best = _best(fitting)
    everybodys = common[1] if common is not None else usual
    if best is not None and best[0].is_personal and everybodys is not None and best[1] >= everybodys:
        reason = NOT_DEARER if best[1] > everybodys else None
        return _common(common, usual, reason)
    if best is None or not best[0].is_personal:
        return _common(best, usual, None)
    return Priced(usual, best[1], best[0].key, _reason(best[0]), True, best[2])


_Hit = tuple[ListFacts, Decimal, Decimal]


def _common(hit: _Hit | None, usual: Decimal | None, reason: str | None) -> Priced:
    """What everybody pays."""
    if hit is not None:
        return Priced(usual, hit[1], hit[0].key, reason or EVERYBODY, False, hit[2])
    return Priced(usual, usual, None, reason or (LIST_PRICE if usual is not None else NO_PRICE), False, ONE)


def _in_list(
    one: ListFacts, rows: Rows, usual: Decimal | None, quantity: Decimal, currency: str
) -> tuple[Decimal, Decimal] | None:
    """(price, from quantity) in this list; None where it says nothing of this quantity."""
    reached = [row for row in rows.get(one.id, ()) if row[0] <= quantity]
    if reached:
        start, price = max(reached)
        return rounded(price, currency), start
    if one.percent_off is None or usual is None:
        return None
    return rounded(usual * (HUNDRED - one.percent_off) / HUNDRED, currency), ONE


def _best(hits: Iterable[_Hit]) -> _Hit | None:
    return min(hits, key=lambda hit: (-hit[0].priority, hit[1], hit[0].key), default=None)


def _reason(one: ListFacts) -> str:
    if one.group and one.segment:
        return GROUP_AND_SEGMENT
    return GROUP if one.group else SEGMENT if one.segment else EVERYBODY


def _with_break(found: Priced, following: Break) -> Priced:
    return Priced(
        found.list_price,
        found.price,
        found.price_list,
        found.reason,
        found.personalized,
        found.from_quantity,
        following,
    )
