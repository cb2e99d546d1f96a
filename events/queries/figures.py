"""Figures for charts, from counters: no query here reads the log."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from cdp.lib import bulk_sql
from cdp.lib.spans import Span
from events.models import PeopleDay, SourceDay

EVENTS = """
SELECT date_trunc(%s::text, starts_at AT TIME ZONE %s::text), sum(events)::bigint FROM events_quarterhour
WHERE starts_at >= %s::timestamptz AND starts_at < %s::timestamptz GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class PeopleOfDay:
    """People who did something on a day, how many of them for the first time, and when that was counted."""

    seen: int
    new: int
    counted_at: datetime


def events_by_bucket(span: Span) -> dict[datetime, int]:
    """{local start of a bucket: events that happened in it}, in whole quarters of an hour; empty buckets are absent."""
    return dict(bulk_sql.fetch(EVENTS, [span.unit, span.zone, span.start, span.end]))


def people_by_day(first: date, last: date) -> dict[date, PeopleOfDay]:
    """{day of the company's zone: its people} from first to last, both included; days not counted are absent."""
    rows = PeopleDay.objects.filter(day__range=(first, last)).values_list("day", "seen", "new", "counted_at")
    return {day: PeopleOfDay(seen, new, counted_at) for day, seen, new, counted_at in rows}


def rejected_by_day(first: date, last: date) -> int:
    """Events received on these days (UTC, both included) that went to quarantine."""
    found = SourceDay.objects.filter(day__range=(first, last)).aggregate(total=Sum("rejected"))["total"]
    return found or 0
