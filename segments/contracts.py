"""What crosses the border of segments: what was saved, what a recomputation did, who is in what since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from segments.rules import Explanation


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """What an editor wants a segment to be. `definition` is the rule as JSON; `purpose` a code, empty for none."""

    slug: str
    name: str
    definition: Any
    state: str = "live"
    notes: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class SavedSegment:
    """`job_id` is the recomputation that makes memberships true to the rule; None when nothing can have changed."""

    segment_id: int
    version: int
    rule_changed: bool
    job_id: UUID | None


@dataclass(frozen=True, slots=True)
class Activation:
    """How many are in a segment, and how many of them may not be addressed for its purpose, by the gate's reason.

    `purpose`: a code, empty where the segment has none: then nobody is refused.
    """

    purpose: str
    people: int
    refused: Mapping[str, int]

    @property
    def refusing(self) -> int:
        """How many may not be addressed."""
        return sum(self.refused.values())


@dataclass(frozen=True, slots=True)
class Written:
    """What one evaluation changed: profiles evaluated, memberships opened and closed."""

    evaluated: int = 0
    entered: int = 0
    left: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.evaluated + other.evaluated, self.entered + other.entered, self.left + other.left)


@dataclass(frozen=True, slots=True)
class SegmentOfProfile:
    """A segment somebody is in now."""

    segment_id: int
    slug: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Why:
    """A live segment asked of one person: whether they belong to it now, and why, clause by clause.

    `since` is when the open membership began; None where there is none (yet). A shared identifier's profile belongs to
    no segment whatever its clauses say.
    """

    segment_id: int
    slug: str
    name: str
    is_member: bool
    is_shared: bool
    since: datetime | None
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would mean if it were saved now. `sample`: up to ten profile ids, the same ones each time.

    `people` is how many profiles there are, about. `entering` and `leaving` are None for a rule that is no segment yet
    or whose segment is not live. `as_of`: None = exactly now.
    """

    count: int
    people: int
    sample: tuple[UUID, ...]
    entering: int | None
    leaving: int | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in a segment now."""

    membership_id: int
    profile_id: UUID
    since: datetime


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Newest members first; `next_cursor` asks for the page after, None at the end."""

    members: tuple[Member, ...]
    next_cursor: str | None
