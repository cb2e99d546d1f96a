"""People on their way through journeys, with all that is asked about them before a step: read in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from automation.graph import Graph, Step
from automation.models import Enrollment, Journey, Passing
from automation.queries.journeys import SENDER
from automation.queries.versions import graphs
from commerce import queries as commerce
from commerce.contracts import CartFacts
from mailing.contracts import GO, Said
from mailing.models import Message
from mailing.queries.people import PersonAsked, Whom, people


@dataclass
class Way:
    """One enrollment being worked: its row, its pinned graph, whoever it belongs to now, and what was done so far.

    `cart`: what it is about, for carts. `mailed_at`: when the last mail of this enrollment was handed over (or
    perhaps), None if none was. `before`: (node, outcome, reason) of steps passed earlier; `passed`: of those to be
    written. `said`: by its story. `is_moving`: its next step is to be taken now.
    """

    row: Enrollment
    graph: Graph
    person: PersonAsked
    cart: CartFacts | None = None
    mailed_at: datetime | None = None
    before: tuple[tuple[str, str, str], ...] = ()
    is_moving: bool = True
    said: Said = field(default_factory=lambda: Said(GO))
    passed: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def journey(self) -> Journey:
        """Whose way it is."""
        return self.row.journey

    @property
    def step(self) -> Step:
        """Where it stands."""
        return self.graph.nodes[self.row.node]

    @property
    def facts(self) -> dict[str, Any]:
        """What its trigger told, and what its steps added."""
        told: dict[str, Any] = self.row.facts
        return told


def ways(rows: Sequence[Enrollment], graph_of: dict[int, Graph] | None = None) -> list[Way]:
    """The ways of these enrollments (with their journeys selected), in their order; those without a graph left out.

    A cart is its present owner's, whoever it was armed for. Who is only armed stands under what runs of the journey
    now, everybody else under the version they entered by.
    """
    versions = {row.version_id or row.journey.version_id for row in rows}
    read = graphs([pk for pk in versions if pk]) if graph_of is None else graph_of
    kept = [row for row in rows if (row.version_id or row.journey.version_id) in read]
    keys = {row.cart_key for row in kept if row.cart_key}
    carts = commerce.carts_by_keys(keys) if keys else {}
    for row in kept:
        row.identifier_id = carts[row.cart_key].identifier_id if row.cart_key in carts else row.identifier_id
    found = people([Whom(row.identifier_id) for row in kept])
    ids = [row.pk for row in kept]
    mailed, before = mailed_at(ids), passed_before(ids)
    return [
        Way(
            row,
            read[row.version_id or row.journey.version_id or 0],
            person,
            carts.get(row.cart_key),
            mailed.get(row.pk),
            tuple(before.get(row.pk, ())),
        )
        for row, person in zip(kept, found, strict=True)
    ]


def passed_before(enrollment_ids: Sequence[int]) -> dict[int, list[tuple[str, str, str]]]:
    """{enrollment id: (node, outcome, reason) of every step it passed, the first first}."""
    found: dict[int, list[tuple[str, str, str]]] = {}
    rows = Passing.objects.filter(enrollment_id__in=enrollment_ids).order_by("at", "node")
    for pk, *passed in rows.values_list("enrollment_id", "node", "outcome", "reason"):
        found.setdefault(pk, []).append((passed[0], passed[1], passed[2]))
    return found


def mailed_at(enrollment_ids: Sequence[int]) -> dict[int, datetime]:
    """{enrollment id: when its last mail was handed over, or perhaps}."""
    handed = Message.objects.filter(sender=SENDER, about_id__in=enrollment_ids, state__in=Message.HANDED)
    rows = handed.filter(sending_at__isnull=False).order_by("sending_at").values_list("about_id", "sending_at")
    return {about: at for about, at in rows if about is not None and at is not None}
