"""`{"metric": "sum", "of": "revenue", "event": "Order Completed", "currency": "EUR", "is": "gte", "value": 100}`.

A figure of the person's events or orders meets a condition. An average is never divided: its sum is compared with as
many times the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Self

from sqlglot import exp

from lake.contracts import Facet
from segments.rules import sql, tallied
from segments.rules.conditions import OPERATORS, Condition
from segments.rules.explaining import MOST_EVENTS, Explanation
from segments.rules.facts import DAY_US, PersonFacts
from segments.rules.measures import INSTANT, KEYS, NUMBER, VALUE, Measure
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import Scope

SINCE = "time_since"
FITS: Mapping[str, tuple[str, ...]] = {
    NUMBER: ("value", "values", "ordered", "pair", "nothing"),
    INSTANT: ("date", "period", "days of a year", "nothing"),
    VALUE: tuple({operator.takes: None for operator in OPERATORS.values()}),
}
"""Which operators fit a measure's value, by what they take."""
MOST_EDGES = 4
"""Past so many days at which an answer turns, it is asked anew every day until the last."""


@dataclass(frozen=True, slots=True)
class Metric(Node):
    """A measure and the condition on its value."""

    key: ClassVar[str] = "metric"
    example: ClassVar[str] = (
        '{"metric": "sum", "of": "revenue", "event": "Order Completed", "currency": "EUR", "within": {"days": 365}, '
        '"is": "gte", "value": 100}'
    )
    meaning: ClassVar[str] = (
        "a figure of matching events meets a condition: count, sum, avg, min, max, distinct, first, last, "
        "most_frequent of a property, first or last of time, time_since (days since the last); sum, avg, min and max "
        'of revenue or total of "Order Completed" are over orders in one currency, less refunds unless gross'
    )

    measure: Measure
    condition: Condition

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("metric", *KEYS, "is", "value"))
        measure = Measure.parse(raw, place)
        told = {key: raw[key] for key in ("metric", "is", "value") if key in raw}
        condition = Condition.parse(told, place, name_key="metric")
        if condition.operator.takes not in FITS[measure.gives]:
            fitting = ", ".join(name for name, each in OPERATORS.items() if each.takes in FITS[measure.gives])
            place.at("is").refuse(f"{condition.operator.name} does not fit a {measure.gives}; it takes {fitting}")
        if measure.gives == NUMBER and not all(isinstance(each, Decimal) for each in _numbers(condition)):
            place.at("value").refuse("takes a number: that is what is measured")
        return cls(measure, replace(condition, name=measure.sentence()))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        found = self.measure.found(facts, now_us)
        if self.measure.kind == "avg" and found.value is not None:
            scaled = replace(self.condition, operand=_times(self.condition.operand, found.of))
            return scaled.holds({scaled.name: found.value}, now_us, facts.zone)
        return self.condition.holds(self._values(facts, now_us), now_us, facts.zone)

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """The first change of what it is made of, or of the condition itself, whether it decides or not."""
        changes = self.measure.steps(facts, now_us)
        changes.append(self.condition.valid_until(self._values(facts, now_us), now_us, facts.zone))
        if self.measure.kind == SINCE:
            last_us = max((event.occurred_us for event in self.measure.what.counted(facts, now_us)), default=None)
            edges = [] if last_us is None else [last_us + days * DAY_US for days in _edges(self.condition)]
            changes += [edge for edge in edges if edge > now_us]
        return min(changes)

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the value, and the newest of the events it is made of."""
        counted = [] if self.measure.is_money else self.measure.what.counted(facts, now_us)
        counted.sort(key=lambda event: (event.occurred_us, event.id), reverse=True)
        told = counted[::-1] if self.measure.kind == "first" else counted
        return Explanation(
            self.key,
            self.sentence(),
            self.evaluate(facts, now_us),
            wanted=self.sentence().removeprefix(f"{self.condition.name} "),
            events=tuple(told[:MOST_EVENTS]),
            actual=self.measure.value(facts, now_us),
        )

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: self._compiled(scope))

    def due(self, scope: Scope) -> exp.Expression | None:
        return scope.leaf((self, "due"), lambda: self._due(scope))

    def weight(self) -> int:
        values = len(_numbers(self.condition)) // 20 if self.measure.kind == "avg" else 0
        return self.measure.weight() + values

    def needs_events(self) -> bool:
        return self.measure.needs_events() and not self.evaluate(PersonFacts(), 0)

    def sentence(self) -> str:
        return self.condition.sentence()

    def mentions(self) -> Mentions:
        return self.measure.mentions()

    def _values(self, facts: PersonFacts, now_us: int) -> dict[str, Any]:
        found = self.measure.found(facts, now_us)
        told = self.measure.value(facts, now_us) if self.measure.gives == INSTANT else found.value
        return {self.condition.name: told}

    def _compiled(self, scope: Scope) -> exp.Expression:
        see = self.measure.see(scope, _facets(self.condition))
        compiled = self.condition.compile(see)
        if self.measure.kind != "avg":
            return compiled
        count = exp.cast(self.measure.count(scope), "decimal(12, 0)")
        return compiled.transform(lambda part: _multiplied(part, count))

    def _due(self, scope: Scope) -> exp.Expression:
        instants = [self.measure.due(scope)]
        if self.condition.moves_with_time:
            see = self.measure.see(scope, _facets(self.condition))
            instants.append(sql.or_else(self.condition.flip(see), sql.never()))
        if self.measure.kind == SINCE:
            instants.append(sql.or_else(self._next_edge(scope), sql.never()))
        return sql.least(instants) or sql.never()

    def _next_edge(self, scope: Scope) -> exp.Expression:
        """When enough days will have gone by since the last event for the answer to turn, or earlier; else NULL."""
        last, edges = tallied.last_of(self.measure.what, scope), _edges(self.condition)
        instants = [sql.plus(last.copy(), days * DAY_US) for days in edges]
        if len(edges) <= MOST_EDGES:
            return sql.case([(_is_to_come(instant), instant) for instant in instants], exp.null())
        days = exp.Paren(this=sql.plus(exp.Paren(this=tallied.days_since(self.measure.what, scope)), 1))
        tomorrow = exp.Add(this=last, expression=exp.Mul(this=days, expression=sql.whole(DAY_US)))
        return sql.case([(_is_to_come(instants[-1]), tomorrow)], exp.null())


def _is_to_come(instant: exp.Expression) -> exp.Expression:
    return exp.GT(this=instant.copy(), expression=sql.now())


def _facets(condition: Condition) -> frozenset[Facet]:
    """The facets in which the condition sees its value."""
    seen: set[Facet] = set()

    def see(facet: Facet) -> exp.Expression:
        seen.add(facet)
        return exp.null()

    condition.compile(see)
    condition.flip(see)
    return frozenset(seen)


def _numbers(condition: Condition) -> tuple[Any, ...]:
    if condition.operand is None:
        return ()
    return condition.operand if isinstance(condition.operand, tuple) else (condition.operand,)


def _times(operand: Any, count: int) -> Any:
    return tuple(each * count for each in operand) if isinstance(operand, tuple) else operand and operand * count


def _multiplied(part: exp.Expression, count: exp.Expression) -> exp.Expression:
    """A number the condition compares with, so many times."""
    if isinstance(part, exp.Cast) and isinstance(part.this, exp.Literal | exp.Neg):
        return exp.Paren(this=exp.Mul(this=part.copy(), expression=count.copy()))
    return part


def _edges(condition: Condition) -> list[int]:
    """The whole numbers of days at which a comparison with these numbers turns, in order. None can be below one."""
    numbers = {int(number // 1) for number in _numbers(condition)}
    return sorted({edge for number in numbers for edge in (number, number + 1) if edge > 0})
