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
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Definition:
    """A computed trait. `event`: the events' name, "" for orders and sessions; `path`: which property, dots lead in;
    `filters`: properties that must equal.

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

    @property
    def is_counted_already(self) -> bool:
        """Whether the profile's own counters answer it exactly, however long the history."""
        return self.kind == COUNT and self.over == EVENTS and not self.filters and self.window_days is None

    def sentence(self) -> str:
        """E.g. “sum of net_revenue by currency over orders in the last 365 days”."""
        what = KINDS[self.kind].replace("a property", self.path).replace("runs of any events", "runs of events")
        if self.kind in (FIRST, LAST):
            what = f"{self.kind} {self.path or 'time'}"
        about = "" if self.kind == SESSIONS else f" of {self.event}" if self.over == EVENTS else " of orders"
        conditions = " and ".join(f"{name} is {value}" for name, value in self.filters)
        where = f" where {conditions}" if conditions else ""
        window = f" in the last {self.window_days} days" if self.window_days else ""
        return f"{what}{' by currency' if self.by_currency else ''}{about}{where}{window}"


@dataclass(frozen=True, slots=True)
class Fact:
    """An event of the definition's name, or an order; for sessions an event of any name."""

    at: datetime
    properties: Mapping[str, Any]


def compute(definition: Definition, facts: Sequence[Fact], now: datetime) -> Any:
    """The value: number, text, ISO instant, list or {currency: number}; None where nothing says it."""
    since = now - timedelta(days=definition.window_days) if definition.window_days else None
    chosen = [
        fact
        for fact in facts
        if (since is None or fact.at >= since) and all(_meets(fact, name, value) for name, value in definition.filters)
    ]
    return _COMPUTED[definition.kind](definition, chosen, now)


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


def _meets(fact: Fact, name: str, value: str) -> bool:
    return any(_text(found) == value for found in values_at(fact.properties, name))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _numeric(fold: Callable[[list[Decimal]], Decimal | None]) -> Callable[[Definition, Sequence[Fact], datetime], Any]:
    def value(definition: Definition, facts: Sequence[Fact], now: datetime) -> Any:
        by_currency: dict[str, list[Decimal]] = {}
        for fact in facts:
            currency = _text(fact.properties.get("currency") or "unknown") if definition.by_currency else ""
            numbers = [n for v in values_at(fact.properties, definition.path) if (n := number(v)) is not None]
            if numbers:
                by_currency.setdefault(currency, []).extend(numbers)
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
    found = [v for fact in facts for v in values_at(fact.properties, definition.path)]
    counted = Counter(_text(v) for v in found)
    return counted.most_common(1)[0][0] if counted else None


def _different(definition: Definition, facts: Sequence[Fact]) -> list[Any]:
    seen: dict[str, Any] = {}
    for fact in facts:
        for value in values_at(fact.properties, definition.path):
            seen.setdefault(_text(value), value)
    return list(seen.values())


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
    LIST: lambda definition, facts, now: _different(definition, facts)[: definition.how_many],
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
