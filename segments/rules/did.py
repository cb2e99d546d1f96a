"""`{"did": event, "where": [...], "count": {...}, "within": {...}, "channel": ...}`: how often something happened.

`"*"` is every event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.counts import Count
from segments.rules.explaining import MOST_EVENTS, Explanation
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.happenings import KEYS, Happenings
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import Scope


@dataclass(frozen=True, slots=True)
class Did(Node):
    """A number of matching events within a window."""

    key: ClassVar[str] = "did"
    example: ClassVar[str] = (
        '{"did": "Product Viewed", "where": [{"property": "category", "is": "eq", "value": "Shoes"}], '
        '"count": {"gte": 3}, "within": {"days": 30}}'
    )
    meaning: ClassVar[str] = (
        'number of matching events; count is at least 1 unless said, {"eq": 0} = did not; '
        '"*" is every event, "channel": "web" only those of a channel'
    )

    what: Happenings
    count: Count

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("did", "count", *KEYS))
        what = Happenings.parse(raw, place, name_key="did")
        return cls(what, Count.parse(raw.get("count", {"gte": 1}), place.at("count")))

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self.count.holds(len(self.what.counted(facts, now_us)))

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """Walks the instants at which matching events enter or leave, to the first that changes the answer."""
        present = len(self.what.counted(facts, now_us))
        first = self._first_flip(present, self.what.steps(facts, now_us))
        return min(first, self.what.conditions_valid_until(facts, now_us))

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the number found, the number asked for, and the newest events that were counted."""
        counted = self.what.counted(facts, now_us)
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
        return scope.leaf(self, lambda: self.count.compile(scope.count(self.what.counted_flag(scope))))

    def due(self, scope: Scope) -> exp.Expression | None:
        """Looser than `valid_until`: for counts above one the oldest event's leaving, whether it decides or not."""
        return scope.leaf((self, "due"), lambda: self._due(scope))

    def _due(self, scope: Scope) -> exp.Expression:
        entering, never = self.what.entering(scope), sql.never()
        first = self.what.leaving(scope) if self.count.is_left_early() else never
        last = self.what.leaving(scope, last=True) if self.count.is_left_at_last() else never
        counted = scope.count(self.what.counted_flag(scope))
        bound = self.count.due(counted, entering, first, last)
        return sql.least([bound, *self.what.conditions_due(scope)]) or never

    def weight(self) -> int:
        return self.what.weight()

    def needs_events(self) -> bool:
        return not self.count.holds(0)

    def sentence(self) -> str:
        return f"{self.what.of_what()} {self.count.sentence()}{self.what.when_and_which()}"

    def mentions(self) -> Mentions:
        return self.what.mentions()

    def _first_flip(self, present: int, steps: list[tuple[int, int]]) -> int:
        answer = self.count.holds(present)
        for index, (instant, change) in enumerate(steps):
            present += change
            last_of_instant = index + 1 == len(steps) or steps[index + 1][0] != instant
            if last_of_instant and self.count.holds(present) != answer:
                return instant
        return NEVER
