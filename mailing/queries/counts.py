"""How much marketing mail addresses were given, by whomever, and by which policy mail goes out."""

from collections.abc import Collection
from datetime import datetime, timedelta

from cdp.lib import bulk_sql
from mailing.deciding import Rules
from mailing.models import Message, Policy

DAY, WEEK = timedelta(days=1), timedelta(days=7)
HANDED = list(Message.HANDED)
GIVEN = """
SELECT address_hash, count(*) FILTER (WHERE sending_at > %s::timestamptz), count(*) FROM mailing_message
WHERE address_hash = ANY(%s::bytea[]) AND sending_at > %s::timestamptz AND kind = 'marketing' AND channel = %s::text
  AND state = ANY(%s::text[]) GROUP BY 1
"""


def given(addresses: Collection[bytes], now: datetime, *, channel: str = "email") -> dict[bytes, tuple[int, int]]:
    """{address hash: marketing messages handed over (or perhaps) in the last 24 hours, in the last 7 days}."""
    if not addresses:
        return {}
    rows = bulk_sql.fetch(GIVEN, [now - DAY, list(addresses), now - WEEK, channel, HANDED])
    return {bytes(address): (today, this_week) for address, today, this_week in rows}


def last_handed_at(addresses: Collection[bytes]) -> dict[bytes, datetime]:
    """{address hash: when a marketing mail was last handed over, or perhaps} of those that were given one."""
    statement = """SELECT address_hash, max(sending_at) FROM mailing_message WHERE address_hash = ANY(%s::bytea[])
        AND sending_at IS NOT NULL AND kind = 'marketing' AND state = ANY(%s::text[]) GROUP BY 1"""
    return {bytes(address): at for address, at in bulk_sql.fetch(statement, [list(addresses), HANDED])}


def policy() -> Policy:
    """How mail goes out: the one row, or the defaults where nobody set anything."""
    return Policy.objects.filter(pk=1).first() or Policy()


def rules_of(found: Policy) -> Rules:
    """What the decision takes of it."""
    return Rules(
        cap_per_day=found.cap_per_day,
        cap_per_week=found.cap_per_week,
        quiet_from_hour=found.quiet_from_hour,
        quiet_to_hour=found.quiet_to_hour,
        is_stopped=found.stopped_at is not None,
    )
