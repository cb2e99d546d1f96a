"""Writing an evaluation: intervals opened and closed, due answers replaced, topics published."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, to_us
from cdp.outbox.services import publish
from segments.diff import Changes, Closing, Opening, Pair
from segments.models import Segment

CLOSE = """
UPDATE segments_membership AS membership
  SET left_at = greatest(%s::timestamptz, membership.entered_at), left_reason = closing.reason
FROM unnest(%s::bigint[], %s::text[]) AS closing(id, reason)
WHERE membership.id = closing.id AND membership.left_at IS NULL
"""
OPEN = """
INSERT INTO segments_membership (segment_id, profile_id, version, entered_at, left_reason)
SELECT opening.segment_id, opening.profile_id, opening.version, %s::timestamptz, ''
FROM unnest(%s::bigint[], %s::uuid[], %s::bigint[]) AS opening(segment_id, profile_id, version)
ON CONFLICT (segment_id, profile_id) WHERE left_at IS NULL DO NOTHING
RETURNING segment_id, profile_id
"""
# Most answers are due when they were: only what moved is written.
REPLACE_DUES = """
WITH told AS (
  SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[]) AS told(segment_id, profile_id, due_at)),
gone AS (
  DELETE FROM segments_dueanswer AS old WHERE old.profile_id = ANY(%s::uuid[]) AND old.segment_id = ANY(%s::bigint[])
    AND NOT EXISTS (SELECT FROM told WHERE told.segment_id = old.segment_id AND told.profile_id = old.profile_id))
INSERT INTO segments_dueanswer (segment_id, profile_id, due_at)
SELECT told.segment_id, told.profile_id, told.due_at FROM told
LEFT JOIN segments_dueanswer AS old USING (segment_id, profile_id) WHERE old.due_at IS DISTINCT FROM told.due_at
ON CONFLICT (segment_id, profile_id) DO UPDATE SET due_at = excluded.due_at
"""
# What is due past this is due never: PostgreSQL and Python disagree on years of five digits.
LAST_DUE_US = to_us(datetime.fromisoformat("9000-01-01T00:00:00+00:00"))


def write_changes(found: Changes, versions: Mapping[int, int], now: datetime) -> list[Opening]:
    """Close and open intervals. Returns the openings that became rows."""
    if found.closings:
        ids = [closing.membership_id for closing in found.closings]
        bulk_sql.execute(CLOSE, [now, ids, [closing.reason for closing in found.closings]])
    if not found.openings:
        return []
    pairs = [opening.pair for opening in found.openings]
    segments = [pair.segment_id for pair in pairs]
    profiles = [pair.profile_id for pair in pairs]
    opened = {Pair(*row) for row in bulk_sql.fetch(OPEN, [now, segments, profiles, [versions[s] for s in segments]])}
    return [opening for opening in found.openings if opening.pair in opened]


def write_dues(dues: Mapping[Pair, int], profile_ids: list[UUID], segment_ids: list[int]) -> None:
    """Replace the due answers of these profiles to these segments."""
    kept = [(*pair, from_us(due)) for pair, due in dues.items() if due < LAST_DUE_US]
    columns = [list(column) for column in zip(*kept, strict=True)] or [[], [], []]
    bulk_sql.execute(REPLACE_DUES, [*columns, profile_ids, segment_ids])


def publish_changes(openings: Iterable[Opening], closings: Iterable[Closing], now: datetime) -> None:
    """segment.entered and segment.left for the changes that are told."""
    _publish("segment.entered", [opening.pair for opening in openings if opening.told], now)
    _publish("segment.left", [closing.pair for closing in closings if closing.told], now)


def _publish(topic: str, pairs: Collection[Pair], now: datetime) -> None:
    by_segment: dict[int, list[UUID]] = {}
    for segment_id, profile_id in pairs:
        by_segment.setdefault(segment_id, []).append(profile_id)
    if not by_segment:
        return
    # What an offer or a placement keeps for itself is nobody else's news.
    kept = set(Segment.objects.filter(pk__in=by_segment).exclude(used_for="").values_list("pk", flat=True))
    for segment_id, profile_ids in sorted(by_segment.items()):
        if segment_id in kept:
            continue
        publish(topic, {"segment_id": segment_id, "profile_ids": sorted(profile_ids), "at": now})
