"""From answers to changes: which memberships open, which close and why, and which of that is told to nobody. Pure."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID


class Pair(NamedTuple):
    """A segment and a profile."""

    segment_id: int
    profile_id: UUID


class OpenInterval(NamedTuple):
    """An open membership and the segment's version it was opened under."""

    membership_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Closing:
    """A membership to close. `told`: whether segment.left is published."""

    membership_id: int
    pair: Pair
    reason: str
    told: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """A membership to open. `told`: whether segment.entered is published."""

    pair: Pair
    told: bool


@dataclass(slots=True)
class Changes:
    """What to write."""

    openings: list[Opening] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)


def changes(
    answers: Mapping[Pair, bool],
    present: Mapping[Pair, OpenInterval],
    versions: Mapping[int, int],
    *,
    inherited: Set[Pair] = frozenset(),
    split_from: Set[UUID] = frozenset(),
) -> Changes:
    """The difference between the answers and the open memberships.

    `inherited` pairs open silently: the person was in the segment already, under the id of a profile that was merged
    into this one or that this one was split from. What a split alone takes away (`split_from`) is told to nobody.
    """
    found = Changes()
    for pair, is_member in answers.items():
        interval = present.get(pair)
        if is_member and interval is None:
            found.openings.append(Opening(pair, told=pair not in inherited))
        elif not is_member and interval is not None:
            reason = _reason(interval.version, versions[pair.segment_id], pair.profile_id in split_from)
            found.closings.append(Closing(interval.membership_id, pair, reason, told=reason != "split"))
    return found


def _reason(version: int, present_version: int, was_split: bool) -> str:
    if was_split:
        return "split"
    return "rule" if version == present_version else "edited"
