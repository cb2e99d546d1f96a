"""What crosses the border of people: a person as they stand or stood, figures about them, and why nobody was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from profiles.contracts import Counter, IdentifierFacts, Trait


class PersonNotFound(LookupError):
    """Nobody is known, or was known then, by this identifier. The text says by which kind, never the value."""


class NobodysIdentifier(PersonNotFound):
    """The identifier was seen with too many people: it is shared, and no one person's."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person, now (`at` None) or as they stood at an instant.

    `traits` hold the times at which they were said, those set to null too. `updated_at`: when the profile last changed,
    or for the past when the last event received by then came in.
    """

    profile_id: UUID
    traits: Mapping[str, Trait]
    counters: Mapping[str, Counter]
    event_count: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    updated_at: datetime | None
    at: datetime | None = None

    @property
    def present_traits(self) -> dict[str, Any]:
        """{name: value} of those that have one, by name."""
        return {name: trait[0] for name, trait in sorted(self.traits.items()) if trait[0] is not None}


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was found: a profile, and the instant of which it is asked (None: now)."""

    profile_id: UUID
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A profile found by search, and by which of its identifiers."""

    profile_id: UUID
    matched: tuple[IdentifierFacts, ...]
    is_shared: bool
    event_count: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed trait's value of one person. `is_partial`: there was more than is read; the newest was."""

    name: str
    label: str
    description: str
    value: Any
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class PastValue:
    """A value a trait had, said at an instant by a source (0: not known any more)."""

    value: Any
    said_at: datetime
    source_id: int
