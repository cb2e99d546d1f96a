"""`{"trait": name, "is": operator, "value": ...}`: a condition on a current trait."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.conditions import Condition
from segments.rules.explaining import Explanation
from segments.rules.facts import PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import RESERVED, Scope


@dataclass(frozen=True, slots=True)
class TraitIs(Node):
    """What is known of the person now."""

    key: ClassVar[str] = "trait"
    example: ClassVar[str] = '{"trait": "country", "is": "in", "value": ["DE", "AT"]}'
    meaning: ClassVar[str] = "a current trait of the person meets a condition"

    condition: Condition

    def __post_init__(self) -> None:
        if not isinstance(self.condition, Condition):
            raise TypeError("a trait node holds a condition")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        return cls(Condition.parse(raw, place, name_key="trait"))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self.condition.holds(self._values(facts), now_us, facts.zone)

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        return self.condition.valid_until(self._values(facts), now_us, facts.zone)

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the trait's present value."""
        actual = self._values(facts).get(self.condition.name)
        return Explanation(self.key, self.sentence(), self.evaluate(facts, now_us), actual=actual)

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: self.condition.compile(scope.trait(self.condition.name)))

    def due(self, scope: Scope) -> exp.Expression | None:
        if not self.condition.moves_with_time:
            return None
        see = scope.trait(self.condition.name)
        return scope.leaf((self, "due"), lambda: sql.or_else(self.condition.flip(see), sql.never()))

    def sentence(self) -> str:
        return self.condition.sentence()

    def mentions(self) -> Mentions:
        name = frozenset({self.condition.name})
        return Mentions(computed=name) if self._was_computed else Mentions(traits=name)

    @property
    def _was_computed(self) -> bool:
        return self.condition.name.startswith(RESERVED)

    def _values(self, facts: PersonFacts) -> Mapping[str, Any]:
        return facts.computed if self._was_computed else facts.traits
