"""How segments stand: members, and what time alone will have asked again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cdp.lib import bulk_sql

STATUS = """
SELECT s.id, coalesce(m.members, 0), coalesce(d.due, 0), coalesce(d.overdue, 0), d.next_due_at
FROM unnest(%s::bigint[]) AS s(id)
LEFT JOIN (SELECT segment_id, count(*) AS members FROM segments_membership
  WHERE left_at IS NULL AND segment_id = ANY(%s::bigint[]) GROUP BY segment_id) AS m ON m.segment_id = s.id
LEFT JOIN (SELECT segment_id, count(*) AS due, count(*) FILTER (WHERE due_at <= now()) AS overdue,
  min(due_at) AS next_due_at FROM segments_dueanswer WHERE segment_id = ANY(%s::bigint[]) GROUP BY segment_id) AS d
  ON d.segment_id = s.id
"""


@dataclass(frozen=True, slots=True)
class SegmentStatus:
    """`due`: answers that time alone will change some day; `overdue`: those whose time has come."""

    members: int
    due: int
    overdue: int
    next_due_at: datetime | None


def status(segment_ids: Collection[int]) -> dict[int, SegmentStatus]:
    """How these stand, by id."""
    ids = list(segment_ids)
    return {row[0]: SegmentStatus(*row[1:]) for row in bulk_sql.fetch(STATUS, [ids, ids, ids])}
