"""The members of a segment in the order of their profile ids, a batch at a time: for work over all of them."""

from uuid import UUID

from cdp.lib import bulk_sql

AFTER = """
SELECT m.profile_id FROM segments_membership AS m JOIN segments_segment AS s ON s.id = m.segment_id
WHERE s.slug = %s::text AND s.state = 'live' AND m.left_at IS NULL AND m.profile_id > %s::uuid
ORDER BY m.profile_id LIMIT %s::bigint
"""
LEAST = UUID(int=0)


def members_after(slug: str, after: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` present members of a live segment or list whose ids come after `after`, in their order."""
    return [profile_id for (profile_id,) in bulk_sql.fetch(AFTER, [slug, after or LEAST, limit])]
