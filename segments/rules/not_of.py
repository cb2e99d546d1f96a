"""`{"not": {...}}`: the clause does not hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.facts import PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import Scope


@dataclass(frozen=True, slots=True)
class NotOf(Node):
    """Negation of a clause that is itself always true or false."""

    key: ClassVar[str] = "not"
    example: ClassVar[str] = '{"not": {"did": "Order Completed", "within": {"days": 90}}}'
    meaning: ClassVar[str] = "the clause does not hold"

    clause: Node

    def __post_init__(self) -> None:
        if not isinstance(self.clause, Node):
            raise TypeError("the clause of not is a node")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("not",))
        return cls(place.child(raw["not"], "not"))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return not self.clause.evaluate(facts, now_us)

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        return self.clause.valid_until(facts, now_us)

    def compile(self, scope: Scope) -> exp.Expression:
        return sql.no(self.clause.compile(scope))

    def due(self, scope: Scope) -> exp.Expression | None:
        return self.clause.due(scope)

    def sentence(self) -> str:
        return f"not ({self.clause.sentence()})"

    def mentions(self) -> Mentions:
        return self.clause.mentions()

    def children(self) -> Sequence[Node]:
        return (self.clause,)
