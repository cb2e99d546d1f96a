"""Figures of one person computed from their events or orders: how many, how much, which most, when last. Pure.

A definition and the facts it is about, newest first, in; a value out. Amounts are never added across currencies: a sum,
an average, a least and a most of money are told by currency, {"EUR": 120.5, "USD": 20}.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Protocol

import msgspec

from cdp.lib.values import SIXTH, number

EVENTS, ORDERS = "events", "orders"
COUNT, SUM, AVERAGE, MINIMUM, MAXIMUM = "count", "sum", "average", "minimum", "maximum"
FIRST, LAST, MOST_FREQUENT, DISTINCT, LIST = "first", "last", "most_frequent", "distinct", "list"
DAYS_SINCE, SESSIONS = "days_since_last", "sessions"
KINDS: Mapping[str, str] = {
    COUNT: "how many",
    SUM: "sum of a property",
    AVERAGE: "average of a property",
    MINIMUM: "least of a property",
    MAXIMUM: "most of a property",
    FIRST: "first value of a property, or first time",
    LAST: "last value of a property, or last time",
    MOST_FREQUENT: "most frequent value of a property",
    DISTINCT: "how many different values of a property",
    LIST: "the last different values of a property",
    DAYS_SINCE: "whole days since the last one",
    SESSIONS: "sessions: runs of any events with less than 30 minutes between them",
}
NUMERIC = frozenset({SUM, AVERAGE, MINIMUM, MAXIMUM})
NEEDS_PROPERTY = NUMERIC | {MOST_FREQUENT, DISTINCT, LIST}
ORDER_FIELDS = ("net_revenue", "revenue", "refunded", "order_id", "currency", "country", "status")
SESSION_GAP = timedelta(minutes=30)
LONGEST_LIST = 50
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Held(Protocol):
    """A condition on one property, in the language of segments; none of these moves with time."""

    @property
    def name(self) -> str:
        """The property's name."""

    def holds(self, values: Mapping[str, Any], now_us: int) -> bool:
        """Whether these properties meet it."""

    def sentence(self) -> str:
        """In words."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A computed trait. `event`: the events' name, "" for orders and sessions; `path`: which property, dots lead in;
    `filters`: properties that must equal; `where`: further conditions.

    `window_days` None: all time. `how_many`: the length of a list.
    """

    name: str
    label: str
    description: str
    kind: str
    over: str = EVENTS
    event: str = ""
    path: str = ""
    by_currency: bool = False
    filters: tuple[tuple[str, str], ...] = ()
    window_days: int | None = None
    how_many: int = 5
    where: tuple[Held, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The top-level properties it reads: of a path the whole, which may be a name with dots, and its first part."""
        paths = {self.path, *(name for name, _ in self.filters), *(("currency",) if self.by_currency else ())} - {""}
        paths |= {one.name for one in self.where}
        return frozenset(paths | {path.partition(".")[0] for path in paths})

    @property
    def is_counted_already(self) -> bool:
        """Whether the profile's own counters answer it exactly, however long the history."""
        return self.kind == COUNT and self.over == EVENTS and not self.is_narrowed and self.window_days is None

    @property
    def is_narrowed(self) -> bool:
        """Whether there are conditions."""
        return bool(self.filters or self.where)

    def sentence(self) -> str:
        """E.g. “sum of net_revenue by currency over orders in the last 365 days”."""
        what = KINDS[self.kind].replace("a property", self.path).replace("runs of any events", "runs of events")
        if self.kind in (FIRST, LAST):
            what = f"{self.kind} {self.path or 'time'}"
        about = "" if self.kind == SESSIONS else f" of {self.event}" if self.over == EVENTS else " of orders"
        told = [*(f"{name} is {value}" for name, value in self.filters), *(one.sentence() for one in self.where)]
        conditions = " and ".join(told)
        where = f" where {conditions}" if conditions else ""
        window = f" in the last {self.window_days} days" if self.window_days else ""
        return f"{what}{' by currency' if self.by_currency else ''}{about}{where}{window}"


class Fact(msgspec.Struct, frozen=True, gc=False):
    """An event of the definition's name, or an order; for sessions an event of any name.

    Facts that share one properties object are looked into once: readers give equal properties as one object.
    """

    at: datetime
    properties: Mapping[str, Any]


def compute(definition: Definition, facts: Sequence[Fact], now: datetime) -> Any:
    """The value: number, text, ISO instant, list or {currency: number}; None where nothing says it.

    Facts come newest first.
    """
    if definition.window_days:
        since = now - timedelta(days=definition.window_days)
        facts = [fact for fact in facts if fact.at >= since]
    if definition.filters:
        met = {id(told) for told, _ in _told(facts) if all(_meets(told, *asked) for asked in definition.filters)}
        facts = [fact for fact in facts if id(fact.properties) in met]
    if definition.where:
        met = {id(told) for told, _ in _told(facts) if all(one.holds(told, 0) for one in definition.where)}
        facts = [fact for fact in facts if id(fact.properties) in met]
    return _COMPUTED[definition.kind](definition, facts, now)


def _told(facts: Sequence[Fact]) -> list[tuple[Mapping[str, Any], int]]:
    """The different properties in the order of the facts, each with how many facts have it."""
    objects = [fact.properties for fact in facts]
    by_id = {id(told): told for told in objects}
    return [(by_id[key], count) for key, count in Counter(map(id, objects)).items()]


def values_at(properties: Any, path: str) -> Iterator[Any]:
    """The scalars at a path like `category` or `products.category`; lists on the way give one each."""
    if isinstance(properties, list):
        for part in properties:
            yield from values_at(part, path)
    elif not path:
        if properties not in (None, "") and not isinstance(properties, dict):
            yield properties
    elif isinstance(properties, Mapping):
        if path in properties:
            yield from values_at(properties[path], "")
        else:
            head, dot, rest = path.partition(".")
            if dot and head in properties:
                yield from values_at(properties[head], rest)


def sessions(instants: Sequence[datetime]) -> int:
    """How many runs with less than half an hour between neighbors; instants in either order."""
    ordered = sorted(instants)
    return sum(1 for n, at in enumerate(ordered) if n == 0 or at - ordered[n - 1] >= SESSION_GAP)


def _meets(told: Mapping[str, Any], name: str, value: str) -> bool:
    return any(_text(found) == value for found in values_at(told, name))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _numeric(fold: Callable[[list[Decimal]], Decimal | None]) -> Callable[[Definition, Sequence[Fact], datetime], Any]:
    def value(definition: Definition, facts: Sequence[Fact], now: datetime) -> Any:
        by_currency: dict[str, list[Decimal]] = {}
        for told, count in _told(facts):
            currency = _text(told.get("currency") or "unknown") if definition.by_currency else ""
            numbers = [n for v in values_at(told, definition.path) if (n := number(v)) is not None]
            if numbers:
                by_currency.setdefault(currency, []).extend(numbers * count)
        if definition.by_currency:
            return {currency: fold(numbers) for currency, numbers in sorted(by_currency.items())}
        return fold(by_currency.get("", []))

    return value


def _average(numbers: list[Decimal]) -> Decimal | None:
    return (sum(numbers, Decimal(0)) / len(numbers)).quantize(SIXTH, ROUND_HALF_EVEN).normalize() if numbers else None


def _edge(place: int) -> Callable[[Definition, Sequence[Fact], datetime], Any]:
    """The value of the newest (0) or oldest (-1) fact that has one; without a property its time."""

    def value(definition: Definition, facts: Sequence[Fact], now: datetime) -> Any:
        ordered = facts if place == 0 else facts[::-1]
        if not definition.path:
            return ordered[0].at.isoformat() if ordered else None
        return next((v for fact in ordered for v in values_at(fact.properties, definition.path)), None)

    return value


def _most_frequent(definition: Definition, facts: Sequence[Fact], now: datetime) -> Any:
    """Of equally frequent ones the latest: facts come newest first, and counters keep that order."""
    counted: Counter[str] = Counter()
    for told, count in _told(facts):
        for value in values_at(told, definition.path):
            counted[_text(value)] += count
    return counted.most_common(1)[0][0] if counted else None


def _different(definition: Definition, facts: Sequence[Fact], most: int | None = None) -> list[Any]:
    """The different values, newest first; with `most` so many."""
    seen: dict[str, Any] = {}
    for told, _ in _told(facts):
        if most is not None and len(seen) >= most:
            break
        for value in values_at(told, definition.path):
            seen.setdefault(_text(value), value)
    return list(seen.values())[:most]


def _days_since(definition: Definition, facts: Sequence[Fact], now: datetime) -> int | None:
    return max(0, (now - facts[0].at).days) if facts else None


_COMPUTED: Mapping[str, Callable[[Definition, Sequence[Fact], datetime], Any]] = {
    COUNT: lambda definition, facts, now: len(facts),
    SUM: _numeric(lambda numbers: sum(numbers, Decimal(0))),
    AVERAGE: _numeric(_average),
    MINIMUM: _numeric(lambda numbers: min(numbers, default=None)),
    MAXIMUM: _numeric(lambda numbers: max(numbers, default=None)),
    FIRST: _edge(-1),
    LAST: _edge(0),
    MOST_FREQUENT: _most_frequent,
    DISTINCT: lambda definition, facts, now: len(_different(definition, facts)),
    LIST: lambda definition, facts, now: _different(definition, facts, definition.how_many),
    DAYS_SINCE: _days_since,
    SESSIONS: lambda definition, facts, now: sessions([fact.at for fact in facts]),
}

SHIPPED: tuple[Definition, ...] = (
    Definition("orders_count", "Orders", "Orders placed and not cancelled, of all time.", COUNT, ORDERS),
    Definition(
        "lifetime_value",
        "Lifetime value",
        "What orders brought less refunds, by currency.",
        SUM,
        ORDERS,
        path="net_revenue",
        by_currency=True,
    ),
    Definition(
        "average_order_value",
        "Average order",
        "Revenue of an order on average, before refunds, by currency.",
        AVERAGE,
        ORDERS,
        path="revenue",
        by_currency=True,
    ),
    Definition("first_order_at", "First order", "When the first order was placed.", FIRST, ORDERS),
    Definition("last_order_at", "Last order", "When the last order was placed.", LAST, ORDERS),
    Definition("days_since_last_order", "Recency", "Whole days since the last order: R of RFM.", DAYS_SINCE, ORDERS),
    Definition("orders_365d", "Frequency", "Orders of the last 365 days: F of RFM.", COUNT, ORDERS, window_days=365),
    Definition(
        "revenue_365d",
        "Monetary",
        "What orders of the last 365 days brought less refunds, by currency: M of RFM.",
        SUM,
        ORDERS,
        path="net_revenue",
        by_currency=True,
        window_days=365,
    ),
    Definition(
        "favorite_category",
        "Favorite category",
        "The category of the products they looked at most.",
        MOST_FREQUENT,
        event="Product Viewed",
        path="category",
    ),
    Definition(
        "favorite_brand",
        "Favorite brand",
        "The brand of the products they looked at most.",
        MOST_FREQUENT,
        event="Product Viewed",
        path="brand",
    ),
    Definition(
        "last_viewed_product",
        "Last viewed product",
        "The product id of the product they looked at last.",
        LAST,
        event="Product Viewed",
        path="product_id",
    ),
    Definition(
        "last_viewed_products",
        "Last viewed products",
        "The product ids of the last ten different products they looked at, newest first.",
        LIST,
        event="Product Viewed",
        path="product_id",
        how_many=10,
    ),
    Definition(
        "products_viewed", "Product views", "How often they looked at a product.", COUNT, event="Product Viewed"
    ),
    Definition("sessions_30d", "Sessions", "Visits in the last 30 days.", SESSIONS, window_days=30),
)
