"""`{"bought": {"category": ["Shoes"]}, "count": {...}, "within": {...}}`: which products were ordered, how often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql, stays
from segments.rules.counts import Count
from segments.rules.explaining import Explanation
from segments.rules.facts import PersonFacts
from segments.rules.node import HEAVY, Mentions, Node, Place
from segments.rules.owned import THING, owned
from segments.rules.products import Products, written_key
from segments.rules.scope import ORDER_LINES, ORDERS, Scope
from segments.rules.windows import Window, parse_window

COUNTS_AS_BOUGHT = ("placed", "refunded", "partly_refunded")
"""The states of an order that was placed and not cancelled, as commerce says them."""
LINE, ORDER, PLACED = "l", "o", "placed_us"


@dataclass(frozen=True, slots=True)
class Bought(Node):
    """A number of lines of orders, at the time the order was placed."""

    key: ClassVar[str] = "bought"
    example: ClassVar[str] = '{"bought": {"category": ["Shoes"]}, "count": {"gte": 2}, "within": {"days": 90}}'
    meaning: ClassVar[str] = (
        "number of lines of orders, placed and not cancelled, with a product of these ids, categories, brands or "
        "attributes in the present catalog"
    )

    products: Products
    count: Count
    within: Window

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("bought", "count", "within"))
        return cls(
            Products.parse(raw["bought"], place.at("bought")),
            Count.parse(raw.get("count", {"gte": 1}), place.at("count")),
            parse_window(raw.get("within"), place.at("within")),
        )

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self.count.holds(stays.present(self.within, self._placed(facts), now_us, facts.zone))

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        return stays.first_flip(self.count, self.within, self._placed(facts), now_us, facts.zone)

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the number found and the number asked for."""
        found = stays.present(self.within, self._placed(facts), now_us, facts.zone)
        holds = self.count.holds(found)
        return Explanation(self.key, self.sentence(), holds, found=found, wanted=self.count.sentence())

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: stays.holds(self.count, self._aside(scope)))

    def due(self, scope: Scope) -> exp.Expression | None:
        return scope.leaf((self, "due"), lambda: stays.due(self.count, self.within, self._aside(scope)))

    def weight(self) -> int:
        return HEAVY

    def sentence(self) -> str:
        window = self.within.sentence()
        return f"bought {self.products.sentence()} {self.count.sentence()}" + (f" {window}" if window else "")

    def mentions(self) -> Mentions:
        return replace(self.products.mentions(), orders=True)

    def _placed(self, facts: PersonFacts) -> Iterator[int]:
        for order in facts.orders:
            if order.placed_us is None or order.status not in COUNTS_AS_BOUGHT:
                continue
            for line in order.lines:
                if not line.is_refund and self.products.has(line.product_id, facts):
                    yield order.placed_us

    def _aside(self, scope: Scope) -> stays.Column:
        return scope.aside(("bought", self.products, self.within), lambda: self._lines(scope))

    def _lines(self, scope: Scope) -> exp.Select:
        """A row a profile with what it bought of these products."""
        lines = scope.read(ORDER_LINES, ("order_row", "kind", "product_id")).as_(LINE)
        orders = scope.read(ORDERS, ("id", "identifier_id", "status", PLACED)).as_(ORDER)
        status = exp.column("status", table=ORDER)
        product = written_key(exp.column("product_id", table=LINE))
        found = (
            exp.select(exp.column("identifier_id", table=ORDER), exp.column(PLACED, table=ORDER))
            .from_(lines)
            .join(orders, on=exp.column("order_row", table=LINE).eq(exp.column("id", table=ORDER)))
            .where(exp.column("kind", table=LINE).eq(sql.text("goods")))
            .where(exp.In(this=status, expressions=[sql.text(each) for each in COUNTS_AS_BOUGHT]))
            .where(exp.Not(this=exp.Is(this=exp.column(PLACED, table=ORDER), expression=exp.null())))
            .where(self.products.has_sql(product, scope))
        )
        return owned(scope, found).select(*stays.columns(self.within, exp.column(PLACED, table=THING)), copy=False)
