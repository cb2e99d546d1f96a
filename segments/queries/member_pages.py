"""The members of a segment now, a page at a time in the order asked for, and those among people who were looked for."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from cdp.lib import bulk_sql
from lake.contracts import Limits
from segments.contracts import Member, MemberPage
from segments.halves import joined
from segments.queries.everybody import first_of, members_now
from segments.queries.moves import moves_since
from segments.queries.turns import alone
from segments.rules import parse_rule

PAGE = 50
MOST_FOUND = 100
MOST_NAMED = 20_000
LIMITS = Limits(seconds=5.0)
AT = "%Y%m%dT%H%M%S.%fZ"
NAMES = ("name", "fullName", "full_name", "firstName", "first_name", "lastName", "last_name", "email")
SELECT = """
SELECT id, profile_id, entered_at FROM segments_membership
WHERE segment_id = %s::bigint AND left_at IS NULL AND (entered_at, id) {sign} (%s::timestamptz, %s::bigint)
ORDER BY entered_at {order}, id {order} LIMIT %s::bigint
"""
AMONG = """
SELECT profile_id, entered_at FROM segments_membership
WHERE segment_id = %s::bigint AND left_at IS NULL AND profile_id = ANY(%s::uuid[]) ORDER BY entered_at DESC, id DESC
"""
NAMED = """
SELECT m.profile_id FROM segments_membership AS m JOIN profiles_profile AS p ON p.id = m.profile_id
WHERE m.segment_id = %s::bigint AND m.left_at IS NULL AND EXISTS (
  SELECT 1 FROM unnest(%s::text[]) AS n(name) WHERE strpos(lower(p.traits->n.name->>0), %s::text) > 0)
ORDER BY m.profile_id LIMIT %s::bigint
"""


def member_page(segment_id: int, *, longest: bool = False, cursor: str | None = None, limit: int = PAGE) -> MemberPage:
    """Members now, newest first, or those who are in it longest first. Raises ValueError for a cursor that is none."""
    at, pk = _place(cursor) if cursor else ("-infinity" if longest else "infinity", 0)
    sign, order = (">", "ASC") if longest else ("<", "DESC")
    rows = bulk_sql.fetch(SELECT.format(sign=sign, order=order), [segment_id, at, pk, limit + 1])
    shown = tuple(Member(*row) for row in rows[:limit])
    if len(rows) <= limit:
        return MemberPage(shown, None)
    return MemberPage(shown, f"{shown[-1].since.astimezone(UTC):{AT}}-{shown[-1].membership_id}")


def open_members(segment_id: int, profile_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """{profile id: since when} of those who are in it now, newest first."""
    return dict(bulk_sql.fetch(AMONG, [segment_id, list(profile_ids)])) if profile_ids else {}


def named_members(segment_id: int, text: str, now: datetime) -> list[UUID]:
    """Members in one of whose names, or in whose address, this stands, upper or lower case.

    A large segment is asked through the lake: see `named`. Raises QueryError and PreviewBusyError.
    """
    if moves_since([segment_id], now)[segment_id] is None:
        return named(text, now)
    rows = bulk_sql.fetch(NAMED, [segment_id, list(NAMES), text.lower(), MOST_FOUND + 1])
    return [profile_id for (profile_id,) in rows]


def named(text: str, now: datetime) -> list[UUID]:
    """People in one of whose names, or in whose address, this stands, upper or lower case; MOST_NAMED at most.

    Asked of the lake as a rule is. Raises QueryError and PreviewBusyError.
    """
    rule = parse_rule({"any": [{"trait": name, "is": "contains", "value": text} for name in NAMES]})
    with alone():
        found = members_now(rule, now, limits=LIMITS).keys
    return [joined(*key) for key in first_of(found, min(MOST_NAMED, found.num_rows))] if found.num_rows else []


def _place(cursor: str) -> tuple[str, int]:
    at, _, pk = cursor.rpartition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise ValueError("this is no cursor of this list")
    return datetime.strptime(at, AT).replace(tzinfo=UTC).isoformat(), int(pk)
