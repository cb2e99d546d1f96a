"""Exposures of browsers we had never heard of: their identifier is written down once their first event came.

An exposure knows the hash of its unit alone. Identifiers first seen since are hashed the same way and held against it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from cdp.lib import bulk_sql
from cdp.lib.hashing import address_hash, identifier_hash
from experiments.queries.units import unit_hash
from profiles.models import Identifier

Report = Callable[[int, int, str], object]
CHUNK = 20_000
SLACK = timedelta(days=2)
"""An exposure may be told of long after the answer, when the browser's events are here already."""
NAMELESS = """
SELECT min(exposed_at), count(*) FROM experiments_exposure
WHERE experiment_id = %s::bigint AND identifier_id IS NULL AND exposed_at <= %s::timestamptz
"""
KNOW = """
UPDATE experiments_exposure AS e SET identifier_id = known.id FROM unnest(%s::bytea[], %s::bigint[]) AS known(hash, id)
WHERE e.experiment_id = %s::bigint AND e.unit_hash = known.hash AND e.identifier_id IS NULL
"""


def recognize(experiment_id: int, now: datetime, report: Report) -> int:
    """Write down whose these exposures are, as far as it is known by now; how many were found."""
    first, nameless = bulk_sql.fetch(NAMELESS, [experiment_id, now])[0]
    if not nameless:
        return 0
    # By when we heard of it: its first event may tell of long ago.
    rows = Identifier.objects.filter(created_at__gte=first - SLACK).values_list("id", "kind", "value")
    found, last = 0, 0
    while found < nameless and (part := list(rows.filter(id__gt=last).order_by("id")[:CHUNK])):
        report(found, nameless, "recognizing browsers that were new when they met it")
        hashes = [unit_hash(identifier_hash(kind, value)) for _, kind, value in part]
        ids = [pk for pk, _, _ in part]
        mails = [(unit_hash(address_hash(value)), pk) for pk, kind, value in part if kind == "email"]
        hashes += [hashed for hashed, _ in mails]
        ids += [pk for _, pk in mails]
        found += bulk_sql.execute(KNOW, [hashes, ids, experiment_id])
        last = part[-1][0]
    return found
