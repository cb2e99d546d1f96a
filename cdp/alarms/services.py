"""Raising and clearing. Both are one statement, safe inside the caller's transaction, and may be repeated at will.

A storm of raises is one row: while an alarm is open, raising it again within ten seconds touches nothing at all, not
even a lock, unless it got worse. A caller that rolls back has raised nothing.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection

from cdp.alarms.contracts import Level
from cdp.alarms.models import Alarm
from cdp.lib.clock import utc_now

LONGEST = 2_000
QUIET_S = 10
RAISE = """
INSERT INTO alarms_alarm AS old (code, key, level, message, link, count)
SELECT %(code)s, %(key)s, %(level)s, %(message)s, %(link)s, 1
WHERE NOT EXISTS (
  SELECT 1 FROM alarms_alarm WHERE code = %(code)s AND key = %(key)s AND cleared_at IS NULL
    AND (level = 'error' OR level = %(level)s) AND last_at > statement_timestamp() - make_interval(secs => %(quiet)s))
ON CONFLICT (code, key) DO UPDATE SET
  level = excluded.level, message = excluded.message, link = excluded.link,
  count = CASE WHEN old.cleared_at IS NULL THEN old.count + 1 ELSE 1 END,
  first_at = CASE WHEN old.cleared_at IS NULL THEN old.first_at ELSE excluded.first_at END,
  last_at = greatest(excluded.last_at, old.last_at),
  acknowledged_at = CASE WHEN old.cleared_at IS NULL THEN old.acknowledged_at END,
  acknowledged_by_id = CASE WHEN old.cleared_at IS NULL THEN old.acknowledged_by_id END,
  cleared_at = NULL
"""
CLEAR = "UPDATE alarms_alarm SET cleared_at = now() WHERE code = %s AND key = %s AND cleared_at IS NULL"
CLEAR_OTHERS = "UPDATE alarms_alarm SET cleared_at = now() WHERE code = %s AND key <> ALL(%s) AND cleared_at IS NULL"


def raise_alarm(code: str, key: str, message: str, *, level: Level = "warning", link: str = "") -> None:
    """Say that something is wrong. `key` tells apart what `code` watches many of; `message` also says how to mend it.

    `link` is a path of this service. Nothing personal may stand in any of them.
    """
    values: dict[str, Any] = {"code": code, "key": key, "level": level, "link": link, "quiet": QUIET_S}
    with connection.cursor() as cursor:
        cursor.execute(RAISE, values | {"message": message[:LONGEST]})


def clear_alarm(code: str, key: str) -> None:
    """Say that it is over; nothing where it was not open."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, [code, key])


def clear_others(code: str, standing: Collection[str]) -> None:
    """Say of everything this code watches that it is over, but for the keys that still stand."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAR_OTHERS, [code, sorted(standing)])


def acknowledge(alarm_ids: Iterable[int], by_id: int) -> int:
    """Note who looks after these open alarms, the first to say so. Returns how many were not looked after before."""
    waiting = Alarm.objects.filter(pk__in=list(alarm_ids), cleared_at=None, acknowledged_at=None)
    return waiting.update(acknowledged_at=utc_now(), acknowledged_by_id=by_id)
