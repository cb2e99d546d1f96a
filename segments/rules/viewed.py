"""`{"viewed": {…}}` and `{"added": {…}}`: which products were looked at or put into a cart, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql, stays
from segments.rules.counts import Count
from segments.rules.explaining import MOST_EVENTS, Explanation
from segments.rules.facts import PastEvent, PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.products import Products, told_key
from segments.rules.scope import HI, HISTORY, LO, OCCURRED, Scope, is_named, occurred
from segments.rules.windows import Window, parse_window

PRODUCT_ID = "product_id"


@dataclass(frozen=True, slots=True)
class ProductEvents(Node):
    """A number of events of one name, each about one product."""

    event: ClassVar[str]

    products: Products
    count: Count
    within: Window

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, (cls.key, "count", "within"))
        return cls(
            Products.parse(raw[cls.key], place.at(cls.key)),
            Count.parse(raw.get("count", {"gte": 1}), place.at("count")),
            parse_window(raw.get("within"), place.at("within")),
        )

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self.count.holds(len(self._counted(facts, now_us)))

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        instants = [event.occurred_us for event in self._matching(facts)]
        return stays.first_flip(self.count, self.within, instants, now_us, facts.zone)

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the number found, the number asked for, and the newest events that were counted."""
        counted = sorted(self._counted(facts, now_us), key=lambda event: event.occurred_us, reverse=True)
        return Explanation(
            self.key,
            self.sentence(),
            self.count.holds(len(counted)),
            found=len(counted),
            wanted=self.count.sentence(),
            events=tuple(counted[:MOST_EVENTS]),
        )

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: stays.holds(self.count, self._numbers(scope)))

    def due(self, scope: Scope) -> exp.Expression | None:
        return scope.leaf((self, "due"), lambda: stays.due(self.count, self.within, self._numbers(scope)))

    def needs_events(self) -> bool:
        return not self.count.holds(0)

    def sentence(self) -> str:
        window = self.within.sentence()
        return f"{self.key} {self.products.sentence()} {self.count.sentence()}" + (f" {window}" if window else "")

    def mentions(self) -> Mentions:
        return replace(
            self.products.mentions(),
            events=frozenset({self.event}),
            properties=frozenset({(self.event, PRODUCT_ID)}),
            reach_us=self.within.reach_us(),
        )

    def _matching(self, facts: PersonFacts) -> list[PastEvent]:
        events = facts.events_by_name.get(self.event, ())
        return [event for event in events if self.products.has(event.properties.get(PRODUCT_ID), facts)]

    def _counted(self, facts: PersonFacts, now_us: int) -> list[PastEvent]:
        window, zone = self.within, facts.zone
        return [each for each in self._matching(facts) if stays.present(window, [each.occurred_us], now_us, zone)]

    def _numbers(self, scope: Scope) -> stays.Column:
        """How many there are and when. Ids alone are told as the event is read; the catalog's word needs a join."""
        if self.products.conditions:
            key = (self.event, self.products, self.within)
            return scope.aside(key, lambda: self._joined(scope))
        return lambda column: self._tallied(scope)[column]

    def _tallied(self, scope: Scope) -> dict[str, exp.Expression]:
        counted = self._flag(scope, "counted", self.within.is_in(occurred()))
        ahead = self._flag(scope, "ahead", self.within.is_ahead(occurred()))
        return {
            stays.COUNTED: scope.count(counted),
            stays.FIRST: scope.least(OCCURRED, counted),
            stays.LAST: scope.greatest(OCCURRED, counted),
            stays.AHEAD: scope.least(OCCURRED, ahead),
        }

    def _joined(self, scope: Scope) -> exp.Select:
        matters = sql.either([self.within.is_in(occurred()), self.within.is_ahead(occurred())])
        flag = self._flag(scope, "matters", matters)
        product = scope.value(("product", PRODUCT_ID), lambda: told_key(scope.property(PRODUCT_ID)))
        return (
            exp.select(HI, LO, *stays.columns(self.within, exp.column(OCCURRED)))
            .from_(scope.read(HISTORY))
            .where(exp.column(flag))
            .where(self.products.has_sql(exp.column(product), scope))
            .group_by(HI, LO)
        )

    def _flag(self, scope: Scope, which: str, when: exp.Expression) -> str:
        def named() -> exp.Expression:
            return sql.both([is_named(self.event), self.products.is_told_sql(scope.property(PRODUCT_ID)), when])

        return scope.flag((which, self.event, self.products.ids, self.within), named)


@dataclass(frozen=True, slots=True)
class Viewed(ProductEvents):
    """Product Viewed."""

    key: ClassVar[str] = "viewed"
    example: ClassVar[str] = '{"viewed": {"category": ["Shoes"], "brand": ["Acme"]}, "within": {"days": 30}}'
    meaning: ClassVar[str] = "number of Product Viewed events of such products"
    event: ClassVar[str] = "Product Viewed"


@dataclass(frozen=True, slots=True)
class Added(ProductEvents):
    """Product Added."""

    key: ClassVar[str] = "added"
    example: ClassVar[str] = '{"added": {"product_id": ["A-1"]}, "count": {"gte": 2}}'
    meaning: ClassVar[str] = "number of Product Added events of such products"
    event: ClassVar[str] = "Product Added"
