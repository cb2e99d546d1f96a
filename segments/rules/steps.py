"""The steps of a sequence: what happens in each, and how soon after the one before. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from segments.rules.facts import DAY_US
from segments.rules.happenings import Happenings
from segments.rules.node import Place
from segments.rules.windows import MAX_DAYS, Ever, Window

UNITS: Mapping[str, int] = {"minutes": 60_000_000, "hours": 3_600_000_000, "days": DAY_US}
DID, DID_NOT = "did", "did_not"
STEP_KEYS = ("where", "channel", "after")


@dataclass(frozen=True, slots=True)
class Step:
    """Events of the whole sequence's window, at most `after_us` after the step before; None: however long after.

    `is_absence`: that none of them happened, whatever the window; then there is a bound.
    """

    what: Happenings
    after_us: int | None
    is_absence: bool = False

    def __post_init__(self) -> None:
        if self.is_absence and self.after_us is None:
            raise ValueError("what did not happen did not happen until some time")

    @classmethod
    def parse(cls, raw: object, place: Place, window: Window, *, is_first: bool, is_last: bool) -> Self:
        if not isinstance(raw, dict) or (DID in raw) is (DID_NOT in raw):
            place.refuse('takes a step: {"did": "Product Added"}, or as the last one {"did_not": "…", "after": {…}}')
        is_absence = DID_NOT in raw
        key = DID_NOT if is_absence else DID
        place.only(raw, (key, *STEP_KEYS))
        if is_absence and (is_first or not is_last):
            place.refuse("did_not stands last, after at least one did")
        if is_absence and "after" not in raw:
            place.refuse('did_not takes a bound, as in "after": {"hours": 24}')
        if is_first and "after" in raw:
            place.at("after").refuse("the first step comes after nothing; bound the whole with within")
        after = _stretch(raw["after"], place.at("after")) if "after" in raw else None
        told: Mapping[str, Any] = {name: value for name, value in raw.items() if name != "after"}
        what = Happenings.parse(told, place, name_key=key)
        within = Ever() if is_absence else window
        return cls(Happenings(what.event, what.where, within, what.channel), after, is_absence)

    def sentence(self) -> str:
        """The step in words, with how soon it follows."""
        words = f"{'no ' if self.is_absence else ''}{self.what.of_what()}{self._conditions()}"
        return words if self.after_us is None else f"{words} within {said_stretch(self.after_us)}"

    def _conditions(self) -> str:
        return Happenings(self.what.event, self.what.where, Ever(), self.what.channel).when_and_which()


def said_stretch(stretch_us: int) -> str:
    """A stretch of time in words, in the largest unit that fits."""
    for name, unit in reversed(list(UNITS.items())):
        if stretch_us % unit == 0:
            number = stretch_us // unit
            return f"{number} {name if number != 1 else name[:-1]}"
    return f"{stretch_us / UNITS['minutes']:g} minutes"


def _stretch(raw: object, place: Place) -> int:
    if not isinstance(raw, dict) or len(raw) != 1 or next(iter(raw)) not in UNITS:
        place.refuse('takes {"minutes": n}, {"hours": n} or {"days": n}')
    ((unit, number),) = raw.items()
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number * UNITS[unit] <= MAX_DAYS * DAY_US:
        place.at(unit).refuse(f"takes a whole number from 1, at most {MAX_DAYS} days together")
    return number * UNITS[unit]
