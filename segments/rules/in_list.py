"""`{"in_list": "fair-2026"}`: who is named on a static list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.owned import owned
from segments.rules.scope import LISTED, Scope
from segments.rules.slugs import parse_slug


@dataclass(frozen=True, slots=True)
class InList(Node):
    """Named on a list by any identifier they have now."""

    key: ClassVar[str] = "in_list"
    example: ClassVar[str] = '{"in_list": "fair-2026"}'
    meaning: ClassVar[str] = "on a static list, named by its slug, by any identifier of theirs"

    slug: str

    def __post_init__(self) -> None:
        if not self.slug:
            raise ValueError("in_list names a list")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("in_list",))
        return cls(parse_slug(raw["in_list"], place.at("in_list"), "list"))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self.slug in facts.lists

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        return NEVER

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: sql.known(scope.aside(self, lambda: self._listed(scope))("is_in")))

    def due(self, scope: Scope) -> exp.Expression | None:
        return None

    def sentence(self) -> str:
        return f"on the list {self.slug}"

    def mentions(self) -> Mentions:
        return Mentions(lists=frozenset({self.slug}))

    def _listed(self, scope: Scope) -> exp.Select:
        named = exp.select("identifier_id").from_(scope.read(LISTED))
        named = named.where(exp.column("list").eq(sql.text(self.slug)))
        return owned(scope, named).select(exp.alias_(exp.true(), "is_in"), copy=False)
