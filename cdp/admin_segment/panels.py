"""What stands above a segment's form; a new segment is shown what to start from. Template library segment_panels."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils import timezone

from cdp.admin_home.charts import Chart, Series, change, day_label, spoken
from cdp.lib.clock import utc_now
from cdp.lib.spans import DAY, Span, midnight
from consent.reasons import reason_words
from segments import queries
from segments.models import Segment
from segments.queries.labels import person_labels
from segments.queries.size_history import SizeOfBucket, sizes_over
from segments.rules import RuleError, parse_rule

register = template.Library()
DAYS = 30
MOST_COUNTED = 200_000
NEWEST = 10
VERSIONS = 10


@dataclass(frozen=True, slots=True)
class Starter:
    """A rule to start from: its name, what it is good for, its sentence, and the page that opens with it."""

    name: str
    purpose: str
    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class MemberShown:
    """One of the newest members; `url` is empty for those who may not open the page."""

    called: str
    since: datetime
    url: str


@dataclass(frozen=True, slots=True)
class VersionShown:
    """A rule as it stood: what it said, since when, by whom."""

    version: int
    sentence: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class SegmentPanels:
    """The read side of one segment. `refusing`: how many may not be addressed for its purpose, `reasons`: why."""

    sentence: str
    headline: str
    refusing: str
    reasons: tuple[str, ...]
    change: str
    size_chart: Chart
    moves_chart: Chart
    members: tuple[MemberShown, ...]
    members_url: str
    versions: tuple[VersionShown, ...]


STARTERS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "Lookers",
        "lookers",
        "people to win with a first order",
        {
            "all": [
                {"did": "Product Viewed", "count": {"gte": 3}, "within": {"days": 14}},
                {"not": {"did": "Order Completed"}},
            ]
        },
    ),
    (
        "Left a cart",
        "left-a-cart",
        "people who may still want what they chose",
        {
            "all": [
                {"did": "Product Added", "within": {"days": 7}},
                {"did": "Order Completed", "count": {"eq": 0}, "within": {"days": 7}},
            ]
        },
    ),
    (
        "Repeat buyers",
        "repeat-buyers",
        "people to thank",
        {"did": "Order Completed", "count": {"gte": 2}},
    ),
    (
        "Slipping away",
        "slipping-away",
        "buyers who have not been back for two months",
        {
            "all": [
                {"did": "Order Completed"},
                {"did": "Product Viewed", "count": {"eq": 0}, "within": {"days": 60}},
            ]
        },
    ),
)


@register.simple_tag
def starters() -> list[Starter]:
    """What a new segment may start from."""
    add = reverse("admin:segments_segment_add")
    found = []
    for name, slug, purpose, rule in STARTERS:
        query = urlencode({"name": name, "slug": slug, "definition": json.dumps(rule)})
        found.append(Starter(name, purpose, parse_rule(rule).sentence(), f"{add}?{query}"))
    return found


@register.simple_tag(takes_context=True)
def segment_panels(context: dict[str, Any], segment: Segment) -> SegmentPanels:
    """The panels for this reader. People are masked without the right, and linked with the right to open their page."""
    may = context["request"].user.has_perm
    now = utc_now()
    zone = timezone.get_current_timezone_name()
    span = Span(midnight(now, zone, days=1 - DAYS), now + timedelta(microseconds=1), DAY, zone)
    rows = sizes_over(segment.pk, span)
    size, week_ago = rows[-1].size, rows[-8].size
    is_new = segment.created_at > now - timedelta(days=7)
    live = segment.state == Segment.State.LIVE
    count = "1 person is" if size == 1 else f"{spoken(size)} people are"
    refusing, reasons = _refusing(segment, size, now) if live else ("", ())
    return SegmentPanels(
        sentence=_sentence(segment.definition),
        headline=f"{count} in it now" if live else f"Nobody is in it: it is {segment.get_state_display().lower()}",
        refusing=refusing,
        reasons=reasons,
        change=_change(size, None if is_new else week_ago) if live else "",
        size_chart=_size_chart(rows, span.bucket_of(segment.created_at), zone),
        moves_chart=_moves_chart(rows, zone),
        members=_members(segment.pk, may("profiles.view_personal"), may("profiles.view_profile")),
        members_url=f"{reverse('admin:segments_membership_changelist')}?segment__id__exact={segment.pk}&open=yes"
        if may("segments.view_membership")
        else "",
        versions=_versions(segment),
    )


def _refusing(segment: Segment, size: int, now: datetime) -> tuple[str, tuple[str, ...]]:
    """How many are in it and may not be addressed, in words, and why; counted on the page while that takes a moment."""
    if segment.purpose is None:
        return "It has no purpose: nobody is asked whether they may be addressed.", ()
    label = segment.purpose.label
    if size > MOST_COUNTED:
        return f"Whoever does not allow “{label}” is left out when it is used; too many to be counted on this page.", ()
    found = queries.activation(segment, now)
    if not found.refusing:
        return f"All of them may be addressed for “{label}”.", ()
    who = f"{spoken(found.refusing)} of them" if found.refusing < found.people else "None of them"
    may = "may not be addressed" if found.refusing < found.people else "may be addressed"
    reasons = sorted(found.refused.items(), key=lambda one: (-one[1], one[0]))
    return f"{who} {may} for “{label}”.", tuple(f"{spoken(count)}: {reason_words(code)}" for code, count in reasons)


def _change(size: int, week_ago: int | None) -> str:
    return "made less than 7 days ago" if week_ago is None else change(size, week_ago, "7 days ago")


def _size_chart(rows: list[SizeOfBucket], made: datetime, zone: str) -> Chart:
    labels = [day_label(row.bucket) for row in rows]
    series = [Series("In it at the day's end", [row.size if row.bucket >= made else None for row in rows], "size")]
    return Chart("size", "How many are in it", labels, series, f"Day, {zone}", "People")


def _moves_chart(rows: list[SizeOfBucket], zone: str) -> Chart:
    labels = [day_label(row.bucket) for row in rows]
    series = [
        Series("Entered", [row.entered for row in rows], "entered"),
        Series("Left", [row.left for row in rows], "left"),
    ]
    return Chart("moves", "Who entered and left", labels, series, f"Day, {zone}", "People")


def _members(segment_id: int, unmasked: bool, may_open: bool) -> tuple[MemberShown, ...]:
    newest = queries.members(segment_id, limit=NEWEST).members
    labels = person_labels({member.profile_id for member in newest}, unmasked=unmasked)
    return tuple(
        MemberShown(labels[member.profile_id], member.since, _page(member.profile_id) if may_open else "")
        for member in newest
    )


def _page(profile_id: UUID) -> str:
    return f"{reverse('admin:profiles_profile_change', args=[profile_id])}?tab=segments"


def _versions(segment: Segment) -> tuple[VersionShown, ...]:
    rows = segment.versions.select_related("created_by").order_by("-version")[:VERSIONS]
    return tuple(
        VersionShown(row.version, _sentence(row.definition), row.created_at, str(row.created_by or "the service"))
        for row in rows
    )


def _sentence(definition: Any) -> str:
    try:
        return parse_rule(definition).sentence()
    except RuleError as error:
        return f"This rule cannot be read any more: {error.message}"
