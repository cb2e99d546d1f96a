"""What placements brought in the last seven days, as the list says it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Week:
    """Words for a line. `against`: how it does beside its holdout, "" without one."""

    impressions: str
    click_rate: str
    revenue: str
    against: str


def weeks(keys: Collection[str], now: datetime) -> dict[str, Week]:
    """{key: its week} of those that were seen at all."""
    return {}
