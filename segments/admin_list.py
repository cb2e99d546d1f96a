"""The list of segments in the admin: size, change in 7 days and freshness of a whole page in four statements."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from cdp.jobs.models import Job
from cdp.jobs.queries import share_done
from cdp.lib.clock import utc_now
from segments.models import DirtyProfile, Segment
from segments.queries.moves import MOST, Moves, moves_since

WEEK = timedelta(days=7)
LATE = timedelta(minutes=1)
RECOMPUTE = "segments.recompute"


class SegmentList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """Puts what is counted on each segment of the page, in a fixed number of statements for all."""

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows with `moves`, `since_days` and `freshness`."""
        super().get_results(request)
        rows: list[Segment] = list(self.result_list)  # type: ignore[has-type]
        now = utc_now()
        moves = moves_since([row.pk for row in rows], now - WEEK)
        fresh = freshness([row.pk for row in rows], now)
        for row in rows:
            row.__dict__.update(moves=moves.get(row.pk), freshness=fresh[row.pk])
        self.result_list = rows


class StateFilter(admin.SimpleListFilter):
    """Archived ones stand apart, and what offers and placements keep for themselves: listed only when asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Each state, and all; without a choice those that are not archived."""
        return [
            ("live", "Live"),
            ("draft", "Drafts"),
            ("archived", "Archived"),
            ("all", "All"),
            ("kept", "Of offers and placements"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Segment]) -> QuerySet[Segment]:
        """Those of the state."""
        chosen = self.value()
        if chosen == "kept":
            return queryset.exclude(used_for="").exclude(state=Segment.State.ARCHIVED)
        queryset = queryset.filter(used_for="")
        if chosen == "all":
            return queryset
        if chosen in Segment.State.values:
            return queryset.filter(state=chosen)
        return queryset.exclude(state=Segment.State.ARCHIVED)


def freshness(segment_ids: Collection[int], now: datetime) -> Mapping[int, str]:
    """{segment id: whether its members are true to what happened, in words}; two statements."""
    running = {
        int(job.params.get("segment_id", 0)): job
        for job in Job.objects.filter(kind=RECOMPUTE, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    }
    oldest = DirtyProfile.objects.order_by("marked_at").values_list("marked_at", flat=True).first()
    late = now - oldest if oldest and now - oldest > LATE else None
    behind = f"{_span(late)} behind" if late else "up to date"
    return {pk: _asking(running[pk]) if pk in running else behind for pk in segment_ids}


def named(segment: Segment) -> SafeString:
    """The name as a link to its page; a list is told apart."""
    kind = format_html(' <span class="h-tag">list</span>') if segment.kind == Segment.Kind.STATIC else ""
    url = reverse("segment-desk-overview", args=[segment.pk])
    return format_html('<a class="h-strong-link" href="{}">{}</a>{}', url, segment.name, kind)


def size_shown(segment: Segment) -> SafeString | str:
    """How many are in it; one too large to be waited for is filled in by the page's script."""
    if segment.state != Segment.State.LIVE:
        return "–"
    moves: Moves | None = segment.__dict__.get("moves")
    if moves is None:
        return _later(segment, "size", f"over {MOST:,}")
    return f"{moves.size:,}"


def change_shown(segment: Segment) -> SafeString | str:
    """How that changed in 7 days, in words."""
    if segment.state != Segment.State.LIVE:
        return "–"
    moves: Moves | None = segment.__dict__.get("moves")
    if moves is None:
        return _later(segment, "change", "…")
    sign, _, told = moves.words.partition(" (")
    more = format_html('<br><span class="h-soft h-small h-nowrap">{}</span>', told.removesuffix(")")) if told else ""
    return format_html('<span class="h-nowrap">{}</span>{}', sign, more)


def freshness_shown(segment: Segment) -> str:
    """Only a live one is kept up to date."""
    return segment.__dict__.get("freshness", "") if segment.state == Segment.State.LIVE else "–"


def _later(segment: Segment, figure: str, until_then: str) -> SafeString:
    return format_html(
        '<span data-size="{}" data-sizes="{}" data-figure="{}">{}</span>',
        segment.pk,
        reverse("segment-desk-sizes"),
        figure,
        until_then,
    )


def _asking(job: Job) -> str:
    done = share_done(job)
    return "everybody is being asked" + (f", {100 * done:.0f} % done" if done else "")


def _span(late: timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
