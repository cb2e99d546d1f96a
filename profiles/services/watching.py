"""The watch over identity: merge storms, profiles that swallow others, identifiers that many share, walks given up.

Every minute, from the journal and two small indexes; four alarms, each with what to do. The thresholds are few and high
enough for a shop that goes about its business; docs/identity.md argues them.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.urls import NoReverseMatch, reverse

from cdp.alarms.queries import open_alarms
from cdp.alarms.services import clear_alarm, clear_others, raise_alarm
from cdp.lib.clock import utc_now
from profiles.models import Identifier
from profiles.rules_in_force import rules_now
from profiles.services import neighborhoods, rows

STORM, SWALLOWED, SHARED = "identity.merge_storm", "identity.swallowed", "identity.shared"
OVERSIZED = neighborhoods.OVERSIZED
MOST_MERGES_AN_HOUR = 1_000
TIMES_THE_USUAL = 5
USUAL_DAYS = 7
UNKNOWN_USUAL = 200
"""Profiles an hour taken as usual while the journal is younger than a day: a shop that fills up merges much."""
MOST_SWALLOWED_A_DAY = 50
MANY_PEOPLE = 20
MOST_NAMED = 10
MERGED = """SELECT coalesce(sum(cardinality(others)) FILTER (WHERE at > %s), 0),
    coalesce(sum(cardinality(others)) FILTER (WHERE at <= %s), 0), min(at)
FROM profiles_identitychange WHERE kind = 'merged' AND cause = 'events' AND at > %s"""
HUNGRY = """SELECT profile_id, sum(cardinality(others)) FROM profiles_identitychange
WHERE kind = 'merged' AND cause = 'events' AND at > %s
GROUP BY profile_id HAVING sum(cardinality(others)) > %s ORDER BY 2 DESC, 1 LIMIT %s"""


class Rate(NamedTuple):
    """Profiles that went into others: in the last hour, and in a usual one."""

    last_hour: int
    usual: float

    @property
    def is_storm(self) -> bool:
        """Whether this is far beyond what is usual, and many."""
        return self.last_hour > max(MOST_MERGES_AN_HOUR, TIMES_THE_USUAL * self.usual)


def watch_slice() -> int:
    """Look once, raise and clear. Returns 0: nothing is left to do until the next time."""
    now = utc_now()
    _watch_storm(now)
    _watch_swallowing(now)
    _watch_shared()
    _watch_oversized()
    return 0


def merge_rate(now: datetime) -> Rate:
    """How many profiles merge by events, and how many usually do in an hour."""
    hour_ago, week_ago = now - timedelta(hours=1), now - timedelta(days=USUAL_DAYS, hours=1)
    last, before, oldest = rows.fetch(MERGED, [hour_ago, hour_ago, week_ago])[0]
    hours = (hour_ago - oldest) / timedelta(hours=1) if oldest else 0.0
    return Rate(int(last), UNKNOWN_USUAL if hours < 24 else float(before) / hours)


def _watch_storm(now: datetime) -> None:
    rate = merge_rate(now)
    if not rate.is_storm:
        clear_alarm(STORM, "")
        return
    raise_alarm(
        STORM,
        "",
        f"{rate.last_hour:,} profiles merged within an hour; usual are {rate.usual:,.0f}. If a history is being"
        " imported, that is expected. Else a value that names nobody may join strangers: look at the newest merges,"
        " then block the value in the identity rules.",
        link=_url("admin:profiles_ruleset_changelist"),
    )


def _watch_swallowing(now: datetime) -> None:
    found: dict[str, int] = {}
    for profile_id, count in rows.fetch(HUNGRY, [now - timedelta(days=1), MOST_SWALLOWED_A_DAY, MOST_NAMED]):
        found[str(profile_id)] = int(count)
        raise_alarm(
            SWALLOWED,
            str(profile_id),
            f"One person took in {int(count):,} other profiles within a day. Look whether it is one person; if not,"
            " split them there, and block the identifier they have in common.",
            link=_url("admin:profiles_profile_change", profile_id),
        )
    clear_others(SWALLOWED, list(found))


def _watch_shared() -> None:
    rules = rules_now()
    rows_found = Identifier.objects.filter(is_shared=True, degree__gt=MANY_PEOPLE).order_by("-degree", "pk")
    standing = [row for row in rows_found[: MOST_NAMED * 2] if not rules.is_blocked(row.kind, row.value)][:MOST_NAMED]
    for row in standing:
        raise_alarm(
            SHARED,
            str(row.pk),
            f"A {row.kind.replace('_', ' ')} was seen with {row.degree:,} people and belongs to nobody. A kiosk or a"
            " family's address is fine: acknowledge this. A value that means nothing is better blocked.",
            link=_url("admin:profiles_ruleset_shared"),
        )
    clear_others(SHARED, [str(row.pk) for row in standing])


def _watch_oversized() -> None:
    """Given up by the walk; over when a walk from there ends again, as after a value was blocked."""
    for alarm in open_alarms():
        if alarm.code == OVERSIZED and not _is_oversized(alarm.link):
            clear_alarm(OVERSIZED, alarm.key)


def _is_oversized(link: str) -> bool:
    found = next((int(part) for part in link.split("/") if part.isdigit()), None)
    if found is None or not rows.load([found]):
        return False
    limit = neighborhoods.MAX_WALK
    return len(rows.reach([found], shared=(), limit=limit + 1)) > limit


def _url(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
