"""The periods of the home page: today, 7 days, 30 days; each with what it is compared with. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cdp.admin_home.charts import day_label, hour_label
from cdp.lib.spans import DAY, HOUR, Span, midnight

T = TypeVar("T")
TODAY, WEEK, MONTH = "today", "7d", "30d"
CHOICES = ((TODAY, "Today"), (WEEK, "7 days"), (MONTH, "30 days"))
_DAYS = {TODAY: 1, WEEK: 7, MONTH: 30}


@dataclass(frozen=True, slots=True)
class Period:
    """`whole`: the span of the chart's axis; `so_far`: its part until now; the two `before` are what they compare with.

    `than`: that in words, for figures so far. `before_name`: for the chart's line.
    """

    key: str
    days: int
    whole: Span
    so_far: Span
    before: Span
    before_so_far: Span
    than: str
    before_name: str
    words: str

    @property
    def labels(self) -> list[str]:
        """The axis."""
        label: Callable[[datetime], str] = hour_label if self.whole.unit == HOUR else day_label
        return [label(bucket) for bucket in self.whole.buckets()]

    def values(self, found: Mapping[datetime, T], nothing: T) -> list[T | None]:
        """A value a bucket of the axis: `nothing` where none was found, None where it is still to come."""
        last = self.whole.bucket_of(self.so_far.end)
        return [found.get(bucket, nothing) if bucket <= last else None for bucket in self.whole.buckets()]

    def values_before(self, found: Mapping[datetime, T], nothing: T) -> list[T | None]:
        """The same for the period before, bucket by bucket."""
        values: Sequence[T | None] = [found.get(bucket, nothing) for bucket in self.before.buckets()]
        size = len(self.whole.buckets())
        return [*values[:size], *[None] * (size - len(values))]


def period(key: str, now: datetime, zone: str) -> Period:
    """The period with this key as it stands now in `zone`; an unknown key is today."""
    key = key if key in _DAYS else TODAY
    days = _DAYS[key]
    back = 7 if key == TODAY else days
    unit = HOUR if key == TODAY else DAY
    start = midnight(now, zone, days=1 - days)
    whole = Span(start, midnight(now, zone, days=1), unit, zone)
    so_far = Span(start, now, unit, zone)
    weekday = f"{whole.buckets()[-1]:%A}"
    than = f"last {weekday} by this time" if key == TODAY else f"in the {days} days before"
    name = f"Last {weekday}" if key == TODAY else f"The {days} days before"
    words = "today" if key == TODAY else f"in {days} days"
    return Period(key, days, whole, so_far, whole.back(days=back), so_far.back(days=back), than, name, words)
