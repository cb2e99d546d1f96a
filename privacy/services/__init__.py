"""Writes of the privacy app."""

from privacy.services.erasing import ErasureIncomplete, erase_person, erasure_stores, remains
from privacy.services.finding import (
    find_person,
    find_person_by_address,
    find_person_by_identifier,
    from_json,
    person_of,
    to_json,
)

__all__ = [
    "ErasureIncomplete",
    "erase_person",
    "erasure_stores",
    "find_person",
    "find_person_by_address",
    "find_person_by_identifier",
    "from_json",
    "person_of",
    "remains",
    "to_json",
]
