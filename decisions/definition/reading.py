"""Reading JSON with the path to whatever is wrong; every fault is found, not only the first. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

MOST_TEXT = 500


class Fault(NamedTuple):
    """What is wrong and how to mend it; `path` as in $.rows[0].outcome. What `blocks` is never published."""

    path: str
    code: str
    message: str
    blocks: bool = True


class DefinitionError(ValueError):
    """A definition that cannot be read; `faults` is everything that is wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of JSON stands. Faults of all places of one reading are gathered in one list."""

    faults: list[Fault]
    path: str = "$"

    def at(self, key: str | int) -> "Place":
        """The place of a key or an index of this piece."""
        return Place(self.faults, f"{self.path}[{key}]" if isinstance(key, int) else f"{self.path}.{key}")

    def fault(self, code: str, message: str) -> None:
        """Note what is wrong here."""
        self.faults.append(Fault(self.path, code, message))

    def fields(self, raw: object, allowed: Sequence[str]) -> Mapping[str, Any]:
        """An object with no other keys than these; an empty one in place of something else."""
        if not isinstance(raw, dict):
            self.fault("not_an_object", f"takes an object with any of {', '.join(allowed)}")
            return {}
        for key in sorted(set(raw) - set(allowed)):
            self.fault("unknown_key", f"unknown key {key!r}; it takes {', '.join(allowed)}")
        return raw

    def items(self, raw: object, most: int, what: str, *, least: int = 1) -> Sequence[Any]:
        """A list of so many."""
        if not isinstance(raw, list) or not least <= len(raw) <= most:
            self.fault("not_a_list", f"takes a list of {least} to {most} {what}")
            return raw[:most] if isinstance(raw, list) else []
        return raw

    def text(self, raw: object, what: str, *, most: int = MOST_TEXT) -> str:
        """A text that is not empty."""
        if not isinstance(raw, str) or not raw.strip() or len(raw) > most:
            self.fault("not_a_text", f"takes {what}: a text of 1 to {most} characters")
            return ""
        return raw.strip()

    def note(self, raw: object) -> str:
        """A text that may be absent."""
        if raw is None or isinstance(raw, str):
            return (raw or "")[:MOST_TEXT]
        self.fault("not_a_text", "takes a text")
        return ""

    def whole(self, raw: object, low: int, high: int) -> int:
        """A whole number within bounds."""
        if not isinstance(raw, int) or isinstance(raw, bool) or not low <= raw <= high:
            self.fault("out_of_range", f"takes a whole number from {low} to {high}")
            return low
        return raw

    def share(self, raw: object, low: float, high: float) -> float:
        """A number within bounds."""
        number = float(raw) if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool) else None
        if number is None or not low <= number <= high:
            self.fault("out_of_range", f"takes a number from {low:g} to {high:g}")
            return low
        return number

    def one_of(self, raw: object, choices: Sequence[str]) -> str:
        """One of some texts; the first in place of another."""
        if raw not in choices:
            self.fault("unknown", f"takes one of {', '.join(choices)}")
            return choices[0]
        return str(raw)

    def truth(self, raw: object) -> bool:
        """True or false."""
        if not isinstance(raw, bool):
            self.fault("not_a_truth", "takes true or false")
        return raw is True

    def instant(self, raw: object) -> datetime | None:
        """An instant with its zone, or nothing."""
        if raw in (None, ""):
            return None
        try:
            found = datetime.fromisoformat(str(raw))
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self.fault("not_an_instant", "takes an instant with its zone, like 2026-12-24T08:00:00+01:00")
            return None
        return found
