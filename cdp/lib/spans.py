"""A span of time cut into hours or days of a zone, for figures and charts. Pure: no clock, no database.

A bucket is named by its local start, without a zone: on the day the clocks go back two hours share one bucket.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR, DAY = "hour", "day"


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end), aware instants, cut into `unit`s ("hour" or "day") of `zone`."""

    start: datetime
    end: datetime
    unit: str
    zone: str

    def buckets(self) -> list[datetime]:
        """The local starts of every bucket that the span touches, oldest first."""
        first, last = self.bucket_of(self.start), self.bucket_of(self.end - timedelta(microseconds=1))
        step = timedelta(hours=1) if self.unit == HOUR else timedelta(days=1)
        return [first + n * step for n in range(int((last - first) / step) + 1)] if self.start < self.end else []

    def bucket_of(self, instant: datetime) -> datetime:
        """The local start of the bucket in which an instant lies."""
        local = instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return local.replace(minute=0, second=0, microsecond=0, hour=local.hour if self.unit == HOUR else 0)

    def back(self, *, days: int) -> "Span":
        """The same wall-clock span so many days earlier."""
        return Span(shifted(self.start, -days, self.zone), shifted(self.end, -days, self.zone), self.unit, self.zone)


def midnight(instant: datetime, zone: str, *, days: int = 0) -> datetime:
    """The start of the day in `zone` in which `instant` lies, or of the day so many days later; in UTC."""
    local = instant.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return (local + timedelta(days=days)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shifted(instant: datetime, days: int, zone: str) -> datetime:
    """The same wall-clock time so many days later; in UTC."""
    local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return (local + timedelta(days=days)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
