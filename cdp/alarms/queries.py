"""Reads of alarms: what is open, worst first."""

from collections import Counter

from cdp.alarms.contracts import OpenAlarm
from cdp.alarms.models import Alarm


def open_alarms(limit: int = 100) -> list[OpenAlarm]:
    """What is wrong now: errors before warnings, the latest first."""
    rows = Alarm.objects.filter(cleared_at=None).order_by("level", "-last_at", "-pk")[:limit]
    return [
        OpenAlarm(
            row.pk,
            row.code,
            row.key,
            row.level,
            row.message,
            row.link,
            row.count,
            row.first_at,
            row.last_at,
            row.acknowledged_at is not None,
        )
        for row in rows
    ]


def open_counts() -> dict[str, int]:
    """How many alarms of each level are open, acknowledged or not."""
    found = Counter(Alarm.objects.filter(cleared_at=None).values_list("level", flat=True))
    return {level: found[level] for level in Alarm.Level.values}
