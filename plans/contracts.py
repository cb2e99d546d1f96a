"""What crosses the border of plans: verdicts on events, breaches to count, what was seen, and the data dictionary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

OFF, MONITOR, QUARANTINE = "off", "monitor", "quarantine"
PERSONAL_CATEGORIES: tuple[str, ...] = ("name", "contact", "location", "id", "demographic", "sensitive", "other")
"""What a property may tell of a person, as marked in the plan."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which an event breaks the plan. `path`: products[].price; `sentence` says how to mend it.

    Sentences name properties and rules, never the value that was sent.
    """

    path: str
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """An event that breaks the plan. `reason`: plan_violation, event_blocked or undeclared."""

    reason: str
    violations: tuple[Violation, ...]
    refuses: bool

    @property
    def sentences(self) -> str:
        """All that is wrong, as one text."""
        return " ".join(one.sentence for one in self.violations)


@dataclass(frozen=True, slots=True)
class Breach:
    """An event with a verdict, to be counted: where it came from, and where its bytes are.

    `properties` only of events refused as undeclared: they are learned from here, since the log will not hold them.
    """

    source_id: int
    day: date
    kind: str
    name: str
    violations: tuple[Violation, ...]
    refused: bool
    inbox_id: int
    index: int
    received_at: datetime
    properties: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of one event name from one source: exact counts by day of receipt, and properties of some events."""

    source_id: int
    kind: str
    name: str
    first_at: datetime
    last_at: datetime
    by_day: Mapping[date, int]
    refused: int = 0
    samples: Sequence[Mapping[str, Any]] = ()

    @property
    def count(self) -> int:
        """Events that were stored."""
        return sum(self.by_day.values())


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """A property as the table shows it. `type` is one of `table.TYPES`; `personal` a category or nothing."""

    path: str
    type: str
    is_required: bool = False
    example: str = ""
    personal: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A version to be published."""

    schema: Mapping[str, Any]
    personal: Mapping[str, str] = field(default_factory=dict)
    changelog: str = ""


@dataclass(frozen=True, slots=True)
class DictionaryEntry:
    """One event of the data dictionary. `volume`: events of the last 30 days; None of `last_seen_at`: never seen."""

    kind: str
    name: str
    description: str
    owner: str
    status: str
    version: int
    published_at: datetime
    volume: int
    violations: int
    last_seen_at: datetime | None
    properties: tuple[PropertyRow, ...]
    schema: Mapping[str, Any]
    id: int = 0


class BadSchema(ValueError):
    """A schema that cannot be published: the sentence says what is wrong and how to mend it."""


class BadPlan(ValueError):
    """A change to the plan that cannot be made. `field` names the input that is to be mended."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
