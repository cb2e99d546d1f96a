"""Who was in a segment on a date, and how two dates differ: in on both, entered between, left between."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cdp.admin_person import past
from cdp.admin_segment import kept
from cdp.admin_segment.frame import Reader, find, page, reader_of
from cdp.admin_segment.people import PersonRow, people_rows
from cdp.lib.clock import utc_now
from segments.models import Segment
from segments.queries import history
from segments.queries.comparing_dates import ComparedDates, compared_dates
from segments.queries.history import BadCursor, CompareCounts, Part
from segments.queries.moves import moves_since

ROWS = 50
DAYS = 30
PARTS: dict[Part, tuple[str, str]] = {
    "entered": ("Entered between", "Nobody entered between the two."),
    "left": ("Left between", "Nobody left between the two."),
    "both": ("In it on both", "Nobody was in it on both."),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The people of one part; `more_url` shows the next of them, "" at the end."""

    key: str
    title: str
    count: int
    rows: tuple[PersonRow, ...]
    nobody: str
    more_url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The two instants, as typed and as meant, and what is wrong with them. `later` None: one date alone."""

    earlier: datetime
    later: datetime | None
    typed: tuple[str, str]
    problem: str = ""


@require_safe
def dates(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Two dates compared, or one alone where the second is left empty. Without a question: the last 30 days.

    What a large segment answers is loaded aside.
    """
    segment = find(request, segment_id)
    now = utc_now()
    asked = _asked(request, now)
    is_small = moves_since([segment.pk], asked.earlier)[segment.pk] is not None
    url = f"{reverse('segment-desk-part', args=[segment.pk, 'dates'])}?{request.GET.urlencode()}"
    context = {
        "asked": asked,
        "latest": _typed(now),
        "shortcuts": _shortcuts(now),
        "zone": timezone.get_current_timezone_name(),
        "part_url": "" if is_small or asked.problem else url,
        **(_answer(request, segment, asked) if is_small and not asked.problem else {}),
    }
    return page(request, "segments/dates.html", segment, "dates", context)


def answer(request: HttpRequest, segment: Segment, now: datetime) -> dict[str, Any]:
    """What `part_dates.html` shows, for a segment too large to be waited for."""
    asked = _asked(request, now)
    return {"asked": asked, **({} if asked.problem else _answer(request, segment, asked))}


def _answer(request: HttpRequest, segment: Segment, asked: Asked) -> dict[str, Any]:
    reader = reader_of(request)
    always = {"personal": reader.personal, "may_members": reader.members}
    if asked.later is None:
        return always | _alone(request, segment, asked.earlier, reader)
    return always | _compared(request, segment, asked, asked.later, reader)


def _asked(request: HttpRequest, now: datetime) -> Asked:
    zone = ZoneInfo(timezone.get_current_timezone_name())
    if "from" not in request.GET and "to" not in request.GET:
        typed = (_typed(now - timedelta(days=DAYS)), _typed(now))
    else:
        typed = (request.GET.get("from", "").strip(), request.GET.get("to", "").strip())
    earlier, problem = _instant(typed[0], zone, now)
    if earlier is None:
        return Asked(now, None, typed, problem or "Give the first date.")
    if not typed[1]:
        return Asked(earlier, None, typed)
    later, problem = _instant(typed[1], zone, now)
    if later is None:
        return Asked(earlier, None, typed, problem)
    if later < earlier:
        return Asked(later, earlier, (typed[1], typed[0]))
    return Asked(earlier, later, typed)


def _instant(typed: str, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, str]:
    """A day alone means its end, as in the charts; today means now."""
    found, problem = past.instant(typed, zone, now)
    return found, "That day lies in the future: choose today or a day before." if problem == past.FUTURE else problem


def _compared(request: HttpRequest, segment: Segment, asked: Asked, later: datetime, reader: Reader) -> dict[str, Any]:
    key = f"dates:{segment.pk}:{segment.version}:{timezone.get_current_timezone_name()}:{'/'.join(asked.typed)}"
    is_small = moves_since([segment.pk], asked.earlier)[segment.pk] is not None
    made = kept.figure(key, lambda: compared_dates(segment.pk, asked.earlier, later), utc_now(), anew=is_small)
    assert made is not None
    found: ComparedDates = made.value
    counts, only = found.counts, request.GET.get("show", "")
    shown = [part for part in PARTS if part == only] or list(PARTS)
    is_one = len(shown) == 1
    pages = {part: (found.few[part], "" if getattr(counts, part) > len(found.few[part]) else None) for part in shown}
    if is_one:
        pages = {shown[0]: _people(request, segment.pk, asked.earlier, later, shown[0])}
    if not reader.members:
        pages = dict.fromkeys(shown, ((), None))
    rows = people_rows([one for ids, _ in pages.values() for one in ids], reader, segment.pk)
    return {
        "counts": counts,
        "headline": _headline(counts),
        "before": counts.both + counts.left,
        "after": counts.both + counts.entered,
        "groups": [
            Group(
                part,
                PARTS[part][0],
                getattr(counts, part),
                tuple(rows[one] for one in pages[part][0]),
                PARTS[part][1],
                _more(request, segment, part, pages[part][1]),
            )
            for part in shown
        ],
        "only": only if is_one else "",
        "back_url": _more(request, segment, "", ""),
    }


def _people(
    request: HttpRequest, segment_id: int, earlier: datetime, later: datetime, part: Part
) -> tuple[tuple[UUID, ...], str | None]:
    cursor = request.GET.get("cursor") or None
    try:
        found = history.compared(segment_id, earlier, later, part, cursor=cursor, limit=ROWS)
    except BadCursor:
        found = history.compared(segment_id, earlier, later, part, limit=ROWS)
    return found.profile_ids, found.next_cursor


def _alone(request: HttpRequest, segment: Segment, at: datetime, reader: Reader) -> dict[str, Any]:
    count = history.count_at(segment.pk, at)
    try:
        found = history.members_at(segment.pk, at, cursor=request.GET.get("cursor") or None)
    except BadCursor:
        found = history.members_at(segment.pk, at)
    members = found.members if reader.members else ()
    rows = people_rows([member.profile_id for member in members], reader, segment.pk)
    return {
        "alone": True,
        "count": count,
        "rows": [(rows[member.profile_id], member.since) for member in members],
        "next": _more(request, segment, "", found.next_cursor) if members else "",
    }


def _headline(counts: CompareCounts) -> str:
    before, after = counts.both + counts.left, counts.both + counts.entered
    if not counts.entered and not counts.left:
        who = "Nobody" if not after else "the same person" if after == 1 else f"the same {after:,} people"
        return "Nobody was in it on either date." if not after else f"Nothing changed: {who} on both dates."
    difference = after - before
    sign = f"+{difference:,}, more" if difference > 0 else f"−{-difference:,}, fewer" if difference else "as many"
    return f"{counts.entered:,} entered and {counts.left:,} left: {before:,} then, {after:,} later ({sign})."


def _more(request: HttpRequest, segment: Segment, part: str, cursor: str | None) -> str:
    """The page that shows one part whole, from a cursor on; "" where there is no more."""
    if cursor is None:
        return ""
    query = {name: request.GET[name] for name in ("from", "to") if name in request.GET}
    query |= {"show": part} if part else {}
    query |= {"cursor": cursor} if cursor else {}
    return f"{reverse('segment-desk-dates', args=[segment.pk])}?{urlencode(query)}"


def _shortcuts(now: datetime) -> list[tuple[str, str]]:
    """Usual questions: (words, query)."""
    return [
        (words, "?" + urlencode({"from": _typed(now - timedelta(days=days)), "to": _typed(now)}))
        for words, days in (
            ("Since yesterday", 1),
            ("Since a week ago", 7),
            ("Since 30 days ago", 30),
            ("Since a year ago", 365),
        )
    ]


def _typed(instant: datetime) -> str:
    return timezone.localtime(instant).strftime("%Y-%m-%d")
