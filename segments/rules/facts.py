"""What a rule is asked about: a person's traits, events, orders and all else. Pure; see `segments.queries.people`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

NEVER = 2**63 - 1
"""The instant (µs since the epoch) of what time alone never brings."""

DAY_US = 86_400_000_000
ANY_EVENT = "*"
"""Instead of a name: every event."""


class PastEvent(NamedTuple):
    """One stored event: its canonical name, event time in µs since the epoch, canonical properties, and its id.

    Ids are given in the order of storing: they tell apart what happened at one instant.
    """

    name: str
    occurred_us: int
    properties: Mapping[str, Any]
    id: int = 0
    channel: str | None = None


class PastLine(NamedTuple):
    """One line of an order: goods, or a refund with a negative amount at its own time (µs)."""

    product_id: str
    quantity: Decimal
    amount: Decimal
    occurred_us: int
    is_refund: bool = False


class PastOrder(NamedTuple):
    """One order. `status` as commerce says it; `placed_us` None for a refund whose order is not known."""

    order_id: str
    status: str
    currency: str
    revenue: Decimal
    placed_us: int | None
    total: Decimal | None = None
    lines: tuple[PastLine, ...] = ()
    refunded: Decimal = Decimal(0)


class Consented(NamedTuple):
    """The gate's answer on a purpose now, and until when it holds with no new word (µs, or NEVER)."""

    allowed: bool
    until_us: int = NEVER


class CatalogEntry(NamedTuple):
    """What the present catalog says of a product."""

    category: str = ""
    brand: str = ""
    attributes: Mapping[str, Any] = {}


@dataclass(frozen=True)
class PersonFacts:
    """One person at one instant. Events may come in any order; each stands once.

    `computed`: values by their full name (computed.*, rfm.*, score.*). `kinds`: of the identifiers they are known by.
    `segments` and `lists`: slugs of those they are in and on. `consents`: by purpose; one that is absent is denied.
    `catalog`: by the key of a product (`segments.rules.products`), the same for everybody. `zone`: the company's, for
    calendar windows.
    """

    traits: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[PastEvent] = ()
    computed: Mapping[str, Any] = field(default_factory=dict)
    orders: Sequence[PastOrder] = ()
    kinds: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    consents: Mapping[str, Consented] = field(default_factory=dict)
    catalog: Mapping[str, CatalogEntry] = field(default_factory=dict)
    zone: str = "UTC"

    @cached_property
    def events_by_name(self) -> Mapping[str, Sequence[PastEvent]]:
        """The events grouped by name, grouped once however many nodes ask; all of them under `ANY_EVENT`."""
        groups: dict[str, list[PastEvent]] = {ANY_EVENT: list(self.events)}
        for event in self.events:
            groups.setdefault(event.name, []).append(event)
        return groups
