"""How segments overlap now: how many are in exactly which of some chosen ones, from the open memberships."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdp.lib import bulk_sql

MOST_SEGMENTS = 6
PATTERNS = """
SELECT pattern, count(*) FROM (
  SELECT sum(s.bit)::bigint AS pattern FROM unnest(%s::bigint[], %s::bigint[]) AS s(id, bit)
  JOIN segments_membership AS m ON m.segment_id = s.id AND m.left_at IS NULL GROUP BY m.profile_id) AS people
GROUP BY pattern
"""


@dataclass(frozen=True, slots=True)
class Overlap:
    """`exactly`: (the ids of the segments they are in, of those asked about; how many), most first."""

    segment_ids: tuple[int, ...]
    exactly: tuple[tuple[frozenset[int], int], ...]

    def size(self, *segment_ids: int) -> int:
        """How many are in all of these, whatever else they are in."""
        return sum(count for inside, count in self.exactly if inside.issuperset(segment_ids))

    @property
    def people(self) -> int:
        """How many are in at least one of them."""
        return sum(count for _, count in self.exactly)


def overlap(segment_ids: Sequence[int]) -> Overlap:
    """The overlap of up to MOST_SEGMENTS segments; about 0.5 s a million memberships. Raises ValueError for more."""
    ids = tuple(dict.fromkeys(segment_ids))
    if len(ids) > MOST_SEGMENTS:
        raise ValueError(f"at most {MOST_SEGMENTS} segments are compared at once")
    rows = bulk_sql.fetch(PATTERNS, [list(ids), [1 << index for index in range(len(ids))]])
    found = [
        (frozenset(segment_id for index, segment_id in enumerate(ids) if pattern >> index & 1), count)
        for pattern, count in rows
    ]
    return Overlap(ids, tuple(sorted(found, key=lambda one: (-one[1], len(one[0]), sorted(one[0])))))
