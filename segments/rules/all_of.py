"""`{"all": [...]}`: every clause holds. An empty one is true."""

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
class AllOf(Node):
    """And."""

    key: ClassVar[str] = "all"
    example: ClassVar[str] = '{"all": [{"trait": "country", "is": "eq", "value": "DE"}, {"did": "Order Completed"}]}'
    meaning: ClassVar[str] = "every clause holds (an empty list is true)"

    clauses: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not all(isinstance(clause, Node) for clause in self.clauses):
            raise TypeError("every clause of all is a node")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("all",))
        clauses = raw["all"]
        here = place.at("all")
        if not isinstance(clauses, list):
            here.refuse("takes a list of nodes")
        return cls(tuple(here.child(clause, index) for index, clause in enumerate(clauses)))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return all(clause.evaluate(facts, now_us) for clause in self.clauses)

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """While true, the first clause that may change; while false, as long as any one false clause stays false."""
        false = [clause for clause in self.clauses if not clause.evaluate(facts, now_us)]
        if false:
            return max(clause.valid_until(facts, now_us) for clause in false)
        return min((clause.valid_until(facts, now_us) for clause in self.clauses), default=NEVER)

    def compile(self, scope: Scope) -> exp.Expression:
        return sql.both([clause.compile(scope) for clause in self.clauses])

    def due(self, scope: Scope) -> exp.Expression | None:
        """Where the tree is high only the earliest due of all clauses, so that the text cannot grow without end."""
        clauses = [(sql.no(clause.compile(scope)), clause.due(scope)) for clause in self.clauses]
        return sql.due_of_clauses(clauses, exact=self.height() <= MAX_EXACT_HEIGHT)

    def needs_events(self) -> bool:
        return any(clause.needs_events() for clause in self.clauses)

    def sentence(self) -> str:
        if not self.clauses:
            return "everyone"
        return " and ".join(_bracket(clause) for clause in self.clauses)

    def mentions(self) -> Mentions:
        return reduce(Mentions.__or__, (clause.mentions() for clause in self.clauses), Mentions())

    def children(self) -> Sequence[Node]:
        return self.clauses


def _bracket(clause: Node) -> str:
    """Brackets where and/or would read ambiguously."""
    return f"({clause.sentence()})" if clause.key == "any" and len(clause.children()) > 1 else clause.sentence()
