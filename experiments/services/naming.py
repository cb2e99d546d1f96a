"""Exposures of browsers that were unknown when they met an experiment learn their identifier once it is known."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Min

from cdp.lib import bulk_sql
from cdp.lib.hashing import identifier_hash
from experiments.models import Exposure
from experiments.queries.units import unit_hash

PAGE = 5_000
SOONER = timedelta(hours=1)
"""An identifier may be a little older than an exposure without its name, which was on its way meanwhile."""
NEWER = """
SELECT id, kind, value FROM profiles_identifier
WHERE created_at >= %s::timestamptz AND id > %s::bigint ORDER BY id LIMIT %s::bigint
"""
NAME = """
UPDATE experiments_exposure AS e SET identifier_id = known.id
FROM unnest(%s::bytea[], %s::bigint[]) AS known(unit_hash, id)
WHERE e.experiment_id = %s::bigint AND e.unit_hash = known.unit_hash AND e.identifier_id IS NULL
"""


def name_exposures(experiment_id: int) -> int:
    """Give the experiment's nameless exposures their identifiers, where these are known by now; how many."""
    nameless = Exposure.objects.filter(experiment_id=experiment_id, identifier_id=None)
    since = nameless.aggregate(first=Min("exposed_at"))["first"]
    if since is None:
        return 0
    named = 0
    for ids, hashes in _pages(since - SOONER):
        named += bulk_sql.execute(NAME, [hashes, ids, experiment_id])
    return named


def _pages(since: object) -> Iterator[tuple[list[int], list[bytes]]]:
    last = 0
    while rows := bulk_sql.fetch(NEWER, [since, last, PAGE]):
        yield [row[0] for row in rows], [unit_hash(identifier_hash(kind, value)) for _, kind, value in rows]
        last = rows[-1][0]
