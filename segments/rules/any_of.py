"""`{"any": [...]}`: at least one clause holds. An empty one is false."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.node import MAX_EXACT_HEIGHT, Mentions, Node, Place
from segments.rules.scope import Scope


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """Or."""

    key: ClassVar[str] = "any"
    example: ClassVar[str] = '{"any": [{"did": "Product Added"}, {"did": "Product Viewed", "count": {"gte": 5}}]}'
    meaning: ClassVar[str] = "at least one clause holds (an empty list is false)"

    clauses: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not all(isinstance(clause, Node) for clause in self.clauses):
            raise TypeError("every clause of any is a node")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("any",))
        clauses = raw["any"]
        here = place.at("any")
        if not isinstance(clauses, list):
            here.refuse("takes a list of nodes")
        return cls(tuple(here.child(clause, index) for index, clause in enumerate(clauses)))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return any(clause.evaluate(facts, now_us) for clause in self.clauses)

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """While false, the first clause that may change; while true, as long as any one true clause stays true."""
        true = [clause for clause in self.clauses if clause.evaluate(facts, now_us)]
        if true:
            return max(clause.valid_until(facts, now_us) for clause in true)
        return min((clause.valid_until(facts, now_us) for clause in self.clauses), default=NEVER)

    def compile(self, scope: Scope) -> exp.Expression:
        return sql.either([clause.compile(scope) for clause in self.clauses])

    def due(self, scope: Scope) -> exp.Expression | None:
        """Where the tree is high only the earliest due of all clauses, so that the text cannot grow without end."""
        clauses = [(clause.compile(scope), clause.due(scope)) for clause in self.clauses]
        return sql.due_of_clauses(clauses, exact=self.height() <= MAX_EXACT_HEIGHT)

    def needs_events(self) -> bool:
        return bool(self.clauses) and all(clause.needs_events() for clause in self.clauses)

    def sentence(self) -> str:
        if not self.clauses:
            return "nobody"
        return " or ".join(_bracket(clause) for clause in self.clauses)

    def mentions(self) -> Mentions:
        return reduce(Mentions.__or__, (clause.mentions() for clause in self.clauses), Mentions())

    def children(self) -> Sequence[Node]:
        return self.clauses


def _bracket(clause: Node) -> str:
    """Brackets where and/or would read ambiguously."""
    return f"({clause.sentence()})" if clause.key == "all" and len(clause.children()) > 1 else clause.sentence()
