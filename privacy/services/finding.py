"""Whom a request is about: everything that is this person's alone, from one identifier or the hash of an address.

The answer is kept as JSON with the request, since erasing takes away the rows it was found in.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from cdp.lib.hashing import address_hash as hash_of
from cdp.lib.rights import ADDRESS_KINDS, Held, Person
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.identifiers import Blocked, canonicalize

UNSEEN = 0
"""Row id of an address that no event ever named: the ledger, mails and files may hold it all the same."""


def find_person(kind: str, value: object) -> Person | None:
    """The person of an identifier (raw or canonical value).

    An address nobody saw is a person of that address alone, as the ledger or a file may name it. A shared identifier is
    nobody's: the answer then has it as `shared` and nothing else. None where the value names nobody, or was never seen.
    """
    key = canonicalize(kind, value)
    if isinstance(key, Blocked):
        return None
    found = profiles.find(key.kind, key.value)
    if found is not None:
        return person_of(found.profile_id)
    return Person((Held(UNSEEN, key.kind, key.value),)) if key.kind in ADDRESS_KINDS else None


def find_person_by_identifier(identifier_id: int) -> Person | None:
    """The person an identifier row belongs to; None once it is gone."""
    found = profiles.profiles_of_identifiers([identifier_id]).get(identifier_id)
    return None if found is None else person_of(found)


def find_person_by_address(address_hash: bytes) -> Person | None:
    """The person of an address of which only the hash is known. Reads every address once: some seconds a million."""
    for kind, value in profiles.addresses(ADDRESS_KINDS):
        if hash_of(value) == address_hash:
            return find_person(kind, value)
    return None


def person_of(profile_id: UUID) -> Person:
    """The person of a profile as it stands, with the ids it went by before and the shared identifiers it was seen with.

    An id it went by before that another person's identifier has minted is that person's, and left out.
    """
    members = profiles.identifiers_of([profile_id])[profile_id]
    own = [fact for fact in members if not fact.is_shared]
    ids = [fact.id for fact in own]
    before = profiles.ids_gone_by(ids) - {profile_id}
    return Person(
        identifiers=tuple(_held(own)),
        profile_ids=(profile_id, *sorted(before)) if own else (),
        shared=tuple(_held([fact for fact in members if fact.is_shared] + profiles.shared_beside(ids))),
    )


def to_json(person: Person) -> dict[str, Any]:
    """As `privacy.Request.person` keeps it."""
    return {
        "identifiers": [[one.id, one.kind, one.value] for one in person.identifiers],
        "profile_ids": [str(profile_id) for profile_id in person.profile_ids],
        "shared": [[one.id, one.kind, one.value] for one in person.shared],
    }


def from_json(kept: Mapping[str, Any]) -> Person:
    """The person that `to_json` kept."""
    return Person(
        identifiers=tuple(Held(*row) for row in kept["identifiers"]),
        profile_ids=tuple(UUID(text) for text in kept["profile_ids"]),
        shared=tuple(Held(*row) for row in kept["shared"]),
    )


def _held(facts: Iterable[IdentifierFacts]) -> list[Held]:
    return [Held(fact.id, fact.kind, fact.value) for fact in facts]
