"""Reading: the events of a batch as facts, and who the identifiers belong to."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from uuid import UUID

from cdp.outbox.contracts import TopicMessage
from commerce import amounts
from commerce.carts import CART_NAMES
from commerce.contracts import Fact, Person
from commerce.orders import ORDER_NAMES
from events import names
from events import queries as events
from events.contracts import StoredEvent
from profiles import queries as profiles

STORED = "events.stored"
DESCRIBING = names.PRODUCT_EVENTS | names.LIST_EVENTS
ALL_NAMES = frozenset(CART_NAMES | ORDER_NAMES | DESCRIBING)


def facts_of(messages: Iterable[TopicMessage]) -> list[Fact]:
    """What the stored batches tell of carts, orders and products."""
    found: list[Fact] = []
    for first, last in _ranges(messages):
        found += map(fact, events.events_between(first, last, ALL_NAMES, with_context=False))
    return found


def facts_of_identifiers(ids: Collection[int], wanted: Collection[str]) -> list[Fact]:
    """Every event of these names that hangs on these identifiers."""
    return [fact(event) for event in events.events_of_identifiers(sorted(ids), wanted, with_context=False)]


def facts_of_carts(cart_ids: Collection[str]) -> list[Fact]:
    """Every event with one of these cart ids."""
    return [fact(event) for event in events.events_of_cart_ids(cart_ids, with_context=False)]


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
