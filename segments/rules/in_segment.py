"""`{"in_segment": "vip"}`: who is in another segment now, as its stored membership says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import HI, LO, MEMBERSHIPS, Scope
from segments.rules.slugs import parse_slug


@dataclass(frozen=True, slots=True)
class InSegment(Node):
    """Membership of another segment. What changes it, time too, changes that segment first."""

    key: ClassVar[str] = "in_segment"
    example: ClassVar[str] = '{"in_segment": "vip"}'
    meaning: ClassVar[str] = "in another segment, named by its slug"

    slug: str

    def __post_init__(self) -> None:
        if not self.slug:
            raise ValueError("in_segment names a segment")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("in_segment",))
        return cls(parse_slug(raw["in_segment"], place.at("in_segment"), "segment"))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self.slug in facts.segments

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        return NEVER

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: sql.known(scope.aside(self, lambda: self._members(scope))("is_in")))

    def due(self, scope: Scope) -> exp.Expression | None:
        return None

    def sentence(self) -> str:
        return f"in the segment {self.slug}"

    def mentions(self) -> Mentions:
        return Mentions(segments=frozenset({self.slug}))

    def _members(self, scope: Scope) -> exp.Select:
        members = exp.select(HI, LO, exp.alias_(exp.true(), "is_in")).from_(scope.read(MEMBERSHIPS))
        return members.where(exp.column("segment").eq(sql.text(self.slug)))
