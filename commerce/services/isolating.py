"""Isolating: when a stored batch fails again and again, what is at fault is left out and all else goes on.

A batch holds thousands of events of thousands of people. Its people, orders and described products are worked apart,
by halves, each part in a savepoint, until the culprits are alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import transaction

from cdp.lib.conflicts import is_blameless
from cdp.lib.failures import describe
from commerce.contracts import Fact
from commerce.services import reading

log = structlog.get_logger(__name__)
MOST_NAMED = 20


@dataclass(slots=True)
class Part:
    """What stands or falls together: one person's trail, one order, or what one event tells of products."""

    label: str
    identifier_ids: set[int] = field(default_factory=set)
    cart_ids: set[str] = field(default_factory=set)
    order_ids: set[str] = field(default_factory=set)
    told: list[Fact] = field(default_factory=list)


Work = Callable[[Sequence[Part], datetime, int], None]


def parts_of(trails: Iterable[Fact], order_ids: Iterable[str], facts: Iterable[Fact]) -> list[Part]:
    """A batch in parts: a person each, an order each, an event each."""
    trails = list(trails)
    people = reading.people_of({fact.identifier_id for fact in trails})
    persons: dict[object, Part] = {}
    for fact in trails:
        person = people[fact.identifier_id].profile_id
        part = persons.setdefault(person, Part(f"carts of identifier {fact.identifier_id}"))
        part.identifier_ids.add(fact.identifier_id)
        if fact.cart_id:
            part.cart_ids.add(fact.cart_id)
    orders = [Part(f"order {order_id}", order_ids={order_id}) for order_id in sorted(order_ids)]
    return [*persons.values(), *orders, *(Part(f"products of event {fact.id}", told=[fact]) for fact in facts)]


def work_apart(parts: Sequence[Part], work: Work, now: datetime, lane: int) -> str:
    """In the caller's transaction, all parts but those that fail even alone. Returns which and why, or nothing."""
    culprits: list[str] = []
    _halve(parts, lambda some: work(some, now, lane), culprits)
    if culprits:
        log.error("batch_parts_left_out", count=len(culprits), first=culprits[0].rpartition(": ")[2])
    more = f"; and {len(culprits) - MOST_NAMED} more" if len(culprits) > MOST_NAMED else ""
    return "; ".join(culprits[:MOST_NAMED]) + more


def _halve(parts: Sequence[Part], work: Callable[[Sequence[Part]], None], culprits: list[str]) -> None:
    if not parts:
        return
    try:
        with transaction.atomic():
            work(parts)
    except Exception as error:
        if is_blameless(error):
            raise
        if len(parts) == 1:
            culprits.append(f"{parts[0].label}: {describe(error)}")
        else:
            middle = len(parts) // 2
            _halve(parts[:middle], work, culprits)
            _halve(parts[middle:], work, culprits)
