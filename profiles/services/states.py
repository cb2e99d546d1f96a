"""States: deltas folded into identifiers and profiles, and profiles rebuilt as the join of their identifiers' states.

Lock order: state rows in id order, then profile rows in id order; the argument is in `sightings`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.db import transaction

from cdp.outbox.services import publish
from profiles import folds
from profiles.contracts import Counter, StateDelta, Trait
from profiles.services import rows
from profiles.services.arrays import plain

READ_AT_ONCE = 128
"""States with traits read at once: full ones have some 2 MB each."""
WRITE_AT_ONCE = 8 * 1024 * 1024
"""Bytes of states written with one statement: PostgreSQL takes no jsonb above 256 MB."""


class _Table(NamedTuple):
    """Where a fold is stored: both tables have the same columns, apart from the key. Its names are SQL of this file."""

    name: str
    key: str
    type: str
    extra: str = ""


class _Row(msgspec.Struct, frozen=True):
    """One row to write, as jsonb_to_recordset reads it: far cheaper than arrays of JSON texts."""

    key: str
    traits: dict[str, Trait] | None
    counters: dict[str, Counter]
    event_count: int
    first_us: int | None
    last_us: int | None


_STATES = _Table("profiles_identifierstate", "identifier_id", "bigint")
_PROFILES = _Table("profiles_profile", "id", "uuid", ", updated_at = now()")
_Key = TypeVar("_Key", int, UUID)
_Fold = tuple[dict[str, Trait] | None, dict[str, Counter]]
_counters = msgspec.json.Decoder(dict[str, Counter]).decode
_traits = msgspec.json.Decoder(dict[str, Trait]).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def fold_deltas(deltas: Mapping[int, StateDelta]) -> list[UUID]:
    """Fold new events into their identifiers' states and profiles; answers the profiles touched, sorted.

    In the caller's transaction, which must fold each distinct event once. Unknown identifier ids raise LookupError.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("fold_deltas belongs in the transaction that stores the events: call it inside atomic()")
    wanted = {i: delta for i, delta in deltas.items() if delta.counters or delta.traits}
    if not wanted:
        return []
    missing = _fold_into(_STATES, wanted)
    if missing:
        raise LookupError(f"{len(missing)} identifiers do not exist: register their sightings first")
    by_profile = _by_profile(wanted)
    lost = _fold_into(_PROFILES, by_profile)
    if lost:  # profiles are derived: somebody may have deleted rows, and the states hold all that is needed
        insert_profiles(lost)
        rebuild(lost)
    return sorted(by_profile)


@transaction.atomic
def rebuild_profiles(profile_ids: Collection[UUID]) -> None:
    """Recompute profiles from their identifiers' states, whatever stands in them; those without identifiers go.

    Publishes profile.changed.
    """
    rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
    lock_members(set(profile_ids))
    insert_profiles(profile_ids)
    rebuild(set(profile_ids))
    publish("profile.changed", {"profile_ids": sorted(str(p) for p in profile_ids)})


def insert_profiles(profile_ids: Iterable[UUID], *, shared: Collection[UUID] = ()) -> None:
    """Make empty profiles of those that do not exist yet; `shared` are those of shared identifiers."""
    wanted = sorted(profile_ids)
    rows.execute(
        """INSERT INTO profiles_profile (id, traits, counters, event_count, is_shared)
        SELECT id, '{}', '{}', 0, is_shared FROM unnest(%s::uuid[], %s::boolean[]) AS n(id, is_shared)
        ORDER BY id ON CONFLICT (id) DO NOTHING""",
        [plain(wanted), plain(profile_id in shared for profile_id in wanted)],
    )


def lock_members(profile_ids: Collection[UUID]) -> dict[int, UUID]:
    """Lock the states of all identifiers of these profiles in id order; answers {identifier id: profile id}."""
    members: dict[int, UUID] = dict(
        rows.fetch(
            "SELECT id, profile_id FROM profiles_identifier WHERE profile_id = ANY(%s::uuid[]) ORDER BY id",
            [plain(profile_ids)],
        )
    )
    rows.fetch(
        """SELECT 1 FROM profiles_identifierstate WHERE identifier_id = ANY(%s::bigint[])
        ORDER BY identifier_id FOR UPDATE""",
        [plain(members)],
    )
    return members


def rebuild(profile_ids: Collection[UUID]) -> None:
    """Write profiles as the join of their identifiers' states, which the caller has locked; delete the empty ones."""
    wanted = sorted(profile_ids)
    rows.fetch("SELECT 1 FROM profiles_profile WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE", [plain(wanted)])
    joined: dict[UUID, StateDelta] = {}
    shared: set[UUID] = set()
    for profile_id, is_shared, traits, counters in rows.fetch(
        """SELECT i.profile_id, i.is_shared, s.traits::text, s.counters::text FROM profiles_identifier i
        JOIN profiles_identifierstate s ON s.identifier_id = i.id WHERE i.profile_id = ANY(%s::uuid[]) ORDER BY i.id""",
        [plain(wanted)],
    ):
        state = StateDelta(_traits(traits), _counters(counters))
        joined[profile_id] = folds.join(joined[profile_id], state) if profile_id in joined else state
        if is_shared:
            shared.add(profile_id)
    _write(_PROFILES, ((i, (state.traits, state.counters)) for i, state in joined.items()))
    rows.execute(
        "UPDATE profiles_profile SET is_shared = id = ANY(%s::uuid[]) WHERE id = ANY(%s::uuid[])",
        [plain(shared), plain(wanted)],
    )
    rows.execute("DELETE FROM profiles_profile WHERE id = ANY(%s::uuid[])", [plain(set(wanted) - joined.keys())])


def write_states(folded: Mapping[int, StateDelta]) -> None:
    """Write whole states of identifiers, which the caller has locked."""
    _write(_STATES, ((i, (state.traits, state.counters)) for i, state in folded.items()))


def _by_profile(deltas: Mapping[int, StateDelta]) -> dict[UUID, StateDelta]:
    """The deltas joined by the present profile of their identifiers (to be called after the state locks)."""
    joined: dict[UUID, StateDelta] = {}
    for i, profile_id in rows.fetch(
        "SELECT id, profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[])", [plain(deltas)]
    ):
        joined[profile_id] = folds.join(joined[profile_id], deltas[i]) if profile_id in joined else deltas[i]
    return joined


def _fold_into(table: _Table, deltas: Mapping[_Key, StateDelta]) -> set[_Key]:
    """Lock the rows in key order and fold; answers the keys that have no row."""
    keys = f"WHERE {table.key} = ANY(%s::{table.type}[])"
    counters: dict[_Key, str] = dict(
        rows.fetch(
            f"SELECT {table.key}, counters::text FROM {table.name} {keys} ORDER BY {table.key} FOR UPDATE",  # noqa: S608
            [plain(deltas)],
        )
    )
    _write(table, _folded(table, counters, deltas))
    return deltas.keys() - counters.keys()


def _folded(
    table: _Table, counters: Mapping[_Key, str], deltas: Mapping[_Key, StateDelta]
) -> Iterator[tuple[_Key, _Fold]]:
    """The folds of the locked rows, of which `counters` were read already. Most events bring no trait: those rows keep
    theirs unread.
    """
    with_traits = [key for key in counters if deltas[key].traits]
    for start in range(0, len(with_traits), READ_AT_ONCE):
        for key, text in rows.fetch(
            f"SELECT {table.key}, traits::text FROM {table.name} WHERE {table.key} = ANY(%s::{table.type}[])",  # noqa: S608
            [plain(with_traits[start : start + READ_AT_ONCE])],
        ):
            yield key, (folds.join_traits(_traits(text), deltas[key].traits), _joined(counters[key], deltas[key]))
    for key, text in counters.items():
        if not deltas[key].traits:
            yield key, (None, _joined(text, deltas[key]))


def _joined(counters: str, delta: StateDelta) -> dict[str, Counter]:
    return folds.join_counters(_counters(counters), delta.counters)


def _write(table: _Table, folded: Iterable[tuple[_Key, _Fold]]) -> None:
    """Write whole folds, some megabytes a statement; traits None leaves the stored ones."""
    part: list[bytes] = []
    size = 0
    for key, (traits, counters) in folded:
        row = _encode(_Row(str(key), traits, counters, *(folds.totals(counters) or (0, None, None))))
        if part and size + len(row) > WRITE_AT_ONCE:
            _write_part(table, part)
            part, size = [], 0
        part.append(row)
        size += len(row)
    if part:
        _write_part(table, part)


def _write_part(table: _Table, part: Iterable[bytes]) -> None:
    rows.execute(
        f"""UPDATE {table.name} t SET traits = coalesce(n.traits, t.traits), counters = n.counters,
            event_count = n.event_count, first_seen_at = profiles_at(n.first_us),
            last_seen_at = profiles_at(n.last_us){table.extra}
        FROM jsonb_to_recordset(%s::jsonb) AS n(key {table.type}, traits jsonb, counters jsonb, event_count bigint,
            first_us bigint, last_us bigint) WHERE t.{table.key} = n.key""",  # noqa: S608
        [(b"[" + b",".join(part) + b"]").decode()],
    )
