"""`{"did": event, "where": [...], "count": {...}, "within": {...}}`: how often something happened.

An event counts from its event time on, so one dated in the future counts when that instant comes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from events.names import canonical_name
from segments.rules import sql
from segments.rules.conditions import Condition
from segments.rules.counts import Count
from segments.rules.explaining import MOST_EVENTS, Explanation
from segments.rules.facts import NEVER, PastEvent, PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import OCCURRED, Scope, is_named, occurred
from segments.rules.windows import Window, parse_window

MAX_CONDITIONS = 20


@dataclass(frozen=True, slots=True)
class Did(Node):
    """A number of matching events within a window."""

    key: ClassVar[str] = "did"
    example: ClassVar[str] = (
        '{"did": "Product Viewed", "where": [{"property": "category", "is": "eq", "value": "Shoes"}], '
        '"count": {"gte": 3}, "within": {"days": 30}}'
    )
    meaning: ClassVar[str] = 'number of matching events; count is at least 1 unless said, {"eq": 0} = did not'

    event: str
    where: tuple[Condition, ...]
    count: Count
    within: Window

    def __post_init__(self) -> None:
        if not self.event:
            raise ValueError("did names an event")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("did", "where", "count", "within"))
        name, where = raw["did"], raw.get("where", [])
        if not isinstance(name, str) or not name.strip():
            place.at("did").refuse('takes the name of an event, as in "Order Completed"')
        if not isinstance(where, list) or len(where) > MAX_CONDITIONS:
            place.at("where").refuse(f"takes a list of at most {MAX_CONDITIONS} conditions")
        at = place.at("where")
        return cls(
            canonical_name(name),
            tuple(Condition.parse(each, at.at(i), name_key="property") for i, each in enumerate(where)),
            Count.parse(raw.get("count", {"gte": 1}), place.at("count")),
            parse_window(raw.get("within"), place.at("within")),
        )

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self.count.holds(sum(1 for event in self._matching(facts, now_us) if self._counts(event, now_us)))

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """Walks the instants at which matching events enter or leave, to the first that changes the answer."""
        steps: list[tuple[int, int]] = []
        present = 0
        for event in self._matching(facts, now_us):
            enters, leaves = self.within.stay(event.occurred_us)
            if enters >= leaves:
                continue
            if enters <= now_us < leaves:
                present += 1
            if enters > now_us:
                steps.append((enters, +1))
            if now_us < leaves < NEVER:
                steps.append((leaves, -1))
        return min(self._first_flip(present, steps), self._conditions_valid_until(facts, now_us))

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the number found, the number asked for, and the newest events that were counted."""
        counted = [event for event in self._matching(facts, now_us) if self._counts(event, now_us)]
        counted.sort(key=lambda event: event.occurred_us, reverse=True)
        return Explanation(
            self.key,
            self.sentence(),
            self.count.holds(len(counted)),
            found=len(counted),
            wanted=self.count.sentence(),
            events=tuple(counted[:MOST_EVENTS]),
        )

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: self.count.compile(scope.count(self._counted(scope))))

    def due(self, scope: Scope) -> exp.Expression | None:
        """Looser than `valid_until`: for counts above one the oldest event's leaving, whether it decides or not."""
        return scope.leaf((self, "due"), lambda: self._due(scope))

    def _due(self, scope: Scope) -> exp.Expression:
        counted, first, last, never = self._counted(scope), None, None, sql.never()
        entering = scope.least(OCCURRED, self._ahead(scope))
        if self.count.is_left_early():
            first = self.within.leaves(scope.least(OCCURRED, counted))
        if self.count.is_left_at_last():
            last = self.within.leaves(scope.greatest(OCCURRED, counted))
        instants = (never if each is None else sql.or_else(each, never) for each in (entering, first, last))
        bound = self.count.due(scope.count(counted), *instants)
        return sql.least([bound, *self._conditions_due(scope)]) or never

    def needs_events(self) -> bool:
        return not self.count.holds(0)

    def sentence(self) -> str:
        words = f"{self.event} {self.count.sentence()}"
        if window := self.within.sentence():
            words += f" {window}"
        if self.where:
            words += " where " + " and ".join(condition.sentence() for condition in self.where)
        return words

    def mentions(self) -> Mentions:
        properties = frozenset((self.event, condition.name) for condition in self.where)
        return Mentions(frozenset({self.event}), properties, reach_us=self.within.reach_us())

    def _matching(self, facts: PersonFacts, now_us: int) -> Iterable[PastEvent]:
        return (
            event
            for event in facts.events_by_name.get(self.event, ())
            if all(condition.holds(event.properties, now_us) for condition in self.where)
        )

    def _counted(self, scope: Scope) -> str:
        key = ("counted", self.event, self.where, self.within)
        return scope.flag(key, lambda: sql.both([self._matching_sql(scope), self.within.is_in(occurred())]))

    def _ahead(self, scope: Scope) -> str:
        key = ("ahead", self.event, self.where, self.within)
        return scope.flag(key, lambda: sql.both([self._matching_sql(scope), self.within.is_ahead(occurred())]))

    def _matching_sql(self, scope: Scope) -> exp.Expression:
        conditions = (condition.compile(scope.property(condition.name)) for condition in self.where)
        return sql.both([is_named(self.event), *conditions])

    def _conditions_due(self, scope: Scope) -> list[exp.Expression]:
        named = ("named", self.event)
        found = []
        for condition in (condition for condition in self.where if condition.moves_with_time):
            see = scope.property(condition.name)
            flip = scope.value(condition, lambda one=condition, see=see: one.flip(see))  # type: ignore[misc]
            flag = scope.flag(named, lambda: is_named(self.event))
            found.append(sql.or_else(scope.least(flip, flag), sql.never()))
        return found

    def _counts(self, event: PastEvent, now_us: int) -> bool:
        enters, leaves = self.within.stay(event.occurred_us)
        return enters <= now_us < leaves

    def _first_flip(self, present: int, steps: list[tuple[int, int]]) -> int:
        answer = self.count.holds(present)
        steps.sort()
        for index, (instant, change) in enumerate(steps):
            present += change
            last_of_instant = index + 1 == len(steps) or steps[index + 1][0] != instant
            if last_of_instant and self.count.holds(present) != answer:
                return instant
        return NEVER

    def _conditions_valid_until(self, facts: PersonFacts, now_us: int) -> int:
        timed = [condition for condition in self.where if condition.moves_with_time]
        if not timed:
            return NEVER
        events = facts.events_by_name.get(self.event, ())
        return min((c.valid_until(event.properties, now_us) for event in events for c in timed), default=NEVER)
