"""Writes of the privacy app: requests and their steps, letters, single-use links, erasure."""

from privacy.contracts import LinkFacts
from privacy.services.erasing import ErasureIncomplete, erase_person, erasure_stores, remains
from privacy.services.finding import (
    find_person,
    find_person_by_address,
    find_person_by_identifier,
    from_json,
    person_of,
    to_json,
)
from privacy.services.letters import letter_slice, send_letter
from privacy.services.links import look, mint, use
from privacy.services.requests import (
    approve,
    ask,
    extend,
    refuse,
    run_again,
    send_download_link,
    send_link_again,
    verify,
)

__all__ = [
    "ErasureIncomplete",
    "LinkFacts",
    "approve",
    "ask",
    "erase_person",
    "erasure_stores",
    "extend",
    "find_person",
    "find_person_by_address",
    "find_person_by_identifier",
    "from_json",
    "letter_slice",
    "look",
    "mint",
    "person_of",
    "refuse",
    "remains",
    "run_again",
    "send_download_link",
    "send_letter",
    "send_link_again",
    "to_json",
    "use",
    "verify",
]
