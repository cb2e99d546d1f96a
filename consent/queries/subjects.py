"""Whom the gate is asked about, for people."""

from collections.abc import Collection
from uuid import UUID

from cdp.lib.hashing import address_hash
from consent.contracts import Subject
from profiles import queries as profiles


def subjects_of(profile_ids: Collection[UUID]) -> dict[UUID, Subject]:
    """{profile id: its identifiers, and the address and the number one would write to} of those that exist."""
    known = profiles.identifiers_of(profile_ids)
    emails = profiles.emails_of(profile_ids)
    found = {}
    for profile_id, facts in known.items():
        phones = [fact.value for fact in facts if fact.kind == "phone" and not fact.is_shared]
        email = emails.get(profile_id)
        if facts:
            found[profile_id] = Subject(
                address_hash(email) if email else None,
                tuple(fact.id for fact in facts),
                address_hash(phones[-1]) if phones else None,
            )
    return found
