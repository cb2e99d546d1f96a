"""Computed traits of one person, exact at the moment they are asked for, from a bounded part of their history.

Read are the newest EVENTS_READ events and the newest ORDERS_READ orders; a figure that more could have changed is
marked partial. Plain counts of all time come from the profile's counters and are exact however long the history.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from commerce import queries as commerce
from commerce.contracts import OrderFacts
from commerce.models import Order
from events import queries as events
from events.queries import PastEvent
from people.contracts import Figure
from people.figures import EVENTS, ORDERS, SESSIONS, Definition, Fact, compute
from people.models import ComputedTrait
from profiles.contracts import Counter

EVENTS_READ = 10_000
ORDERS_READ = 1_000


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read, newest first: `events` of any name. `is_whole`: there is no more."""

    events: list[Fact]
    by_name: Mapping[str, list[Fact]]
    is_whole: bool
    orders: list[Fact]
    are_all_orders: bool


def definitions(names: Collection[str] | None = None) -> list[Definition]:
    """The enabled computed traits, or those of `names`, by name."""
    found = ComputedTrait.objects.filter(enabled=True).order_by("name")
    return [row.definition() for row in (found if names is None else found.filter(name__in=list(names)))]


def figures_of(
    asked: Sequence[Definition], identifier_ids: Collection[int], counters: Mapping[str, Counter], now: datetime
) -> list[Figure]:
    """The value of each for the person of these identifiers; two statements at most."""
    read = _read(asked, identifier_ids)
    return [_figure(definition, read, counters, now) for definition in asked]


def _read(asked: Sequence[Definition], identifier_ids: Collection[int]) -> _Read:
    over_events = [one for one in asked if one.over == EVENTS and not one.is_counted_already]
    found: list[PastEvent] = []
    if over_events:
        names = {one.event for one in over_events if one.kind != SESSIONS}
        keys = {key for one in over_events for key in one.keys}
        found = events.newest_events(identifier_ids, names, keys, limit=EVENTS_READ + 1)
    orders: list[OrderFacts] = []
    if any(one.over == ORDERS for one in asked):
        orders = commerce.orders_of(identifier_ids, limit=ORDERS_READ + 1)
    facts, by_name = _facts(found[:EVENTS_READ])
    return _Read(facts, by_name, len(found) <= EVENTS_READ, _bought(orders[:ORDERS_READ]), len(orders) <= ORDERS_READ)


def _facts(found: Sequence[PastEvent]) -> tuple[list[Fact], Mapping[str, list[Fact]]]:
    by_name: dict[str, list[Fact]] = {}
    facts = [Fact(event.occurred_at, event.properties) for event in found]
    for event, fact in zip(found, facts, strict=True):
        by_name.setdefault(event.name, []).append(fact)
    return facts, by_name


def _bought(orders: Sequence[OrderFacts]) -> list[Fact]:
    return [
        Fact(
            order.placed_at,
            {
                "order_id": order.order_id,
                "status": order.status,
                "currency": order.currency,
                "country": order.country,
                "revenue": order.revenue,
                "refunded": order.refunded,
                "net_revenue": order.revenue - order.refunded,
            },
        )
        for order in orders
        if order.status in Order.BOUGHT and order.placed_at is not None
    ]


def _figure(definition: Definition, read: _Read, counters: Mapping[str, Counter], now: datetime) -> Figure:
    words = definition.name, definition.label, definition.description
    if definition.is_counted_already:
        return Figure(*words, counters.get(definition.event, (0, 0, 0))[0])
    if definition.over == ORDERS:
        return Figure(*words, compute(definition, read.orders, now), not read.are_all_orders)
    facts = read.events if definition.kind == SESSIONS else read.by_name.get(definition.event, [])
    return Figure(*words, compute(definition, facts, now), _is_cut(definition, read, now))


def _is_cut(definition: Definition, read: _Read, now: datetime) -> bool:
    """Whether events that were not read could have changed the value."""
    if read.is_whole:
        return False
    since = now - timedelta(days=definition.window_days) if definition.window_days else None
    return since is None or read.events[-1].at >= since
