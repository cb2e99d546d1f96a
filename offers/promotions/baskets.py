"""A cart in whole numbers, and which of its lines a scope means."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

from cdp.lib.money import exponent
from offers.contracts import Cart, CartLine
from offers.terms import Scope

PIECE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Basket:
    """Columns by line. `amounts`: price × quantity, rounded half-up; `live`: lines that have an amount, the others
    count for nothing; `categories` and `brands` folded."""

    cart: Cart
    amounts: list[int]
    pieces: list[int]
    live: tuple[int, ...]
    product_ids: list[str]
    categories: list[frozenset[str]]
    brands: list[str]
    reduced: list[bool]
    all_products: frozenset[str]
    all_categories: frozenset[str]
    all_brands: frozenset[str]
    shipping: int | None
    exponent: int
    matched: dict[int, tuple[Scope, tuple[int, ...]]] = field(default_factory=dict)

    @property
    def subtotal(self) -> int:
        """Of all goods, before any discount."""
        return sum(self.amounts)

    def lines_of(self, scope: Scope) -> tuple[int, ...]:
        """The lines in a scope, in their order."""
        if scope.is_whole:
            return self.live
        found = self.matched.get(id(scope))  # by identity, with the scope held: hashing one costs as much as looking
        if found is None:
            found = self.matched[id(scope)] = (scope, self._lines_of(scope))
        return found[1]

    def quantity_of(self, lines: tuple[int, ...]) -> int:
        """How many millionths of a piece."""
        return sum(self.pieces[index] for index in lines)

    def whole_pieces(self, lines: tuple[int, ...]) -> int:
        """How many whole pieces: of 1.5 kg one."""
        return sum(self.pieces[index] // PIECE for index in lines)

    def minor(self, amount: Decimal) -> int:
        """An amount in the cart's minor units."""
        return _minor(amount, self.exponent)

    def cost(self, index: int) -> Fraction | None:
        """What the shop pays for a line, in minor units; None: unknown."""
        line = self.cart.lines[index]
        if line.cost is None:
            return None
        return Fraction(line.cost) * Fraction(line.quantity) * Fraction(10**self.exponent)

    def _lines_of(self, scope: Scope) -> tuple[int, ...]:
        if scope.product_ids and scope.product_ids.isdisjoint(self.all_products):
            return ()
        if scope.categories and scope.categories.isdisjoint(self.all_categories):
            return ()
        if scope.brands and scope.brands.isdisjoint(self.all_brands):
            return ()
        return tuple(index for index in self.live if self._is_in(index, scope))

    def _is_in(self, index: int, scope: Scope) -> bool:
        product_id, categories, brand = self.product_ids[index], self.categories[index], self.brands[index]
        if scope.product_ids and product_id not in scope.product_ids:
            return False
        if scope.categories and scope.categories.isdisjoint(categories):
            return False
        if scope.brands and brand not in scope.brands:
            return False
        if scope.exclude_reduced and self.reduced[index]:
            return False
        return not (
            product_id in scope.exclude_product_ids
            or brand in scope.exclude_brands
            or not scope.exclude_categories.isdisjoint(categories)
        )


def basket_of(cart: Cart) -> Basket:
    """The cart in whole numbers."""
    digits = exponent(cart.currency)
    lines = cart.lines
    amounts = [_minor(line.price * line.quantity, digits) for line in lines]
    live = tuple(index for index, amount in enumerate(amounts) if amount > 0)
    product_ids = [line.product_id for line in lines]
    categories = [_folded(line) for line in lines]
    brands = [line.brand.casefold() for line in lines]
    return Basket(
        cart,
        amounts,
        [int(line.quantity * PIECE) for line in lines],
        live,
        product_ids,
        categories,
        brands,
        [line.list_price is not None and line.list_price > line.price for line in lines],
        frozenset(product_ids[index] for index in live),
        frozenset().union(*(categories[index] for index in live)) if live else frozenset(),
        frozenset(brands[index] for index in live),
        None if cart.shipping is None else _minor(cart.shipping, digits),
        digits,
    )


@lru_cache(maxsize=16_384)
def money_of(units: int, digits: int) -> Decimal:
    """Minor units as an amount."""
    return Decimal(units).scaleb(-digits)


def _folded(line: CartLine) -> frozenset[str]:
    return frozenset([name.casefold() for name in line.categories]) if line.categories else frozenset()


def _minor(amount: Decimal, digits: int) -> int:
    return int(amount.scaleb(digits).to_integral_value(rounding=ROUND_HALF_UP))
