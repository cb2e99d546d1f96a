"""Reading: the events of a batch as facts, and who the identifiers belong to."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from cdp.outbox.contracts import TopicMessage
from commerce import amounts
from commerce.carts import CART_NAMES
from commerce.closing import PLACED
from commerce.contracts import Fact, Person
from commerce.orders import ORDER_NAMES
from events import names
from events import queries as events
from events.contracts import StoredEvent
from profiles import queries as profiles

STORED = "events.stored"
# Of one identifier and of one cart the newest events are folded, so that nobody's history makes each further event
# dearer. Runs that ended before them stay as they were folded last.
MOST, STEP = 1000, 500
USUAL = 20
DESCRIBING = names.PRODUCT_EVENTS | names.LIST_EVENTS | names.STOCK_EVENTS
ALL_NAMES = frozenset(CART_NAMES | ORDER_NAMES | DESCRIBING)
TRAIL_NAMES = frozenset(CART_NAMES | {PLACED})
Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Newest(Generic[Key]):
    """Facts of some keys; `since` tells, for each key that has more, the time of the oldest fact that is here."""

    facts: list[Fact]
    since: dict[Key, datetime]


def facts_of(messages: Iterable[TopicMessage]) -> list[Fact]:
    """What the stored batches tell of carts, orders and products."""
    found: list[Fact] = []
    for first, last in _ranges(messages):
        found += map(fact, events.events_between(first, last, ALL_NAMES, with_context=False))
    return found


def facts_of_identifiers(ids: Collection[int], wanted: Collection[str]) -> Newest[int]:
    """The events of these names that hang on these identifiers: the newest of each."""

    def read(keys: Collection[int], limit: int | None) -> list[StoredEvent]:
        return events.events_of_identifiers(sorted(keys), wanted, limit=limit, with_context=False)

    return _newest(ids, read, partial(events.busy_identifiers, names=wanted), lambda event: event.identifier_id)


def facts_of_carts(cart_ids: Collection[str]) -> Newest[str]:
    """The events that touch or order these carts: the newest of each."""

    def read(keys: Collection[str], limit: int | None) -> list[StoredEvent]:
        return events.events_of_cart_ids(keys, TRAIL_NAMES, limit, with_context=False)

    return _newest(cart_ids, read, partial(events.busy_carts, names=TRAIL_NAMES), lambda event: event.cart_id or "")


def _newest(
    keys: Collection[Key],
    read: Callable[[Collection[Key], int | None], list[StoredEvent]],
    busy: Callable[..., dict[Key, int]],
    key_of: Callable[[StoredEvent], Key],
) -> Newest[Key]:
    """A key's newest MOST events. Few keys have more: what they are is asked only when much is found."""
    budget = MOST + USUAL * len(keys)
    found = read(keys, budget + 1) if keys else []
    if len(found) <= budget:
        counts = {key: count for key, count in Counter(map(key_of, found)).items() if count > MOST}
    else:
        counts = busy(keys, most=MOST)
        found = read([key for key in keys if key not in counts], None)
        found += [event for key, count in counts.items() for event in read([key], kept_of(count))]
    if not counts:
        return Newest([fact(event) for event in found], {})
    left = {key: kept_of(count) for key, count in counts.items()}
    facts, since = [], {}
    for event in found:  # newest first for each key
        key = key_of(event)
        if key in left:
            if not left[key]:
                continue
            left[key] -= 1
            since[key] = event.occurred_at
        facts.append(fact(event))
    return Newest(facts, since)


def kept_of(count: int) -> int:
    """How many of a key's `count` events are folded. Cut in steps, so that the cut moves once in STEP events."""
    return count if count <= MOST else count - -(-(count - MOST) // STEP) * STEP


def facts_of_orders(order_ids: Collection[str]) -> list[Fact]:
    """Every event with one of these order ids."""
    return [fact(event) for event in events.events_of_order_ids(order_ids, with_context=False)]


def fact(event: StoredEvent) -> Fact:
    """A stored event as the folds see it."""
    return Fact(
        event.id,
        event.occurred_at,
        event.message_hash,
        event.name,
        event.identifier_id,
        event.server_side,
        None if event.cart_id is None else amounts.usable_id(event.cart_id),
        None if event.order_id is None else amounts.usable_id(event.order_id),
        event.properties,
        event.received_at,
    )


def people_of(identifier_ids: Collection[int]) -> dict[int, Person]:
    """Every identifier of everyone who owns one of these. One that is no more (erased) stands for itself."""
    if not identifier_ids:
        return {}
    found = {kin: Person(*whose) for kin, whose in profiles.kin_of(identifier_ids).items()}
    for identifier_id in identifier_ids:
        if identifier_id not in found:
            found[identifier_id] = Person(UUID(int=identifier_id), "")
    return found


def identifiers_of(profile_ids: Collection[UUID]) -> set[int]:
    """Every identifier of these profiles."""
    found = profiles.identifiers_of(profile_ids) if profile_ids else {}
    return {fact.id for facts in found.values() for fact in facts}


def _ranges(messages: Iterable[TopicMessage]) -> Iterator[tuple[int, int]]:
    """The batches' id ranges, neighbors joined."""
    ranges: Sequence[tuple[int, int]] = sorted(
        (int(message.payload["first_id"]), int(message.payload["last_id"]))
        for message in messages
        if message.topic == STORED
    )
    start: int | None = None
    for first, last in ranges:
        if start is None:
            start, end = first, last
        elif first <= end + 1:
            end = max(end, last)
        else:
            yield start, end
            start, end = first, last
    if start is not None:
        yield start, end
