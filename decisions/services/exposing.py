"""What somebody saw: a decision's first exposure, and by it the first exposure to its experiment."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cdp.lib import bulk_sql
from decisions.contracts import Browser, Seen, Taken
from experiments.contracts import SeenAnswer
from experiments.services.exposing import note_seen

# The first time counts, whoever tells it; no sooner than the decision itself. A browser that was not known when it was
# decided is known by now: outcomes are found by its identifier. Nobody's decision is given another's.
# Rows are locked in the order of their ids, so that two who tell of the same at once wait and do not block each other.
EXPOSE = """
WITH ours AS MATERIALIZED (
  SELECT id FROM decisions_decision WHERE id = ANY(%s::uuid[]) AND exposed_at IS NULL ORDER BY id FOR UPDATE
)
UPDATE decisions_decision AS d SET exposed_at = greatest(least(seen.at, %s::timestamptz), d.decided_at),
  identifier_id = coalesce(d.identifier_id, CASE WHEN d.unit_hash = %s::bytea THEN %s::bigint END)
FROM ours JOIN unnest(%s::uuid[], %s::timestamptz[]) AS seen(id, at) USING (id)
WHERE d.id = ours.id AND d.exposed_at IS NULL
RETURNING d.id, d.decided_by, d.version_id, d.arm, d.reason, d.unit_hash, d.exposed_at, d.identifier_id
"""
KNOWN = "SELECT id FROM decisions_decision WHERE id = ANY(%s::uuid[])"
EXPERIMENTS = """
SELECT id, definition->>'experiment' FROM decisions_placementversion
WHERE id = ANY(%s::bigint[]) AND definition->>'by' = 'experiment'
"""


@transaction.atomic
def take_exposures(seen: Sequence[Seen], now: datetime, *, by: Browser | None = None) -> Taken:
    """Mark these as seen, each once. Decisions of experiments write first exposures too. `by`: the browser that tells,
    where it is known."""
    earliest: dict[UUID, datetime] = {}
    for one in seen:
        earliest[one.decision_id] = min(one.at, earliest.get(one.decision_id, one.at))
    ids = sorted(earliest)
    whose = [None, None] if by is None else [by.unit_hash, by.identifier_id]
    rows = bulk_sql.fetch(EXPOSE, [ids, now, *whose, ids, [earliest[pk] for pk in ids]]) if ids else []
    known = {pk for (pk,) in bulk_sql.fetch(KNOWN, [ids])} if len(rows) < len(ids) else set(ids)
    keys = dict(bulk_sql.fetch(EXPERIMENTS, [sorted({row[2] for row in rows if row[2] is not None})])) if rows else {}
    note_seen(
        [
            SeenAnswer(keys.get(version_id, ""), arm, reason, bytes(unit_hash), exposed_at, identifier_id)
            for _, _, version_id, arm, reason, unit_hash, exposed_at, identifier_id in rows
            if unit_hash is not None
        ]
    )
    taken = len(rows)
    return Taken(taken, len(seen) - taken - sum(one.decision_id not in known for one in seen), frozenset(ids) - known)
