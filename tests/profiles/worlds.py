"""Small worlds for the identity tests: events made by Hypothesis or by hand, and their way into the database."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from hypothesis import strategies as st

from profiles.contracts import IdentifierKey, Sighting, StateDelta
from profiles.folds import fold_event
from profiles.models import Identifier, Profile
from profiles.services import fold_deltas, register_sightings
from tests.profiles.oracle import STRENGTH, Key, OracleEvent

T0 = 1_700_000_000_000_000


def event(*keys: str, at: int = 0, name: str = "Seen", traits: dict[str, Any] | None = None, n: int = 0) -> OracleEvent:
    """`event("user_id:u1", "anonymous_id:a1", at=3)`: strongest first is up to this function."""
    parsed = {(kind, value) for kind, _, value in (key.partition(":") for key in keys)}
    ordered = tuple(sorted(parsed, key=lambda key: (STRENGTH[key[0]], key)))
    return OracleEvent(ordered, T0 + at, name, tuple((traits or {}).items()), f"{n:032x}")


def sighting(event: OracleEvent) -> Sighting:
    keys = tuple(IdentifierKey(*key) for key in event.keys)
    return Sighting(keys, event.at, event.at, 1, bytes.fromhex(event.message.zfill(32)))


def arrive(events: Sequence[OracleEvent], *, fold: bool = True) -> dict[IdentifierKey, int]:
    """One batch as the worker treats it: sightings in their own transaction, then the fold (each event once)."""
    ids = register_sightings([sighting(event) for event in events])
    if fold:
        with transaction.atomic():
            fold_deltas(deltas_of(events, ids))
    return ids


def deltas_of(events: Iterable[OracleEvent], ids: dict[IdentifierKey, int]) -> dict[int, StateDelta]:
    deltas: dict[int, StateDelta] = {}
    for e in events:
        delta = deltas.setdefault(ids[IdentifierKey(*e.keys[0])], StateDelta())
        fold_event(delta, name=e.name, type="track", traits=dict(e.traits), at_us=e.at, hash_hex=e.message)
    return deltas


def stored_people() -> dict[frozenset[Key], Key]:
    """As `oracle.people`, read from the database."""
    members: dict[Any, set[Key]] = {}
    firsts: dict[Any, Key] = {}
    for row in Identifier.objects.all():
        members.setdefault(row.profile_id, set()).add((row.kind, row.value))
        if row.minted_id == row.profile_id:
            firsts[row.profile_id] = (row.kind, row.value)
    return {frozenset(keys): firsts[profile_id] for profile_id, keys in members.items()}


def stored_states() -> dict[frozenset[Key], tuple[dict[str, Any], dict[str, list[int]]]]:
    """As `oracle.states`, read from the database; fails if profiles and identifiers do not match one to one."""
    members: dict[Any, set[Key]] = {}
    for row in Identifier.objects.all():
        members.setdefault(row.profile_id, set()).add((row.kind, row.value))
    profiles = {profile.id: profile for profile in Profile.objects.all()}
    assert profiles.keys() == members.keys()
    return {
        frozenset(keys): (
            {name: trait[0] for name, trait in profiles[profile_id].traits.items()},
            profiles[profile_id].counters,
        )
        for profile_id, keys in members.items()
    }


def forget_everything() -> None:
    Identifier.objects.all().delete()
    Profile.objects.all().delete()


def _pool(kind: str, size: int) -> st.SearchStrategy[Key]:
    return st.integers(0, size - 1).map(lambda i: (kind, f"{kind}{i}"))


_keys = st.one_of(
    _pool("user_id", 8), _pool("email", 8), _pool("phone", 3), _pool("crm_id", 7), _pool("device_id", 2),
    _pool("anonymous_id", 6),
)  # fmt: skip
_drafts = st.tuples(
    st.sets(_keys, min_size=1, max_size=4),
    st.integers(0, 12),
    st.sampled_from(["Product Viewed", "Order Completed"]),
    st.dictionaries(st.sampled_from(["color", "size"]), st.integers(0, 3) | st.none(), max_size=2),
)


@st.composite
def worlds(draw: st.DrawFn, max_size: int = 40) -> list[OracleEvent]:
    """Dense little worlds: few identifiers, so that limits, shared identifiers and equal times all occur."""
    return [
        event(*(f"{kind}:{value}" for kind, value in keys), at=at, name=name, traits=traits, n=n)
        for n, (keys, at, name, traits) in enumerate(draw(st.lists(_drafts, min_size=1, max_size=max_size)))
    ]
