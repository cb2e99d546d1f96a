"""Whom the gate is asked about, for people."""

from collections.abc import Collection
from uuid import UUID

from cdp.lib.hashing import address_hash
from consent.contracts import Subject
from profiles import queries as profiles


def subjects_of(profile_ids: Collection[UUID]) -> dict[UUID, Subject]:
    """{profile id: its identifiers, and the address and the number one would write to} of those that exist."""
    known = profiles.identifiers_of(profile_ids)
    emails = {
        profile_id: [fact.value for fact in facts if fact.kind == "email" and not fact.is_shared]
        for profile_id, facts in known.items()
    }
    several = [profile_id for profile_id, values in emails.items() if len(values) > 1]
    chosen = profiles.emails_of(several) if several else {}
    found = {}
    for profile_id, facts in known.items():
        phones = [fact.value for fact in facts if fact.kind == "phone" and not fact.is_shared]
        email = chosen.get(profile_id) or next(iter(emails[profile_id]), None)
        if facts:
            found[profile_id] = Subject(
                address_hash(email) if email else None,
                tuple(fact.id for fact in facts),
                address_hash(phones[-1]) if phones else None,
            )
    return found
