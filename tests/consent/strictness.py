"""An oracle of the merge rule, written from its sentences and from nothing of the product.

"Strictest wins: withdrawn and denied over expired over pending over granted, except a later fresh grant by the same
verified person for the same address. Unknown is absence and takes no part; the default applies only where no side has
an entry. E-mail states are keyed by address, others by identifier. A grant never travels to another address; a
withdrawal holds for every profile with that address." And of double opt-in: what waits for its confirmation takes
nothing from a yes to that address, whoever signed it up.
"""

from collections.abc import Iterable
from dataclasses import dataclass

REFUSED = {"withdrawn", "denied"}


@dataclass(frozen=True)
class Side:
    """What one side said: its state (None: nothing) and when. `same`: it speaks of the very address asked about, and
    its owner is verified; `knows`: what it refuses is refused for that address too.
    """

    state: str | None
    time: int
    same: bool = False
    knows: bool = True


def of_identifiers(sides: Iterable[Side], now: int, default: bool) -> tuple[bool, set[str]]:
    """(allowed, reasons of which any is right) for a purpose keyed by identifiers."""
    said: set[str | None] = {side.state for side in sides if side.state is not None and side.time <= now}
    return _strictest(said, default)


def of_address(sides: Iterable[Side], now: int, default: bool) -> tuple[bool, set[str]]:
    """(allowed, reasons of which any is right) for a purpose of this address."""
    known = [side for side in sides if side.state is not None and side.time <= now]
    fresh = max((side.time for side in known if side.same and side.state == "granted"), default=-1)
    said: set[str | None] = {
        side.state for side in known if side.knows and side.state != "granted" and not side.time < fresh
    }
    if fresh >= 0:
        said = (said - {"pending"}) | {"granted"}
    return _strictest(said, default)


def _strictest(said: set[str | None], default: bool) -> tuple[bool, set[str]]:
    if said & REFUSED:
        return False, {str(one) for one in said & REFUSED}
    for state in ("expired", "pending"):
        if state in said:
            return False, {state}
    if "granted" in said:
        return True, {"granted"}
    return default, {"default_allowed" if default else "default_denied"}
