"""What an experiment splits people by: one identifier of theirs, the same from every device that is known to be theirs.

A browser with a public key is split by the anonymous id it names, known or not, and learns nothing of the person behind
it. Who is asked for as a whole person stands under the anonymous id of theirs that was seen first, so that the shop's
server and mails treat them as their browser does; under their oldest identifier where they have no browser.
"""

from collections.abc import Collection
from uuid import UUID

from cdp.lib import bulk_sql
from cdp.lib.hashing import identifier_hash, keyed_hash
from people.queries.callers import TOKEN, Caller, Named, Whose
from profiles.identifiers import Blocked, canonicalize

ANONYMOUS = "anonymous_id"
OLDEST = """
SELECT DISTINCT ON (profile_id) profile_id, kind, value FROM profiles_identifier
WHERE profile_id = ANY(%s::uuid[]) AND NOT is_shared
ORDER BY profile_id, kind <> 'anonymous_id', first_seen_at, id
"""


def unit_of(kind: str, value: object) -> bytes:
    """The unit of an identifier as somebody names it, ever seen or not; empty for one that is blocked."""
    key = canonicalize(kind, value)
    return b"" if isinstance(key, Blocked) else identifier_hash(key.kind, key.value)


def unit_hash(unit: bytes) -> bytes:
    """The 16 bytes under which a unit is stored in every experiment."""
    return keyed_hash("exposure", unit.hex())


def units_of(profile_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """{profile id: unit} of those that have an identifier of their own, in one statement."""
    rows = bulk_sql.fetch(OLDEST, [list(profile_ids)]) if profile_ids else []
    return {profile_id: identifier_hash(kind, value) for profile_id, kind, value in rows}


def unit_of_caller(found: Whose, caller: Caller, person: Named | None) -> bytes:
    """What a holdout splits this caller by; empty for nobody. A browser that is named counts, known or not; else the
    person's own first browser."""
    if person is not None and person[0] == ANONYMOUS:
        return unit_of(*person)
    if found.profile_id is not None and (split := units_of([found.profile_id]).get(found.profile_id)):
        return split
    if caller.kind == TOKEN:
        return unit_of("user_id", caller.sub)
    return b"" if person is None or person[0] == "profile_id" else unit_of(*person)
