"""How people are called on a page: an address or id, masked for those who may not see personal data."""

from collections.abc import Collection
from uuid import UUID

from profiles.identifiers import EMAIL, masked
from profiles.queries import emails_of, identifiers_of


def person_labels(profile_ids: Collection[UUID], *, unmasked: bool) -> dict[UUID, str]:
    """{profile id: its e-mail address, else its oldest identifier, else the id's end}; two statements for all."""
    addresses = emails_of(profile_ids)
    others = identifiers_of(set(profile_ids) - set(addresses))
    labels: dict[UUID, str] = {}
    for profile_id in profile_ids:
        known = [(EMAIL, addresses[profile_id])] if profile_id in addresses else []
        known += [(each.kind, each.value) for each in others.get(profile_id, ())]
        if not known:
            labels[profile_id] = f"former profile …{profile_id.hex[-6:]}"
            continue
        kind, value = known[0]
        labels[profile_id] = value if unmasked else masked(kind, value)
    return labels
