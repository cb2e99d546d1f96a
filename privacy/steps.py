"""The steps of a request by its kind, in the order they are shown and worked. Pure.

Numbers leave room: an erasure has one step a store from `ERASE_FROM` on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

VERIFY, DECIDE, FIND, EXPORT, RECTIFY, APPLIED = "verify", "decide", "find", "export", "rectify", "applied"
LEDGER, RECIPIENTS, CHECK, TELL, EMPTY = "ledger", "recipients", "check", "tell", "empty"
ERASE, ERASE_PREFIX = "erase", "erase:"
ERASE_FROM = 100

_TITLES = {
    VERIFY: (0, "Make sure it is them"),
    DECIDE: (10, "Decide"),
    FIND: (20, "Find everything that is theirs"),
    EXPORT: (50, "Put the export together"),
    RECTIFY: (50, "Correct it"),
    APPLIED: (60, "See that the correction holds"),
    LEDGER: (50, "Write it to the consent ledger"),
    RECIPIENTS: (90, "Tell everybody who got their data"),
    CHECK: (910, "Search every store for what is left"),
    TELL: (920, "Answer by e-mail"),
    EMPTY: (930, "Empty this request of personal data"),
}
_OF_KIND = {
    "access": (FIND, EXPORT, TELL),
    "rectify": (FIND, RECTIFY, APPLIED, RECIPIENTS, TELL, EMPTY),
    "erase": (FIND, RECIPIENTS, CHECK, TELL, EMPTY),
    "restrict": (FIND, LEDGER, RECIPIENTS, TELL, EMPTY),
    "unrestrict": (FIND, LEDGER, RECIPIENTS, TELL, EMPTY),
    "object": (FIND, LEDGER, TELL, EMPTY),
    "opt_out": (FIND, LEDGER, RECIPIENTS, TELL, EMPTY),
}


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step before it is begun. `name` is unique in its request."""

    position: int
    name: str
    title: str


def planned(kind: str, *, staff_decide: bool, stores: Sequence[tuple[str, str]] = ()) -> list[PlannedStep]:
    """The steps of a request of this kind. `stores`: (name, title) of what an erasure walks, in order."""
    names = [VERIFY, *([DECIDE] if staff_decide else []), *_OF_KIND[kind]]
    steps = [PlannedStep(_TITLES[name][0], name, _TITLES[name][1]) for name in names]
    if kind == "erase":
        steps += [store_step(place, name, title) for place, (name, title) in enumerate(stores)]
    return sorted(steps, key=lambda step: step.position)


def store_step(place: int, name: str, title: str) -> PlannedStep:
    """The step that erases one store, the `place`-th in order."""
    return PlannedStep(ERASE_FROM + place, f"{ERASE_PREFIX}{name}", f"Erase: {title}")
