"""Counts each day's people from the log, in the background: a page never does.

The day so far is counted again and again, at most a hundredth of the time; a day that is over once more an hour after
its end, then never. Days are those of the company's zone.
"""

import time
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from cdp.lib.clock import utc_now
from cdp.lib.spans import midnight
from events.models import PeopleDay

DAYS_KEPT_TRUE = 62
DAYS_AT_ONCE = 31
LATEST_ARRIVALS = timedelta(hours=1)
SOONEST = timedelta(seconds=60)
COUNT = """
WITH seen AS (
    SELECT DISTINCT (e.occurred_at AT TIME ZONE %(zone)s)::date AS day, i.profile_id
    FROM events_event AS e JOIN profiles_identifier AS i ON i.id = e.identifier_id
    WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(end)s AND NOT i.is_shared
), counted AS (
    SELECT day, count(*) AS seen,
           count(*) FILTER (WHERE (p.first_seen_at AT TIME ZONE %(zone)s)::date = day) AS new
    FROM seen JOIN profiles_profile AS p ON p.id = seen.profile_id GROUP BY day
)
INSERT INTO events_peopleday (day, seen, new, counted_at, took_ms)
SELECT wanted.day, coalesce(seen, 0), coalesce(new, 0), %(now)s, 0
FROM unnest(%(days)s::date[]) AS wanted(day) LEFT JOIN counted USING (day)
ORDER BY wanted.day
ON CONFLICT (day) DO UPDATE SET seen = excluded.seen, new = excluded.new, counted_at = excluded.counted_at
"""


def count_people_slice(*, now: datetime | None = None) -> int:
    """Count the newest days that are due, 31 at most; returns how many. 0 = every day is as true as it can be."""
    now = now or utc_now()
    zone = settings.COMPANY_TIME_ZONE
    due = due_days(now, zone)
    if not due:
        return 0
    started = time.monotonic()
    for first, last in _runs(due):
        _count(first, last, zone, now)
    took_ms = round((time.monotonic() - started) * 1000)
    _note_effort(due, took_ms)
    return len(due)


@transaction.atomic
def _note_effort(days: list[date], took_ms: int) -> None:
    """Rows are locked in order of their days, as counting does: two that count at once take turns."""
    rows = PeopleDay.objects.filter(day__in=days)
    list(rows.select_for_update().order_by("day").values_list("day", flat=True))
    rows.update(took_ms=took_ms)


def due_days(now: datetime, zone: str) -> list[date]:
    """The days to count now, newest first."""
    today = _today(now, zone)
    known = {row.day: row for row in PeopleDay.objects.filter(day__gt=today - timedelta(days=DAYS_KEPT_TRUE))}
    days = [today - timedelta(days=n) for n in range(DAYS_KEPT_TRUE)]
    return [day for n, day in enumerate(days) if _is_due(known.get(day), n, now, zone)][:DAYS_AT_ONCE]


def _is_due(row: PeopleDay | None, days_ago: int, now: datetime, zone: str) -> bool:
    if row is None:
        return True
    if row.counted_at >= midnight(now, zone, days=1 - days_ago) + LATEST_ARRIVALS:
        return False
    return now - row.counted_at >= max(SOONEST, timedelta(milliseconds=100 * row.took_ms))


def _runs(days: list[date]) -> list[tuple[date, date]]:
    """Runs of days that follow each other, as (first, last): one statement each."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and runs[-1][1] + timedelta(days=1) == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _count(first: date, last: date, zone: str, now: datetime) -> None:
    today = _today(now, zone)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    params: dict[str, Any] = {
        "zone": zone,
        "start": midnight(now, zone, days=(first - today).days),
        "end": midnight(now, zone, days=(last - today).days + 1),
        "now": now,
        "days": days,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, params)


def _today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()
