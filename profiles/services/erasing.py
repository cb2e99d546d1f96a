"""Erasing people: their identifiers lose their names at once, and all that profiles hold of them goes afterwards.

Whole components go, and no link between two of the others is touched: so nobody else is merged or split by it. What
is shared stays, with its degree: a kiosk that lost one of its people is still a kiosk.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from cdp.lib import bulk_sql
from profiles.services import rows, states
from profiles.services.arrays import plain
from profiles.services.journal import REPAIR
from profiles.services.recomputing import recompute

ERASED_KIND = "erased"
NAMELESS = """
UPDATE profiles_identifier SET kind = 'erased', value = gen_random_uuid()::text
WHERE id = ANY(%s::bigint[]) AND kind <> 'erased'
"""
USED_BY_OTHERS = """
SELECT DISTINCT own.id FROM unnest(%s::bigint[]) AS own(id)
JOIN profiles_link l ON l.a_id = own.id OR l.b_id = own.id
JOIN profiles_identifier other ON other.id = CASE WHEN l.a_id = own.id THEN l.b_id ELSE l.a_id END
WHERE NOT other.is_shared AND NOT other.id = ANY(%s::bigint[])
"""
HELD = "SELECT 1 FROM profiles_identifier WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"
PROFILES = "SELECT DISTINCT profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[])"
REST = "SELECT id FROM profiles_identifier WHERE profile_id = ANY(%s::uuid[]) AND NOT is_shared ORDER BY id"
MEMBERSHIPS = "DELETE FROM profiles_accountmember WHERE identifier_id = ANY(%s::bigint[]) RETURNING account_id"
LONELY = """
DELETE FROM profiles_account a WHERE a.id = ANY(%s::bigint[])
  AND NOT EXISTS (SELECT 1 FROM profiles_accountmember m WHERE m.account_id = a.id)
"""
MOVES = "DELETE FROM profiles_identitymove WHERE identifier_id = ANY(%s::bigint[]) RETURNING change_id"
CHANGES = """
DELETE FROM profiles_identitychange c WHERE c.id = ANY(%s::bigint[])
  AND NOT EXISTS (SELECT 1 FROM profiles_identitymove m WHERE m.change_id = c.id)
"""
LINKS = "DELETE FROM profiles_link WHERE a_id = ANY(%s::bigint[]) OR b_id = ANY(%s::bigint[])"
SEPARATED = "DELETE FROM profiles_separatedidentifier WHERE identifier_id = ANY(%s::bigint[])"
STATES = "DELETE FROM profiles_identifierstate WHERE identifier_id = ANY(%s::bigint[])"
IDENTIFIERS = "DELETE FROM profiles_identifier WHERE id = ANY(%s::bigint[])"
EMPTY_PROFILES = """
DELETE FROM profiles_profile p WHERE p.id = ANY(%s::uuid[])
  AND NOT EXISTS (SELECT 1 FROM profiles_identifier i WHERE i.profile_id = p.id)
"""
REMAINS = """
SELECT (SELECT count(*) FROM profiles_identifier WHERE id = ANY(%s::bigint[]))
  + (SELECT count(*) FROM profiles_identifierstate WHERE identifier_id = ANY(%s::bigint[]))
  + (SELECT count(*) FROM profiles_link WHERE a_id = ANY(%s::bigint[]) OR b_id = ANY(%s::bigint[]))
  + (SELECT count(*) FROM profiles_identitymove WHERE identifier_id = ANY(%s::bigint[]))
  + (SELECT count(*) FROM profiles_separatedidentifier WHERE identifier_id = ANY(%s::bigint[]))
  + (SELECT count(*) FROM profiles_accountmember WHERE identifier_id = ANY(%s::bigint[]))
  + (SELECT count(*) FROM profiles_profile WHERE id = ANY(%s::uuid[]))
"""


def used_by_others(identifier_ids: Collection[int]) -> set[int]:
    """Those of these identifiers that were also seen with somebody else's unshared one: devices of several people."""
    ids = list(identifier_ids)
    return {row[0] for row in bulk_sql.fetch(USED_BY_OTHERS, [ids, ids])} if ids else set()


def take_names(identifier_ids: Collection[int]) -> int:
    """Nobody is found by these identifiers any more, and what comes for them from now on makes new ones.

    In the caller's transaction. Their rows stay, nameless, so that everything that hangs on them can be erased.
    Returns how many had a name.
    """
    rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
    return bulk_sql.execute(NAMELESS, [list(identifier_ids)])


@transaction.atomic
def erase_identity(identifier_ids: Collection[int], profile_ids: Collection[UUID]) -> dict[str, int]:
    """Delete identifiers with their states, links, moves, sides of separations and memberships, and their profiles.

    Counts by what went. Accounts without a member left go too. Somebody who joined such a profile meanwhile is put
    together anew; nothing else changes and nothing is published of the erased.
    """
    ids = sorted(identifier_ids)
    rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
    bulk_sql.fetch(HELD, [ids])
    whose = {row[0] for row in bulk_sql.fetch(PROFILES, [ids])} | set(profile_ids)
    states.lock_members(whose)
    accounts = {row[0] for row in bulk_sql.fetch(MEMBERSHIPS, [ids])}
    changes = {row[0] for row in bulk_sql.fetch(MOVES, [ids])}
    counts = {
        "memberships of accounts": len(accounts),
        "accounts of nobody else": _deleted(LONELY, [sorted(accounts)]),
        "moves": len(changes),
        "journal entries": _deleted(CHANGES, [sorted(changes)]),
        "links": _deleted(LINKS, [ids, ids]),
        "sides of separations": _deleted(SEPARATED, [ids]),
        "states": _deleted(STATES, [ids]),
        "identifiers": _deleted(IDENTIFIERS, [ids]),
    }
    rest = [row[0] for row in bulk_sql.fetch(REST, [sorted(whose)])]
    counts["profiles"] = _deleted(EMPTY_PROFILES, [sorted(whose)])
    if rest:
        recompute(rest, cause=REPAIR)
    return counts


def identity_remains(identifier_ids: Collection[int], profile_ids: Collection[UUID]) -> int:
    """Rows that still stand for these identifiers and profiles."""
    ids = list(identifier_ids)
    with connection.cursor() as cursor:
        cursor.execute(REMAINS, [*[plain(ids)] * 7, plain(profile_ids)])
        return int(cursor.fetchone()[0])


def _deleted(statement: str, params: Sequence[Any]) -> int:
    return bulk_sql.execute(statement, params) if any(params) else 0
