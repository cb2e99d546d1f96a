"""How a segment's size came about in a period that the reader chose, as charts with their takeaways."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cdp.admin_home.charts import Chart, Series, change, day_label, spoken
from cdp.lib.spans import DAY, Span, midnight
from segments.models import Segment
from segments.queries.size_history import SizeOfBucket, sizes_over

PERIODS = (7, 30, 90, 365)
USUAL = 30
DAYS_BY_WEEK = 90
"""Longer periods are told by week: a bar a day would be narrower than a pixel on a phone."""


@dataclass(frozen=True, slots=True)
class History:
    """Two charts, each under a heading that says what it shows."""

    size_title: str
    moves_title: str
    size_chart: Chart
    moves_chart: Chart


def days_of(text: str) -> int:
    """The period asked for; the usual one for what is none."""
    return int(text) if text in {str(days) for days in PERIODS} else USUAL


def span_of(days: int, now: datetime, zone: str) -> Span:
    """So many days of the zone, today among them, until now."""
    return Span(midnight(now, zone, days=1 - days), now + timedelta(microseconds=1), DAY, zone)


def history(segment: Segment, span: Span, days: int) -> History:
    """The period's charts. Days before the segment was made are gaps, not zeros."""
    rows = sizes_over(segment.pk, span)
    made = span.bucket_of(segment.created_at)
    entered, left = sum(row.entered for row in rows), sum(row.left for row in rows)
    by_week = days > DAYS_BY_WEEK
    shown = _weeks(rows) if by_week else rows
    unit = f"{'Week from' if by_week else 'Day'}, {span.zone}"
    labels = [f"{row.bucket:%-d %b %Y}" if by_week else day_label(row.bucket) for row in shown]
    sizes = [row.size if row.bucket >= made or row.size else None for row in shown]
    ends = "week's end" if by_week else "day's end"
    return History(
        _size_title(rows, made, days),
        f"{spoken(entered)} entered and {spoken(left)} left in {days} days",
        Chart(
            "size",
            f"How many were in it at each {ends}",
            labels,
            [Series(f"In it at the {ends}", sizes, "size", is_line=days > USUAL)],
            unit,
            "People",
        ),
        Chart(
            "moves",
            "Who entered and left",
            labels,
            [
                Series("Entered", [row.entered for row in shown], "entered"),
                Series("Left", [row.left for row in shown], "left"),
            ],
            unit,
            "People",
        ),
    )


def _size_title(rows: Sequence[SizeOfBucket], made: datetime, days: int) -> str:
    if not rows:
        return "Size"
    first, now = rows[0], rows[-1].size
    if made > first.bucket:
        return f"{spoken(now)} now; made on {made:%-d %b %Y}"
    before = first.size - first.entered + first.left
    return f"{spoken(now)} now: {change(now, before, f'{days} days ago')}"


def _weeks(rows: Sequence[SizeOfBucket]) -> list[SizeOfBucket]:
    """Days joined into weeks that begin on Monday."""
    found: dict[datetime, SizeOfBucket] = {}
    for row in rows:
        monday = row.bucket - timedelta(days=row.bucket.weekday())
        known = found.get(monday)
        entered, left = (known.entered, known.left) if known else (0, 0)
        found[monday] = SizeOfBucket(monday, entered + row.entered, left + row.left, row.size)
    return list(found.values())
