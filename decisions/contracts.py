"""What crosses the border of decisions: who asks for which places in which situation, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from offers.contracts import Cart
from people.queries.callers import Caller, Named, Whose


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest:
    """`found`: whose past the caller may have looked at (`people.queries.callers.whose`). `context`: texts, numbers
    and truth values by name. `idempotency_key`: the same asked again by the same caller for the same person is answered
    again for a day; empty: every call is new. `is_refusing`: this very request says that nothing personal is wanted."""

    caller: Caller
    placements: tuple[str, ...]
    person: Named | None = None
    found: Whose = field(default_factory=Whose)
    context: Mapping[str, Any] = field(default_factory=dict)
    cart: Cart | None = None
    idempotency_key: str = ""
    is_refusing: bool = False

    @property
    def locale(self) -> str:
        """Of the visitor; empty where nobody says."""
        value = self.context.get("locale")
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An outcome that would have been shown but for `reason`."""

    arm: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown: its type (content, offer, recommendations, data, list or nothing), key and body as JSON."""

    type: str
    key: str = ""
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One place's answer. `id` is None and `version` 0 where there is no such place: that is not logged."""

    id: UUID | None
    placement: str
    version: int
    version_id: int | None
    decided_by: str
    arm: str
    reason: str
    shown: Shown
    skipped: tuple[Skipped, ...] = ()
    propensity: float = 1.0
    probabilities: Mapping[str, float] | None = None
    features: Mapping[str, Any] | None = None
    state_version: int = 0
    unit_hash: bytes | None = None
    identifier_id: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A decision that somebody saw at `at`."""

    decision_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Browser:
    """Who tells of a decision: the unit under which it is logged, and the identifier by which outcomes are found."""

    unit_hash: bytes
    identifier_id: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of things told of decisions: how many counted, how many had before, and the ids of none that is
    ours (or that is too old to count)."""

    taken: int
    repeated: int
    unknown: frozenset[UUID] = frozenset()
