"""How a person is called on a page: a name or address as the reader may see it, then what else tells them apart. Pure.

Without the right to see personal data a name is its initials and an address is masked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from profiles.contracts import IdentifierFacts
from profiles.identifiers import EMAIL, masked, rank

MASK = "•••"
WHOLE_NAMES = ("name", "fullName", "full_name")
PARTS = (("firstName", "first_name", "firstname"), ("lastName", "last_name", "lastname"))
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Recognized:
    """`name` in bold, `detail` below it ("" where there is nothing more to say)."""

    name: str
    detail: str = ""


def recognized(
    profile_id: UUID, traits: Mapping[str, Any], identifiers: Sequence[IdentifierFacts], *, personal: bool
) -> Recognized:
    """By name, else by address, else by the strongest identifier. `traits`: {name: value}; identifiers oldest first."""
    spoken = name_of(traits)
    name = (spoken if personal else initials(spoken)) if spoken else ""
    best = _best(identifiers)
    known = _shown(best, personal=personal) if best else f"profile …{profile_id.hex[-6:]}"
    if name:
        return Recognized(name, known)
    strongest = min(reversed(identifiers), key=lambda fact: rank(fact.kind)) if identifiers else None
    detail = _shown(strongest, personal=personal) if strongest and strongest != best else ""
    return Recognized(known, detail)


def name_of(traits: Mapping[str, Any]) -> str:
    """The name as the shop told it; "" where it did not."""
    whole = _first(traits, WHOLE_NAMES)
    return whole or " ".join(part for names in PARTS if (part := _first(traits, names)))


def initials(name: str) -> str:
    """`Ada Lovelace` → `A••• L•••`."""
    return " ".join(f"{word[0]}{MASK}" for word in name.split()[:3])


def _first(traits: Mapping[str, Any], names: Sequence[str]) -> str:
    found = (traits[name].strip() for name in names if isinstance(traits.get(name), str))
    return next((" ".join(value.split())[:LONGEST] for value in found if value), "")


def _best(identifiers: Sequence[IdentifierFacts]) -> IdentifierFacts | None:
    addresses = [fact for fact in identifiers if fact.kind == EMAIL and not fact.is_shared]
    if addresses:
        return addresses[-1]
    return min(reversed(identifiers), key=lambda fact: rank(fact.kind)) if identifiers else None


def _shown(fact: IdentifierFacts, *, personal: bool) -> str:
    value = fact.value if personal else masked(fact.kind, fact.value)
    return value if fact.kind == EMAIL else f"{fact.kind.replace('_', ' ')} {value}"
