"""What a rule is asked about: one person's traits and events. Pure; built by `segments.queries.people`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

NEVER = 2**63 - 1
"""The instant (µs since the epoch) of what time alone never brings."""

DAY_US = 86_400_000_000


class PastEvent(NamedTuple):
    """One stored event: its canonical name, event time in µs since the epoch, canonical properties, and its id."""

    name: str
    occurred_us: int
    properties: Mapping[str, Any]
    id: int = 0


@dataclass(frozen=True)
class PersonFacts:
    """One person at one instant. Events may come in any order; each stands once."""

    traits: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[PastEvent] = ()

    @cached_property
    def events_by_name(self) -> Mapping[str, Sequence[PastEvent]]:
        """The events grouped by name, grouped once however many nodes ask."""
        groups: dict[str, list[PastEvent]] = {}
        for event in self.events:
            groups.setdefault(event.name, []).append(event)
        return groups
