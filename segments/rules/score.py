"""`{"score": "churn", "is": "gte", "value": 0.7, "fresh_within": {"days": 7}}`: what a model says of the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.conditions import MAX_NAME, OPERATORS, Condition
from segments.rules.explaining import Explanation
from segments.rules.facts import PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import Scope
from segments.rules.windows import days_of

PREFIX, AT = "score.", ".at"
TAKEN = ("value", "values", "ordered", "pair", "nothing")


@dataclass(frozen=True, slots=True)
class Score(Node):
    """A computed value with its age: one that is older than `fresh` allows meets no condition."""

    key: ClassVar[str] = "score"
    example: ClassVar[str] = '{"score": "churn", "is": "gte", "value": 0.7, "fresh_within": {"days": 7}}'
    meaning: ClassVar[str] = "a model's output meets a condition; with fresh_within only one computed since then counts"

    condition: Condition
    fresh: Condition | None

    def __post_init__(self) -> None:
        if not self.condition.name.startswith(PREFIX):
            raise ValueError("a score's value stands under score.<name>")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("score", "is", "value", "fresh_within"))
        condition = Condition.parse(
            {key: value for key, value in raw.items() if key != "fresh_within"}, place, name_key="score"
        )
        if condition.operator.takes not in TAKEN:
            fitting = ", ".join(name for name, each in OPERATORS.items() if each.takes in TAKEN)
            place.at("is").refuse(f"{condition.operator.name} does not fit a score; it takes {fitting}")
        name = condition.name.strip()
        if len(PREFIX + name + AT) > MAX_NAME:
            place.at("score").refuse(f"takes a name of at most {MAX_NAME - len(PREFIX + AT)} characters")
        fresh = None
        if "fresh_within" in raw:
            stretch = raw["fresh_within"]
            if not isinstance(stretch, dict) or set(stretch) != {"days"}:
                place.at("fresh_within").refuse('takes {"days": n}')
            days_of(stretch["days"], place.at("fresh_within").at("days"))
            read = {"trait": PREFIX + name + AT, "is": "within_last", "value": stretch}
            fresh = Condition.parse(read, place, name_key="trait")
        return cls(Condition(PREFIX + name, condition.operator, condition.operand), fresh)

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return all(condition.holds(facts.computed, now_us) for condition in self._conditions)

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        return min(condition.valid_until(facts.computed, now_us) for condition in self._conditions)

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the present value."""
        actual = facts.computed.get(self.condition.name)
        return Explanation(self.key, self.sentence(), self.evaluate(facts, now_us), actual=actual)

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: sql.both([each.compile(scope.trait(each.name)) for each in self._conditions]))

    def due(self, scope: Scope) -> exp.Expression | None:
        if self.fresh is None:
            return None
        see, fresh = scope.trait(self.fresh.name), self.fresh
        return scope.leaf((self, "due"), lambda: sql.or_else(fresh.flip(see), sql.never()))

    def sentence(self) -> str:
        words = f"score {self.condition.sentence().removeprefix(PREFIX)}"
        if self.fresh is None:
            return words
        return words + f" and was computed {self.fresh.sentence().partition(' is ')[2]}"

    def mentions(self) -> Mentions:
        return Mentions(computed=frozenset(condition.name for condition in self._conditions))

    @property
    def _conditions(self) -> tuple[Condition, ...]:
        return (self.condition,) if self.fresh is None else (self.fresh, self.condition)
