"""What every page of a segment has: who may see it, the head with its sentence and size, and the tabs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cdp.admin_home.charts import change, spoken
from cdp.admin_segment import kept
from cdp.lib.admin_parts import require
from cdp.lib.clock import utc_now
from segments.models import Segment
from segments.queries.moves import Moves, all_moves_since, moves_since
from segments.rules import RuleError, parse_rule

SEE, CHANGE, ADD = "segments.view_segment", "segments.change_segment", "segments.add_segment"
MEMBERS, OPEN, PERSONAL = "segments.view_membership", "profiles.view_profile", "profiles.view_personal"
WEEK = timedelta(days=7)
# (key, words, URL name, the right it needs beside SEE)
TABS = (
    ("overview", "Overview", "segment-desk-overview", ""),
    ("rule", "Rule", "admin:segments_segment_change", ""),
    ("list", "Fill this list", "segment-list", ""),
    ("members", "Members", "segment-desk-members", MEMBERS),
    ("why", "Why is somebody in it?", "segment-desk-why", OPEN),
    ("dates", "Compare dates", "segment-desk-dates", ""),
    ("overlap", "Overlap", "segment-desk-overlap", ""),
    ("export", "Export and snapshot", "segment-export-page", ""),
    ("versions", "Versions", "segment-desk-versions", ""),
    ("uses", "Uses and settings", "segment-desk-uses", ""),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What this member of staff may do."""

    changes: bool
    adds: bool
    members: bool
    opens: bool
    personal: bool


@dataclass(frozen=True, slots=True)
class Head:
    """`count`: who is in it, in words; `count_url`: where a large one is counted, "" where it is known here.

    `change`: against a week ago, in words. `tags`: (words, kind of tag). `is_large`: whether the tab is about the size.
    """

    segment: Segment
    sentence: str
    count: str
    count_url: str
    change: str
    tags: tuple[tuple[str, str], ...]
    tabs: tuple[tuple[str, str, bool], ...]
    reader: Reader
    is_large: bool


def reader_of(request: HttpRequest) -> Reader:
    """The rights of who asks."""
    may = getattr(request.user, "has_perm", lambda _: False)
    return Reader(may(CHANGE), may(ADD), may(MEMBERS), may(OPEN), may(PERSONAL))


def must(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied for who lacks one of these."""
    require(request, *rights, otherwise="Your group may not see this page of segments.")


def find(request: HttpRequest, segment_id: int, *rights: str) -> Segment:
    """The segment, for who may see it. Raises PermissionDenied and Http404."""
    must(request, SEE, *rights)
    found = Segment.objects.select_related("purpose", "owner").filter(pk=segment_id).first()
    if found is None:
        raise Http404("There is no such segment.")
    return found


def head(request: HttpRequest, segment: Segment, tab: str) -> Head:
    """What stands above every tab."""
    now, reader = utc_now(), reader_of(request)
    may = getattr(request.user, "has_perm", lambda _: False)
    counted = moves_since([segment.pk], now - WEEK)[segment.pk]
    known = counted or week_of(segment, now, only_known=True)
    url = "" if known else reverse("segment-desk-part", args=[segment.pk, "count"])
    return Head(
        segment=segment,
        sentence=sentence(segment.definition),
        count=count_words(segment, known),
        count_url=url if segment.state == Segment.State.LIVE else "",
        change=change_words(segment, known, now),
        tags=_tags(segment),
        tabs=tuple(
            (words, reverse(name, args=[segment.pk]), key == tab)
            for key, words, name, right in TABS
            if (not right or may(right)) and (key != "list" or segment.kind == Segment.Kind.STATIC)
        ),
        reader=reader,
        is_large=tab == "overview",
    )


def week_of(segment: Segment, now: datetime, *, only_known: bool = False) -> Moves | None:
    """Size and moves of the last week of a large segment, kept for ten minutes."""
    make = None if only_known else lambda: all_moves_since(segment.pk, now - WEEK)
    found = kept.figure(f"week:{segment.pk}:{segment.version}:{segment.state}", make, now)
    return found.value if found else None


def page(
    request: HttpRequest, template: str, segment: Segment, tab: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """One tab of a segment's page."""
    shared = admin.site.each_context(request) | {
        "title": segment.name,
        "head": head(request, segment, tab),
        "segment": segment,
        "original": segment,
        "opts": Segment._meta,
    }
    return TemplateResponse(request, template, shared | context, status=status)


def sentence(definition: Any) -> str:
    """A rule in words; one that cannot be read any more says so."""
    try:
        return parse_rule(definition).sentence()
    except RuleError as error:
        return f"This rule cannot be read any more: {error.message}"


def count_words(segment: Segment, known: Moves | None) -> str:
    """“1,204 people are in it now”."""
    if segment.state != Segment.State.LIVE:
        return f"Nobody is in it: it is {segment.get_state_display().lower()}"
    if known is None:
        return "More than 10,000 people are in it now"
    return "1 person is in it now" if known.size == 1 else f"{spoken(known.size)} people are in it now"


def change_words(segment: Segment, known: Moves | None, now: datetime) -> str:
    """Against a week ago."""
    if segment.state != Segment.State.LIVE or known is None:
        return ""
    if segment.created_at > now - WEEK:
        return "made less than 7 days ago"
    return change(known.size, known.size_before, "7 days ago")


def _tags(segment: Segment) -> tuple[tuple[str, str], ...]:
    kinds = {"live": "ok", "draft": "warn", "archived": ""}
    found = [(str(segment.get_state_display()), kinds[segment.state])]
    if segment.kind == Segment.Kind.STATIC:
        found.append(("List", ""))
    found.append((f"Used for: {segment.purpose.label}" if segment.purpose else "No purpose", ""))
    if segment.owner:
        found.append((f"Owner: {segment.owner}", ""))
    return tuple(found)
