"""Counters a source: what was received and what became of it, by day and over days, and what looks wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Sum

from cdp.lib import bulk_sql
from events.models import Inbox, Source, SourceDay
from events.queries.sources import source_names

SHARE = 0.05
MOST_UNNOTICED = 20
USUAL_DAYS = 7
DAYS_LOOKED_AT = 40
NAMES = ("received", "accepted", "duplicates", "rejected", "refused", "conflicts", "violations", "bots")
REJECTED = """
SELECT source_id, count(*) FROM events_rejectedevent WHERE rejected_at >= %s AND received_at >= %s
GROUP BY 1 HAVING count(*) > %s
"""
# At most twenty times as many requests are read as were rejected: that many settle the question.
RECEIVED = """
SELECT coalesce(sum(items), 0) FROM (
  SELECT items FROM events_inbox WHERE source_id = %s AND received_at >= %s
    AND id >= coalesce((SELECT id FROM events_inbox WHERE received_at >= %s ORDER BY received_at LIMIT 1), 0)
  ORDER BY id DESC LIMIT %s) AS latest
"""
# In one statement, hence of one instant: a request is done and counted in one transaction. One worked item by item is
# counted on the way, one sent out of quarantine never, and one that goes through again was counted before.
SUMS = """
SELECT source_id, day, items, coalesce(received, 0) FROM (
  SELECT source_id, (received_at AT TIME ZONE 'UTC')::date AS day,
    coalesce(sum(items) FILTER (WHERE (done_at IS NOT NULL OR facts->>'replay' = 'range')
      AND facts->>'replay' IS DISTINCT FROM 'item' AND NOT facts ? 'sent_again'), 0) AS items
  FROM events_inbox WHERE received_at >= %s AND received_at < %s
  GROUP BY 1, 2 HAVING NOT bool_or(done_at IS NULL AND facts ? 'next_index')) AS held
LEFT JOIN events_sourceday USING (source_id, day)
WHERE items <> coalesce(received, 0) ORDER BY 1, 2
"""
STALLED = """
WITH first_open AS (
  SELECT id, coalesce((facts->>'queued_at')::timestamptz, received_at) AS queued_at
  FROM events_inbox WHERE done_at IS NULL ORDER BY lane, id LIMIT 1)
SELECT extract(epoch FROM statement_timestamp() - first_open.queued_at),
  extract(epoch FROM statement_timestamp() - (SELECT max(done_at) FROM (
    SELECT done_at FROM events_inbox WHERE id < first_open.id + 1000 AND done_at IS NOT NULL
    ORDER BY id DESC LIMIT 2000) AS before))
FROM first_open
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was received, and what became of it. The last three are parts of others: of duplicates and of accepted."""

    received: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    refused: int = 0
    conflicts: int = 0
    violations: int = 0
    bots: int = 0

    @property
    def adds_up(self) -> bool:
        """received = accepted + duplicates + rejected + refused."""
        return self.received == self.accepted + self.duplicates + self.rejected + self.refused


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A day of a source whose requests hold another number of events than were counted."""

    source_id: int
    day: date
    held: int
    counted: int


def by_source(first: date, last: date) -> dict[int, Counts]:
    """{source id: its counts} over the days of receipt (UTC) from first to last, both included."""
    rows = SourceDay.objects.filter(day__range=(first, last))
    sums = rows.values_list("source_id").annotate(*(Sum(name) for name in NAMES)).order_by("source_id")
    return {source_id: Counts(*counts) for source_id, *counts in sums}


def by_day(first: date, last: date, source_id: int | None = None) -> dict[date, Counts]:
    """{day of receipt (UTC): counts} of one source or of all; days without any are absent."""
    rows = SourceDay.objects.filter(day__range=(first, last))
    if source_id is not None:
        rows = rows.filter(source_id=source_id)
    sums = rows.values_list("day").annotate(*(Sum(name) for name in NAMES)).order_by("day")
    return {day: Counts(*counts) for day, *counts in sums}


def much_rejected(now: datetime) -> dict[int, tuple[int, int]]:
    """{source id: (rejected, received)} of the last hour, where more than 20 and more than 5 % were rejected."""
    since = now - timedelta(hours=1)
    found = {}
    for source_id, rejected in bulk_sql.fetch(REJECTED, [since, since, MOST_UNNOTICED]):
        enough = int(rejected / SHARE) + 1
        with connection.cursor() as cursor:
            cursor.execute(RECEIVED, [source_id, since, since, enough])
            received = int(cursor.fetchone()[0])
        if rejected > SHARE * received:
            found[source_id] = (rejected, max(rejected, received))
    return found


def fell_silent(now: datetime) -> dict[int, datetime | None]:
    """{source id: when it last sent} of sources that sent on each of seven days and then nothing for a day."""
    sources = Source.objects.filter(enabled=True).exclude(kind=Source.Kind.IMPORT).values_list("pk", flat=True)
    rows = SourceDay.objects.filter(day__gte=now.date() - timedelta(days=DAYS_LOOKED_AT), received__gt=0)
    days: dict[int, set[date]] = {}
    for source_id, day in rows.values_list("source_id", "day"):
        days.setdefault(source_id, set()).add(day)
    found: dict[int, datetime | None] = {}
    for source_id in sources:
        sent_on = days.get(source_id, set())
        if not sent_on or max(sent_on) >= now.date() or not _is_usual(sent_on):
            continue
        last = Inbox.objects.filter(source_id=source_id).order_by("-pk").values_list("received_at", flat=True).first()
        if last is None or last <= now - timedelta(days=1):
            found[source_id] = last
    return found


def mismatches(first: datetime, last: datetime) -> list[Mismatch]:
    """Where counters and raw requests disagree, of the days of receipt between two midnights (UTC)."""
    return [Mismatch(*row) for row in bulk_sql.fetch(SUMS, [first, last])]


def stalled() -> tuple[float, float | None] | None:
    """(age of the request that is due next, seconds since one about its place was done); None when nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute(STALLED)
        row = cursor.fetchone()
    if row is None:
        return None
    return max(0.0, float(row[0])), None if row[1] is None else max(0.0, float(row[1]))


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """{source id: its name}; those that are gone by their number."""
    named = source_names()
    return {source_id: named.get(source_id, f"#{source_id}") for source_id in set(ids)}


def _is_usual(sent_on: set[date]) -> bool:
    last = max(sent_on)
    return all(last - timedelta(days=back) in sent_on for back in range(USUAL_DAYS))
