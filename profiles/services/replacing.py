"""Replacing states: identifiers' states folded anew from the log, whatever stood in them, and their profiles rebuilt.

The caller reads the log, since this storey knows no events; it is asked to only once the states are locked. A fold
that commits before that lock is seen in the log, one that comes after waits for the lock and folds on top.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from django.db import transaction

from cdp.outbox.contracts import LIVE
from cdp.outbox.services import publish
from profiles.contracts import StateDelta
from profiles.services import rows, states
from profiles.services.arrays import plain

Read = Callable[[Sequence[int]], Mapping[int, StateDelta]]
CHUNK = 500
MISSING = """
INSERT INTO profiles_identifierstate (identifier_id, traits, counters, event_count)
SELECT id, '{}', '{}', 0 FROM profiles_identifier WHERE id = ANY(%s::bigint[]) ORDER BY id
ON CONFLICT (identifier_id) DO NOTHING
"""
OF_PROFILES = "SELECT id FROM profiles_identifier WHERE profile_id = ANY(%s::uuid[]) ORDER BY id"


@transaction.atomic
def replace_states(identifier_ids: Collection[int], read: Read, *, lane: int = LIVE) -> list[UUID]:
    """Make the states of these identifiers what `read(ids)` folds; identifiers it does not answer become empty.

    Missing rows are made. Takes the identity lock to the end of the transaction; a caller's must not hold states or
    profiles. Answers the profiles rebuilt, sorted. Publishes profile.changed.
    """
    rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
    found = rows.fetch(
        "SELECT id, profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[]) ORDER BY id",
        [plain(identifier_ids)],
    )
    ids, profile_ids = [row[0] for row in found], {row[1] for row in found}
    kin = [row[0] for row in rows.fetch(OF_PROFILES, [plain(profile_ids)])]
    rows.execute(MISSING, [plain(kin)])
    states.lock_members(profile_ids)
    folded = read(ids)
    states.write_states({i: folded.get(i) or StateDelta() for i in ids})
    states.insert_profiles(profile_ids)
    states.rebuild(profile_ids)
    touched = sorted(profile_ids)
    for start in range(0, len(touched), CHUNK):
        publish("profile.changed", {"profile_ids": [str(p) for p in touched[start : start + CHUNK]]}, lane=lane)
    return touched
