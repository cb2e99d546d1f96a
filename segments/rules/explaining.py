"""Why somebody is in a segment or not: each clause with its sentence, its answer and what decided it. Pure."""

from dataclasses import dataclass
from typing import Any

from segments.rules.facts import PastEvent

MOST_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """One clause asked of one person. `kind` is the node's key; `sentence` the clause in words; `holds` the answer.

    For did: `found` events counted, `wanted` in words ("at least 3 times"), and the newest of them, at most five.
    For trait: `actual`, the present value (None = not known). `change`: what would change the answer, in words;
    `turns_us`: when time alone does, None where it does not (`segments.rules.changing`).
    """

    kind: str
    sentence: str
    holds: bool
    children: tuple["Explanation", ...] = ()
    found: int | None = None
    wanted: str = ""
    events: tuple[PastEvent, ...] = ()
    actual: Any = None
    change: str = ""
    turns_us: int | None = None
