"""What crosses the border of profiles: identifier keys, sightings, state deltas, and what queries answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

Trait = tuple[Any, int, str]
"""(value, event time µs, message hash hex): the last by (time, hash) wins."""
Counter = tuple[int, int, int]
"""(count of distinct events, first µs, last µs)."""


class IdentifierKey(NamedTuple):
    """One way by which a person is known, canonical (see `profiles.identifiers.canonicalize`)."""

    kind: str
    value: str


class DecisionRefused(ValueError):
    """A decision of staff about identity that cannot be taken; the text says why and what to do."""


class DecisionOutdated(DecisionRefused):
    """People changed after the member of staff looked at them: they are to look again."""


class Sighting(NamedTuple):
    """The identifiers of one event: canonical, unblocked, distinct, strongest first.

    `seen_at_us` is the event's time, `link_at_us` the same but floored for browser sources (received − 7 days).
    Identity orders by `link_at_us` alone, so that a forged old time neither evicts anybody nor renames a profile.
    """

    identifiers: tuple[IdentifierKey, ...]
    seen_at_us: int
    link_at_us: int
    source_id: int
    message_hash: bytes


@dataclass(slots=True)
class StateDelta:
    """A fold of some events of one identifier (or of all of them: a whole state has the same shape)."""

    traits: dict[str, Trait] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IdentifierFacts:
    """An identifier as it stands now. `is_shared`: it is nobody's, and a profile of its own."""

    id: int
    kind: str
    value: str
    profile_id: UUID
    is_shared: bool
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileState:
    """What is known of a person. `traits` holds present values only; `counters`: {name: (count, first µs, last µs)}."""

    profile_id: UUID
    traits: dict[str, Any]
    counters: dict[str, Counter]
    event_count: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    is_shared: bool


@dataclass(frozen=True, slots=True)
class GroupSighting:
    """One “group” call: `identifier_id` was seen in the account `group_id` (canonical), which has these traits."""

    group_id: str
    identifier_id: int
    at_us: int
    traits: Mapping[str, Any]
    hash_hex: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account somebody is in. `name`: what its traits call it, else its id; the times are those of the membership.

    `traits` holds present values only.
    """

    account_id: int
    group_id: str
    name: str
    traits: dict[str, Any]
    first_seen_at: datetime
    last_seen_at: datetime


PersonPage = Callable[..., dict[str, Any]]
"""f(request, profile, personal=…) → what the template admin/person/page.html shows. The roof gathers it from every app;
`settings.PROFILE_PAGE` is the dotted path.
"""

PersonSearch = Callable[[str], set[UUID]]
"""f(text) → the present profiles that a list of people shows for it; `settings.PERSON_SEARCH` is the dotted path."""
