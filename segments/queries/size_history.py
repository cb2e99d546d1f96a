"""How a segment's size came about: who entered and left by day, from two indexes; bounded by the days asked for."""

from dataclasses import dataclass
from datetime import datetime

from cdp.lib import bulk_sql
from cdp.lib.spans import Span
from segments.queries.membership import size

MOVES = """
SELECT date_trunc(%s::text, entered_at AT TIME ZONE %s::text), count(*), 0 FROM segments_membership
WHERE segment_id = %s::bigint AND entered_at >= %s::timestamptz AND entered_at < %s::timestamptz GROUP BY 1
UNION ALL
SELECT date_trunc(%s::text, left_at AT TIME ZONE %s::text), 0, count(*) FROM segments_membership
WHERE segment_id = %s::bigint AND left_at >= %s::timestamptz AND left_at < %s::timestamptz GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class SizeOfBucket:
    """The local start of a day or hour, who entered and left in it, and how many were in at its end (or are now)."""

    bucket: datetime
    entered: int
    left: int
    size: int


def sizes_over(segment_id: int, span: Span) -> list[SizeOfBucket]:
    """A row a bucket, oldest first. `span` must reach until now: sizes are counted back from the present one."""
    params = [span.unit, span.zone, segment_id, span.start, span.end]
    moves: dict[datetime, tuple[int, int]] = {}
    for bucket, entered, left in bulk_sql.fetch(MOVES, [*params, *params]):
        known = moves.get(bucket, (0, 0))
        moves[bucket] = (known[0] + entered, known[1] + left)
    rows: list[SizeOfBucket] = []
    present = size(segment_id)
    for bucket in reversed(span.buckets()):
        entered, left = moves.get(bucket, (0, 0))
        rows.append(SizeOfBucket(bucket, entered, left, present))
        present += left - entered
    return rows[::-1]
