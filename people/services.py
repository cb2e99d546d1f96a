"""Writes of people: reads by server keys are counted; shipped computed traits are put in place."""

from datetime import datetime

from cdp.lib import bulk_sql
from people.figures import SHIPPED, Definition
from people.models import ComputedTrait

# The commit is not waited for: a count lost with the machine's power is no harm, and a reader never waits for a disk.
COUNT = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO people_keyreads AS old (key_id, day, reads, last_at)
SELECT %s::bigint, (%s::timestamptz AT TIME ZONE 'UTC')::date, 1, %s::timestamptz FROM quick
ON CONFLICT (key_id, day) DO UPDATE SET reads = old.reads + 1, last_at = greatest(old.last_at, excluded.last_at)
"""


def count_read(key_id: int, now: datetime) -> None:
    """A server key got an answer about a person."""
    bulk_sql.execute(COUNT, [key_id, now, now])


def ship(definitions: tuple[Definition, ...] = SHIPPED) -> int:
    """Put back shipped computed traits that are missing; what staff changed stays. How many were."""
    known = set(ComputedTrait.objects.values_list("name", flat=True))
    missing = [
        ComputedTrait(
            name=one.name,
            label=one.label,
            description=one.description,
            kind=one.kind,
            over=one.over,
            event=one.event,
            property=one.path,
            by_currency=one.by_currency,
            filters=dict(one.filters),
            window_days=one.window_days,
            how_many=one.how_many,
        )
        for one in definitions
        if one.name not in known
    ]
    return len(ComputedTrait.objects.bulk_create(missing, ignore_conflicts=True))
