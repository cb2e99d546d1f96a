"""How people are called on a page: by name or address, masked for those who may not see personal data."""

from collections.abc import Collection
from uuid import UUID

from profiles.queries import identifiers_of, profile_states
from profiles.recognizing import recognized


def person_labels(profile_ids: Collection[UUID], *, unmasked: bool) -> dict[UUID, str]:
    """{profile id: name and address, or the strongest identifier, or the id's end}; two statements for all."""
    states = profile_states(profile_ids)
    identifiers = identifiers_of(profile_ids)
    labels: dict[UUID, str] = {}
    for profile_id in profile_ids:
        if not identifiers[profile_id]:
            labels[profile_id] = f"former profile …{profile_id.hex[-6:]}"
            continue
        traits = states[profile_id].traits if profile_id in states else {}
        called = recognized(profile_id, traits, identifiers[profile_id], personal=unmasked)
        labels[profile_id] = f"{called.name}, {called.detail}" if called.detail else called.name
    return labels
