"""Finding a person by any identifier or any profile id ever minted, now or at an instant."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from people.contracts import Match, NobodysIdentifier, PersonNotFound, Place
from profiles import queries as profiles
from profiles import standing
from profiles.contracts import IdentifierFacts

ID_KINDS = frozenset({"profile_id", "cdp_id"})
UNKNOWN = "Nobody is known by this {kind}."
UNKNOWN_THEN = "Nobody was known by this {kind} at that time."
NOBODYS = (
    "This {kind} was seen with too many people to be one person's: it is shared, and no profile is told by it. "
    "Ask by another identifier."
)


def locate(address: str, at: datetime | None = None) -> Place:
    """Whose profile `kind:value`, `profile_id:…` or a bare profile id names. Raises PersonNotFound."""
    kind, colon, value = address.partition(":")
    kind = kind.strip().lower()
    if not colon:
        kind, value = "profile_id", address
    if kind in ID_KINDS:
        return Place(_resolved(value, at), at)
    found = profiles.find(kind, value) if at is None else standing.found_then(kind, value, at)
    if found is None:
        raise PersonNotFound((UNKNOWN if at is None else UNKNOWN_THEN).format(kind=_words(kind)))
    if found.is_shared:
        raise NobodysIdentifier(NOBODYS.format(kind=_words(kind)))
    return Place(found.profile_id, at)


def members(place: Place) -> list[IdentifierFacts]:
    """The identifiers of who was found, oldest first. Raises NobodysIdentifier for a shared device's own profile."""
    if place.at is None:
        found = profiles.identifiers_of([place.profile_id])[place.profile_id]
    else:
        found = standing.members_then(place.profile_id, place.at)
    if any(fact.is_shared for fact in found):
        raise NobodysIdentifier(NOBODYS.format(kind=_words(found[0].kind)))
    return found


def search(keys: Iterable[tuple[str, str]], *, limit: int) -> list[Match]:
    """Profiles with exactly one of these (kind, value)s; kind "" means any kind, or a profile id. Newest first."""
    matched: dict[UUID, list[IdentifierFacts]] = {}
    for kind, value in keys:
        found = profiles.search(value) if not kind else [one] if (one := profiles.find(kind, value)) else []
        for fact in found:
            matched.setdefault(fact.profile_id, []).append(fact)
        profile_id = _as_uuid(value) if not kind else None
        if profile_id and (present := profiles.resolve(profile_id)):
            matched.setdefault(present, [])
    ids = sorted(matched, reverse=True)[:limit]
    states = profiles.profile_states(ids)
    return [
        Match(i, tuple(matched[i]), s.is_shared, s.event_count, s.first_seen_at, s.last_seen_at)
        for i in ids
        if (s := states.get(i)) is not None
    ]


def _resolved(value: str, at: datetime | None) -> UUID:
    profile_id = _as_uuid(value)
    if profile_id is None:
        raise PersonNotFound("A profile id is a UUID, for example 0199f1c2-7a41-7c3e-9a52-5b8e1d2c3f40.")
    found = profiles.resolve(profile_id) if at is None else standing.resolved_then(profile_id, at)
    if found is None:
        raise PersonNotFound((UNKNOWN if at is None else UNKNOWN_THEN).format(kind="profile id"))
    return found


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _words(kind: str) -> str:
    return "e-mail address" if kind == "email" else kind.replace("_", " ")[:64] or "identifier"
