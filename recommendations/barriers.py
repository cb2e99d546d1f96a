"""What keeps a product out of an answer, for many rows at once. Pure.

Filters of the placement, what the asker wants, and exclusions: none is ever broken to fill an answer.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from recommendations.contracts import Narrowing
from recommendations.goods import NO_ROW, Goods
from recommendations.placements import PlacementSpec, Rule

Rows = NDArray[np.int64] | NDArray[np.int32]
Refuses = Callable[[Rows], NDArray[np.bool_]]
FEW = 256


class Barrier(IntEnum):
    """In the order in which they are looked at; 0 lets a product through."""

    NONE = 0
    NOT_SHOWABLE = 1
    OUT_OF_STOCK = 2
    IN_FRONT = 3
    IN_CART = 4
    UNWANTED = 5
    EXCLUDED = 6
    OWNED = 7
    NOT_OWNED = 8
    PRICE = 9
    CATEGORY = 10
    BRAND = 11
    VARIANT = 12
    CATEGORY_CAP = 13
    BRAND_CAP = 14


WORDS: dict[Barrier, str] = {
    Barrier.NOT_SHOWABLE: "not active, or only a browser told of it",
    Barrier.OUT_OF_STOCK: "out of stock",
    Barrier.IN_FRONT: "is in front of the person already",
    Barrier.IN_CART: "lies in the person's cart",
    Barrier.UNWANTED: "left out by the request",
    Barrier.EXCLUDED: "excluded by a rule",
    Barrier.OWNED: "the person has it",
    Barrier.NOT_OWNED: "the person never bought it",
    Barrier.PRICE: "outside the price band",
    Barrier.CATEGORY: "not of the categories wanted",
    Barrier.BRAND: "not of the brands wanted",
    Barrier.VARIANT: "another variant of it is shown",
    Barrier.CATEGORY_CAP: "enough of its category",
    Barrier.BRAND_CAP: "enough of its brand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What rules are held against, in rows of the goods.

    `product`, `cart`: what is in front of the person; `carried`: what else lies in their cart; `owned`: what was
    bought, given back or not; `again`: what may be bought again; `unwanted`: products the asker left out; `row_of`
    finds a product's row; `newcomers`: products for exploration; `seed` turns their order about. `is_told`: staff look
    at it, so what was kept out is told.
    """

    now: datetime
    now_us: int
    n: int
    row_of: Callable[[str], int]
    product: int = NO_ROW
    cart: tuple[int, ...] = ()
    carried: frozenset[int] = frozenset()
    owned: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()
    unwanted: frozenset[int] = frozenset()
    narrowing: Narrowing = field(default_factory=Narrowing)
    category: str = ""
    segments: frozenset[str] = frozenset()
    newcomers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    seed: bytes = b""
    is_told: bool = False

    @property
    def in_front(self) -> tuple[int, ...]:
        """Rows of the product and the cart, those the catalog knows."""
        return tuple(row for row in (self.product, *self.cart) if row != NO_ROW)


class Barriers:
    """All that holds for one answer; `verdicts(rows)` is the first barrier of each row, 0 for none."""

    def __init__(self, goods: Goods, spec: PlacementSpec, asked: Asked, *, keeps_families: bool = False) -> None:
        self.goods, self.spec, self.asked = goods, spec, asked
        self.keeps_families = keeps_families
        self.rules = [rule for rule in spec.rules if rule.holds(asked.now, asked.segments)]
        self._always: list[tuple[Barrier, Refuses]] = [
            (Barrier.NOT_SHOWABLE, lambda rows: ~goods.showable[rows]),
            *([(Barrier.OUT_OF_STOCK, _not(goods.in_stock))] if spec.filters.in_stock else []),
            *self._fronts(),
            *self._carried(),
            *([(Barrier.UNWANTED, _among(asked.unwanted))] if asked.unwanted else []),
            *self._exclusions(),
            *self._wanted_by_the_asker(),
        ]
        self._usually = self._filters()

    def verdicts(self, rows: NDArray[np.int64]) -> NDArray[np.int8]:
        """The first barrier of each row."""
        return self._verdicts(rows, (*self._always, *self._usually))

    def of_pinned(self, row: int) -> Barrier:
        """What keeps out a product that staff pinned: not whether it is owned, its price, category or brand."""
        return Barrier(int(self._verdicts(np.array([row]), self._always)[0]))

    def _verdicts(self, rows: NDArray[np.int64], checks: Collection[tuple[Barrier, Refuses]]) -> NDArray[np.int8]:
        found = np.zeros(len(rows), np.int8)
        for barrier, refuses in reversed(list(checks)):  # the earlier ones overwrite the later
            found[refuses(rows)] = barrier
        return found

    def _fronts(self) -> list[tuple[Barrier, Refuses]]:
        """Neither what is in front of the person nor its variants."""
        front = self.asked.in_front
        if not front:
            return []
        if self.keeps_families:
            return [(Barrier.IN_FRONT, _among(frozenset(front)))]
        family = self.goods.family
        families = _among(frozenset(int(family[row]) for row in front))
        return [(Barrier.IN_FRONT, lambda rows: families(family[rows]))]

    def _carried(self) -> list[tuple[Barrier, Refuses]]:
        """Neither what lies in the cart nor its variants."""
        if not self.asked.carried:
            return []
        family = self.goods.family
        families = _among(frozenset(int(family[row]) for row in self.asked.carried))
        return [(Barrier.IN_CART, lambda rows: families(family[rows]))]

    def _exclusions(self) -> list[tuple[Barrier, Refuses]]:
        rules = [rule for rule in self.rules if rule.action == "exclude"]
        found: list[tuple[Barrier, Refuses]] = []
        if products := {self.asked.row_of(rule.value) for rule in rules if rule.target == "product"} - {NO_ROW}:
            found.append((Barrier.EXCLUDED, _among(frozenset(products))))
        if categories := [rule.value for rule in rules if rule.target == "category"]:
            found.append((Barrier.EXCLUDED, self._of_paths(categories)))
        if brands := [rule.value for rule in rules if rule.target == "brand"]:
            found.append((Barrier.EXCLUDED, self._of_brands(brands)))
        return found

    def _wanted_by_the_asker(self) -> list[tuple[Barrier, Refuses]]:
        wants = self.asked.narrowing
        found = self._price(_float(wants.price_min), _float(wants.price_max))
        if wants.categories:
            found.append((Barrier.CATEGORY, _none_of(self._of_paths(wants.categories))))
        if wants.brands:
            found.append((Barrier.BRAND, _none_of(self._of_brands(wants.brands))))
        return found

    def _filters(self) -> list[tuple[Barrier, Refuses]]:
        """What pins need not keep to."""
        filters, found = self.spec.filters, list[tuple[Barrier, Refuses]]()
        if filters.owned == "exclude" and self.asked.owned:
            family = self.goods.family
            theirs = _among(frozenset(int(family[row]) for row in self.asked.owned))
            found.append((Barrier.OWNED, lambda rows: theirs(family[rows])))
        if filters.owned == "only":
            found.append((Barrier.NOT_OWNED, _none_of(_among(self.asked.again))))
        found += self._price(_float(filters.price_min), _float(filters.price_max))
        found += self._relative_price()
        if filters.categories:
            found.append((Barrier.CATEGORY, _none_of(self._of_paths(filters.categories))))
        if filters.not_categories:
            found.append((Barrier.CATEGORY, self._of_paths(filters.not_categories)))
        found += self._beside_the_front()
        if filters.brands:
            found.append((Barrier.BRAND, _none_of(self._of_brands(filters.brands))))
        if filters.not_brands:
            found.append((Barrier.BRAND, self._of_brands(filters.not_brands)))
        return found

    def _relative_price(self) -> list[tuple[Barrier, Refuses]]:
        filters, asked = self.spec.filters, self.asked
        rows = (asked.product,) if asked.product != NO_ROW else asked.in_front
        known = [price for row in rows if not np.isnan(price := float(self.goods.price[row]))]
        if not known:
            return []
        dearest = max(known)
        low, high = filters.price_from, filters.price_to
        return self._price(None if low is None else low * dearest, None if high is None else high * dearest)

    def _price(self, low: float | None, high: float | None) -> list[tuple[Barrier, Refuses]]:
        """A product without a price is inside no band."""
        price = self.goods.price
        found: list[tuple[Barrier, Refuses]] = []
        if low is not None:
            found.append((Barrier.PRICE, lambda rows: ~(price[rows] >= low)))
        if high is not None:
            found.append((Barrier.PRICE, lambda rows: ~(price[rows] <= high)))
        return found

    def _beside_the_front(self) -> list[tuple[Barrier, Refuses]]:
        """The same category as the product in front, the cart or the page; or another one."""
        filters, goods = self.spec.filters, self.goods
        if not filters.same_category and not filters.other_category:
            return []
        fronts = [leaf for row in self.asked.in_front if (leaf := int(goods.leaf[goods.path[row]]))]
        if fronts:
            inside = np.isin(goods.leaf, fronts)
        elif self.asked.category:
            inside = goods.paths_of([self.asked.category])
        else:
            return []
        path = goods.path
        if filters.same_category:
            return [(Barrier.CATEGORY, lambda rows: ~inside[path[rows]])]
        return [(Barrier.CATEGORY, lambda rows: inside[path[rows]])]

    def _of_paths(self, names: Collection[str]) -> Refuses:
        inside, path = self.goods.paths_of(names), self.goods.path
        return lambda rows: inside[path[rows]]

    def _of_brands(self, names: Collection[str]) -> Refuses:
        inside, brand = self.goods.brands_of(names), self.goods.brand
        return lambda rows: inside[brand[rows]]


def pins(rules: Collection[Rule]) -> list[Rule]:
    """The pins among them, those with a position first."""
    return sorted((rule for rule in rules if rule.action == "pin"), key=lambda rule: rule.position or 1_000_000)


def _not(column: NDArray[np.bool_]) -> Refuses:
    return lambda rows: ~column[rows]


def _none_of(refuses: Refuses) -> Refuses:
    return lambda rows: ~refuses(rows)


def _among(wanted: frozenset[int]) -> Refuses:
    def refuses(rows: Rows) -> NDArray[np.bool_]:
        if len(rows) > FEW:
            return np.isin(rows, np.fromiter(wanted, np.int64, len(wanted)))
        return np.fromiter((row in wanted for row in rows.tolist()), np.bool_, len(rows))

    return refuses


def _float(amount: object) -> float | None:
    return None if amount is None else float(amount)  # type: ignore[arg-type]  # Decimal
