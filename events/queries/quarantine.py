"""The quarantine: what is asked for, how much of it there is by reason, and what came of an item."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from cdp.lib import bulk_sql
from events.models import RejectedEvent
from events.queries.requests import parse_instant

MOST_GROUPS = 12
SETTLED = """
SELECT inbox_id, index FROM events_rejectedevent
WHERE inbox_id = ANY(%s::bigint[]) AND (resolution = 'dismissed' OR replayed_as_id IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """What is asked for; each part may be missing. `state`: open, resolved or all; `until` is not included."""

    state: str = "open"
    stage: str = ""
    reason: str = ""
    name: str | None = None
    source_id: int | None = None
    since: str = ""
    until: str = ""
    text: str = ""

    def params(self) -> dict[str, Any]:
        """As a job's parameters."""
        return asdict(self)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "QuarantineFilter":
        """From a job's parameters or a query string's. Raises ValueError for what makes no sense."""
        source = params.get("source_id")
        found = cls(
            state=str(params.get("state") or "open"),
            stage=str(params.get("stage") or ""),
            reason=str(params.get("reason") or ""),
            name=None if params.get("name") is None else str(params["name"]),
            source_id=None if source in (None, "") else _number(str(source)),
            since=str(params.get("since") or ""),
            until=str(params.get("until") or ""),
            text=str(params.get("text") or "").replace("\0", ""),
        )
        if found.state not in ("open", "resolved", "all"):
            raise ValueError(f"{found.state!r} is none of open, resolved and all.")
        for bound in (found.since, found.until):
            if bound:
                parse_instant(bound)
        return found


@dataclass(frozen=True, slots=True)
class Group:
    """Open items of one stage, reason, event name and source."""

    stage: str
    reason: str
    name: str
    source_id: int
    count: int


@dataclass(frozen=True, slots=True)
class Chain:
    """What came of an item: `came_from` is the item it was sent again for, `came_back` the one it came back as."""

    came_from: int | None
    came_back: int | None
    event_id: int | None


def quarantined(wanted: QuarantineFilter) -> QuerySet[RejectedEvent]:
    """The items asked for, without their bytes and in no order."""
    found = RejectedEvent.objects.filter(_condition(wanted))
    return found.defer("raw", "edited")


def open_ids(wanted: QuarantineFilter, *, after: int, up_to: int, limit: int) -> list[int]:
    """The next open items asked for, by id; `up_to` keeps out what comes back while they are worked."""
    rows = quarantined(wanted).filter(resolved_at=None, pk__gt=after, pk__lte=up_to).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def settled_places(inbox_ids: Collection[int]) -> set[tuple[int, int]]:
    """(request, index) of items of these requests that staff dismissed or sent again."""
    return {(inbox_id, index) for inbox_id, index in bulk_sql.fetch(SETTLED, [sorted(inbox_ids)])}


def newest_id() -> int:
    """The id of the newest item; 0 for none."""
    return int(RejectedEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0)


def groups(wanted: QuarantineFilter, limit: int = MOST_GROUPS) -> list[Group]:
    """What is open of what is asked for, the largest group first."""
    rows = RejectedEvent.objects.filter(_condition(wanted), resolved_at=None)
    counted = rows.values_list("stage", "reason", "name", "source_id").annotate(count=Count("pk"))
    return [Group(*row) for row in counted.order_by("-count", "stage", "reason", "name", "source_id")[:limit]]


def chain(row: RejectedEvent) -> Chain:
    """Where an item came from and what it came back as."""
    before = RejectedEvent.objects.filter(replayed_as_id=row.inbox_id).values_list("pk", flat=True).first()
    if row.replayed_as_id is None:
        return Chain(before, None, None)
    back = RejectedEvent.objects.filter(inbox_id=row.replayed_as_id).values_list("pk", flat=True).first()
    return Chain(before, back, None)


def _condition(wanted: QuarantineFilter) -> Q:
    found = Q()
    if wanted.state != "all":
        found &= Q(resolved_at__isnull=wanted.state == "open")
    if wanted.stage:
        found &= Q(stage=wanted.stage)
    if wanted.reason:
        found &= Q(reason=wanted.reason)
    if wanted.name is not None:
        found &= Q(name=wanted.name)
    if wanted.source_id is not None:
        found &= Q(source_id=wanted.source_id)
    if wanted.since:
        found &= Q(received_at__gte=_at(wanted.since))
    if wanted.until:
        found &= Q(received_at__lt=_at(wanted.until))
    if wanted.text:
        found &= Q(detail__icontains=wanted.text) | Q(name__icontains=wanted.text) | Q(reason__icontains=wanted.text)
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(f"{text[:40]!r} is no source's number.")
    return int(text)


def _at(text: str) -> datetime:
    return parse_instant(text)
