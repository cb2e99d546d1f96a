"""Whose answer, asked of the lake a moment ago, still is the answer: nothing that the rule looks at has changed since.

Asked while their dirty rows are held; see `services.applying` for what follows from it.
"""

from uuid import UUID

import pyarrow as pa

from cdp.lib import bulk_sql
from lake.reading import copy_rows
from segments.halves import columns, ids_of
from segments.queries.everybody import Differences
from segments.queries.given import MEMBERSHIP, OPEN
from segments.rules.scope import HI, LO, MEMBERSHIPS

APPLICABLE = frozenset({MEMBERSHIPS})
"""Given tables that can be compared with what is stored now; lists, consents and the catalog are not."""
# Whatever changes of a person, all of it rewrites the profile's row: the system's own xmin tells of that, and of people
# whom identifiers left, even where xid stays. It has 32 bits: half a circle ago counts as later, which only costs time.
SAME = """
SELECT p.id FROM profiles_profile AS p
WHERE p.id = ANY(%s::uuid[]) AND NOT p.is_shared AND p.xid < %s::text::xid8
  AND mod(p.xmin::text::bigint - %s::bigint + 4294967296, 4294967296) >= 2147483648
  AND NOT EXISTS (SELECT FROM profiles_identifier AS i WHERE i.profile_id = p.id AND (i.xid >= %s::text::xid8
    OR i.minted_id <> p.id AND EXISTS (SELECT FROM segments_membership AS m
      WHERE m.profile_id = i.minted_id AND m.segment_id = %s::bigint AND m.left_at IS NULL)))
"""
OWNERS = (
    "SELECT DISTINCT i.profile_id FROM profiles_identifier AS i WHERE i.profile_id = ANY(%s::uuid[]) AND i.id IN ({})"
)
EVENTS = "SELECT e.identifier_id FROM events_event AS e WHERE e.xid >= %s::text::xid8"
# An order may have been somebody else's until now: one of whose events it was made.
ORDERS = """
WITH changed AS ({})
SELECT o.identifier_id FROM changed JOIN commerce_order AS o USING (id)
UNION SELECT e.identifier_id FROM changed JOIN commerce_order AS o USING (id)
JOIN events_event AS e ON e.order_id = o.order_id"""
CHANGED = {
    "events": OWNERS.format(EVENTS),
    "orders": OWNERS.format(ORDERS.format("SELECT t.id FROM commerce_order AS t WHERE t.xid >= %s::text::xid8")),
    "order_lines": OWNERS.format(
        ORDERS.format("SELECT t.order_id AS id FROM commerce_orderline AS t WHERE t.xid >= %s::text::xid8")
    ),
    "computed": "SELECT id FROM segments_computedvalues WHERE id = ANY(%s::uuid[]) AND xid >= %s::text::xid8",
}
# What is deleted does not say whose it was; profiles do, and are missing then.
DELETED = """SELECT EXISTS (SELECT FROM lake_erasedrow
WHERE projection = ANY(%s::text[]) AND projection <> 'profiles' AND xid >= %s::text::xid8)"""


def untouched(segment_id: int, profile_ids: list[UUID], found: Differences) -> set[UUID]:
    """Those of these profiles whose rows are those that `found` was made of.

    Left out are also those who are no profile any more, who are nobody, and who took over from somebody whose
    membership in this segment is still open.
    """
    since = str(found.xmin)
    if bulk_sql.fetch(DELETED, [sorted(found.tables), since])[0][0]:
        return set()
    low = found.xmin % 2**32
    same = {row[0] for row in bulk_sql.fetch(SAME, [profile_ids, since, low, since, segment_id])}
    for table in found.tables & CHANGED.keys():
        same -= {row[0] for row in bulk_sql.fetch(CHANGED[table], [profile_ids, since])}
    if MEMBERSHIPS in found.given and same:
        same -= _moved(found, profile_ids)
    return same


def _moved(found: Differences, profile_ids: list[UUID]) -> set[UUID]:
    """Whose memberships in the segments that the rule asks about are not now what they were."""
    people = pa.Table.from_arrays(list(columns(profile_ids)), names=[HI, LO])
    then = found.given[MEMBERSHIPS].join(people, keys=[HI, LO], join_type="left semi")
    where = "t.slug = ANY(%s::text[]) AND t.profile_id = ANY(%s::uuid[])"
    now = copy_rows(OPEN, MEMBERSHIP, where=where, params=[sorted(found.uses), profile_ids])
    keys = ["segment", HI, LO]
    either = [then.join(now, keys=keys, join_type="left anti"), now.join(then, keys=keys, join_type="left anti")]
    return {one for part in either for one in ids_of(part)}
