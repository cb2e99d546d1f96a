"""How people are called: by name, else by address, else by their strongest identifier; masked without the right."""

from uuid import UUID

import pytest

from cdp.lib.clock import from_us
from profiles.contracts import IdentifierFacts
from profiles.recognizing import Recognized, recognized

PERSON = UUID(int=0xABCDEF)


def fact(kind: str, value: str, *, shared: bool = False) -> IdentifierFacts:
    return IdentifierFacts(1, kind, value, PERSON, shared, from_us(0))


ADA = [fact("anonymous_id", "browser-1"), fact("user_id", "ada-4711"), fact("email", "ada@example.com")]


@pytest.mark.parametrize(
    ("traits", "identifiers", "clear", "masked"),
    [
        (
            {"firstName": " Ada ", "lastName": "Lovelace"},
            ADA,
            Recognized("Ada Lovelace", "ada@example.com"),
            Recognized("A••• L•••", "a•••@e•••.com"),
        ),
        (
            {"name": "Ada", "firstName": "X"},
            ADA,
            Recognized("Ada", "ada@example.com"),
            Recognized("A•••", "a•••@e•••.com"),
        ),
        (
            {"name": 7},
            ADA,
            Recognized("ada@example.com", "user id ada-4711"),
            Recognized("a•••@e•••.com", "user id ad•••"),
        ),
        ({}, ADA[:2], Recognized("user id ada-4711"), Recognized("user id ad•••")),
        ({}, [fact("email", "a@b.example", shared=True)], Recognized("a@b.example"), Recognized("a•••@b•••.example")),
        ({}, [], Recognized("profile …abcdef"), Recognized("profile …abcdef")),
    ],
)
def test_a_person_is_called_by_what_helps_to_recognize_them(
    traits: dict[str, object], identifiers: list[IdentifierFacts], clear: Recognized, masked: Recognized
) -> None:
    assert recognized(PERSON, traits, identifiers, personal=True) == clear
    assert recognized(PERSON, traits, identifiers, personal=False) == masked
