"""What rules ask of people beside traits and events, as the reference sees it: orders, lists, consents and more.

A statement for each kind of fact that some rule mentions, however many people.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.lib.clock import to_us
from commerce.contracts import OrderWithLines
from commerce.queries import orders_with_lines
from segments.models import ComputedValues, Listed, Membership
from segments.queries.catalog import catalog_entries
from segments.queries.consenting import consents_of
from segments.rules import Mentions
from segments.rules.facts import CatalogEntry, Consented, PastLine, PastOrder


@dataclass(slots=True)
class Beside:
    """Facts by profile; absent where there is nothing."""

    orders: Mapping[UUID, Sequence[PastOrder]] = field(default_factory=dict)
    computed: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    kinds: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    segments: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    lists: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    consents: Mapping[str, Mapping[UUID, Consented]] = field(default_factory=dict)
    catalog: Mapping[str, CatalogEntry] = field(default_factory=dict)

    def of(self, profile_id: UUID) -> dict[str, Any]:
        """The fields of PersonFacts."""
        return {
            "orders": tuple(self.orders.get(profile_id, ())),
            "computed": self.computed.get(profile_id, {}),
            "kinds": self.kinds.get(profile_id, frozenset()),
            "segments": self.segments.get(profile_id, frozenset()),
            "lists": self.lists.get(profile_id, frozenset()),
            "consents": {code: found[profile_id] for code, found in self.consents.items() if profile_id in found},
            "catalog": self.catalog,
        }


def beside(
    owner: Mapping[int, UUID], kinds: Mapping[UUID, Collection[str]], mentions: Mentions, now: datetime
) -> Beside:
    """Of the people whose identifiers `owner` names {identifier id: person}, what rules of these mentions look at."""
    people = set(owner.values())
    found = Beside(kinds={person: frozenset(theirs) for person, theirs in kinds.items()})
    if mentions.orders:
        found.orders = _orders(owner)
    if mentions.computed:
        rows = ComputedValues.objects.filter(pk__in=people)
        found.computed = dict(rows.values_list("profile_id", "values"))
    if mentions.segments:
        inside = Membership.objects.filter(
            profile_id__in=people, segment__slug__in=mentions.segments, left_at__isnull=True
        )
        found.segments = _sets(inside.values_list("profile_id", "segment__slug"))
    if mentions.lists:
        listed = Listed.objects.filter(identifier_id__in=list(owner), segment__slug__in=mentions.lists)
        rows_of_lists = listed.values_list("identifier_id", "segment__slug")
        found.lists = _sets((owner[identifier_id], slug) for identifier_id, slug in rows_of_lists)
    if mentions.purposes:
        found.consents = consents_of(people, mentions.purposes, now)
    if mentions.catalog:
        found.catalog = catalog_entries()
    return found


def _orders(owner: Mapping[int, UUID]) -> dict[UUID, list[PastOrder]]:
    found: dict[UUID, list[PastOrder]] = defaultdict(list)
    for order in orders_with_lines(list(owner)):
        found[owner[order.identifier_id]].append(_past(order))
    return found


def _past(order: OrderWithLines) -> PastOrder:
    lines = [
        PastLine(line.product_id, line.quantity, line.amount, to_us(line.occurred_at), line.kind == "refund")
        for line in order.lines
    ]
    placed = None if order.placed_at is None else to_us(order.placed_at)
    return PastOrder(
        order.order_id, order.status, order.currency, order.revenue, placed, order.total, tuple(lines), order.refunded
    )


def _sets(pairs: Any) -> dict[UUID, frozenset[str]]:
    found: dict[UUID, set[str]] = defaultdict(set)
    for person, one in pairs:
        found[person].add(one)
    return {person: frozenset(ones) for person, ones in found.items()}
