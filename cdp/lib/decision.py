"""A refusal carries its reason: decisions are returned, never bare booleans."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is a stable code from the module that decided; `evidence` the id of what allowed or forbade it."""

    allowed: bool
    reason: str
    evidence: int | None = None

    def __bool__(self) -> bool:
        raise TypeError("ask decision.allowed: a Decision has a reason that must not be dropped")
