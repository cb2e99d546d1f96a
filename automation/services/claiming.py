"""Due enrollments claimed with a lease: committed at once, so that a worker that dies delays them by the lease only."""

from datetime import datetime, timedelta
from uuid import UUID

from cdp.lib import bulk_sql

SLICE = 300
LEASE = timedelta(minutes=2)
# Journey by journey, so that the millions that wait in a paused one are never walked.
CLAIM = """
UPDATE automation_enrollment SET lease = %s::uuid, leased_until = %s::timestamptz WHERE id IN (
  SELECT due.id FROM automation_journey AS j CROSS JOIN LATERAL (
    SELECT e.id, e.due_at FROM automation_enrollment AS e
    WHERE e.journey_id = j.id AND e.state IN ('armed', 'waiting') AND e.due_at <= %s::timestamptz
      AND (e.leased_until IS NULL OR e.leased_until < %s::timestamptz)
    ORDER BY e.due_at, e.id LIMIT %s::bigint FOR UPDATE SKIP LOCKED
  ) AS due WHERE j.state = 'live' ORDER BY j.priority DESC, due.due_at, due.id LIMIT %s::bigint)
RETURNING id
"""


def claim(lease: UUID, now: datetime, *, limit: int = SLICE) -> list[int]:
    """The ids of up to `limit` due enrollments of live journeys, nobody else's until the lease runs out; by id."""
    params = [lease, now + LEASE, now, now, limit, limit]
    return sorted(row[0] for row in bulk_sql.fetch_often(CLAIM, params))
