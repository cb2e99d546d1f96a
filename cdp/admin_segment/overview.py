"""A segment's overview: size over time, of whom it is made, the newest members. What takes long is loaded aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cdp.admin_home.charts import spoken
from cdp.admin_segment import dates, kept
from cdp.admin_segment.frame import (
    MEMBERS,
    SEE,
    Reader,
    change_words,
    count_words,
    find,
    must,
    page,
    reader_of,
    week_of,
)
from cdp.admin_segment.history import PERIODS, History, days_of, history, span_of
from cdp.admin_segment.people import PersonRow, people_rows
from cdp.admin_segment.shares import breakdowns
from cdp.admin_segment.uses import uses_of
from cdp.lib.clock import utc_now
from consent.reasons import reason_words
from lake.contracts import QueryError
from segments import queries
from segments.models import Segment
from segments.queries.composing import composition
from segments.queries.member_pages import member_page
from segments.queries.moves import moves_since

NEWEST = 10
MOST_ASKED = 200_000
BUSY = "Another question to the lake is being answered. Trying again…"


@dataclass(frozen=True, slots=True)
class Newest:
    """One of the newest members."""

    person: PersonRow
    since: datetime


@require_safe
def overview(request: HttpRequest, segment_id: int) -> HttpResponse:
    """The first tab."""
    segment = find(request, segment_id)
    now, reader = utc_now(), reader_of(request)
    days = days_of(request.GET.get("days", ""))
    span = span_of(days, now, timezone.get_current_timezone_name())
    counted = moves_since([segment.pk], span.start)[segment.pk]
    is_live = segment.state == Segment.State.LIVE
    context = {
        "periods": [(each, f"?days={each}", each == days) for each in PERIODS],
        "days": days,
        "history": history(segment, span, days) if counted else None,
        "history_url": f"{_part(segment, 'history')}?days={days}",
        "composition_url": _part(segment, "composition") if is_live else "",
        "consent": _consent(segment, now) if counted and is_live else None,
        "consent_url": _part(segment, "consent") if is_live else "",
        "newest": _newest(segment.pk, reader) if is_live else (),
        "may_members": request.user.has_perm(MEMBERS),
        "uses": uses_of(segment)[:5],
        "audit_url": _audit_url(request, segment),
    }
    return page(request, "segments/overview.html", segment, "overview", context)


@require_safe
def part(request: HttpRequest, segment_id: int, what: str) -> HttpResponse:
    """A piece of the page that takes longer than a page may: HTML, or 503 while the lake answers somebody else."""
    must(request, SEE)
    segment = find(request, segment_id)
    build = PARTS.get(what)
    if build is None:
        raise Http404("There is no such part.")
    try:
        context = build(request, segment, utc_now())
    except queries.PreviewBusyError:
        return HttpResponse(BUSY, status=503, headers={"Retry-After": "2"}, content_type="text/plain")
    except QueryError as error:
        return TemplateResponse(request, "segments/part_failed.html", {"error": str(error)})
    return TemplateResponse(request, f"segments/part_{what}.html", {"segment": segment, **context})


def _count(request: HttpRequest, segment: Segment, now: datetime) -> dict[str, Any]:
    found = week_of(segment, now)
    return {"count": count_words(segment, found), "change": change_words(segment, found, now)}


def _history(request: HttpRequest, segment: Segment, now: datetime) -> dict[str, Any]:
    days, zone = days_of(request.GET.get("days", "")), timezone.get_current_timezone_name()

    def make() -> History:
        return history(segment, span_of(days, now, zone), days)

    found = kept.figure(f"history:{segment.pk}:{days}:{zone}", make, now)
    assert found is not None
    return {"history": found.value, "as_of": found.at}


def _composition(request: HttpRequest, segment: Segment, now: datetime) -> dict[str, Any]:
    anew = "anew" in request.GET
    key = f"composition:{segment.pk}:{segment.version}"
    found = kept.figure(key, lambda: composition(segment.pk, now), now, anew=anew)
    assert found is not None
    return {
        "tables": breakdowns(found.value),
        "members": found.value.members,
        "everybody": found.value.everybody,
        "as_of": found.value.as_of or found.at,
        "again_url": f"{_part(segment, 'composition')}?anew=1",
    }


def _consent(segment: Segment, now: datetime) -> dict[str, Any]:
    """How many are in it and may not be addressed, in words, and why."""
    if segment.purpose is None:
        return {"words": "It has no purpose: nobody is asked whether they may be addressed.", "reasons": ()}
    label = segment.purpose.label
    if moves_since([segment.pk], now, most=MOST_ASKED)[segment.pk] is None:
        words = f"Whoever does not allow “{label}” is left out when it is used; too many to be counted on this page."
        return {"words": words, "reasons": ()}
    found = queries.activation(segment, now)
    if not found.people:
        return {"words": "", "reasons": ()}
    if not found.refusing:
        return {"words": f"All of them may be addressed for “{label}”.", "reasons": ()}
    if found.refusing == found.people:
        words = f"None of them may be addressed for “{label}”."
    else:
        words = f"{spoken(found.refusing)} of them may not be addressed for “{label}”."
    reasons = sorted(found.refused.items(), key=lambda one: (-one[1], one[0]))
    return {"words": words, "reasons": [f"{spoken(count)}: {reason_words(code)}" for code, count in reasons]}


def _consent_part(request: HttpRequest, segment: Segment, now: datetime) -> dict[str, Any]:
    return {"consent": _consent(segment, now)}


def _newest(segment_id: int, reader: Reader) -> tuple[Newest, ...]:
    if not reader.members:
        return ()
    found = member_page(segment_id, limit=NEWEST).members
    people = people_rows([member.profile_id for member in found], reader, segment_id)
    return tuple(Newest(people[member.profile_id], member.since) for member in found)


def _audit_url(request: HttpRequest, segment: Segment) -> str:
    may = request.user.has_perm("access.view_auditentry")
    return f"{reverse('admin:access_auditentry_changelist')}?q=segment:{segment.pk}" if may else ""


def _part(segment: Segment, what: str) -> str:
    return reverse("segment-desk-part", args=[segment.pk, what])


PARTS = {
    "count": _count,
    "history": _history,
    "composition": _composition,
    "consent": _consent_part,
    "dates": dates.answer,
}
