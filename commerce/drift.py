"""Drift: what became of a cart's products since they were put in: their price and stock then and now. Pure.

Prices are compared in the cart's currency alone; nothing is converted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from commerce import amounts
from commerce.contracts import CartLine, ProductFacts

SAME, CHEAPER, DEARER, UNKNOWN = "same", "cheaper", "dearer", "unknown"
IN_STOCK, OUT_OF_STOCK, GONE = "in_stock", "out_of_stock", "gone"


@dataclass(frozen=True, slots=True)
class LineDrift:
    """One line then and now. `price_now`: None where the catalog has none in the cart's currency.

    `stock`: in_stock, out_of_stock, gone (no longer sold) or unknown (the catalog does not know it).
    """

    line: CartLine
    price_now: Decimal | None
    stock: str

    @property
    def price(self) -> str:
        """same, cheaper, dearer or unknown."""
        if self.line.price is None or self.price_now is None:
            return UNKNOWN
        if self.price_now == self.line.price:
            return SAME
        return CHEAPER if self.price_now < self.line.price else DEARER

    @property
    def has_changed(self) -> bool:
        """Whether its price is another, or it cannot be bought now."""
        return self.price in (CHEAPER, DEARER) or self.stock in (OUT_OF_STOCK, GONE)


def drift_of(lines: Sequence[CartLine], currency: str, products: Mapping[str, ProductFacts]) -> tuple[LineDrift, ...]:
    """Each line, in its order, beside what the catalog says of its product now."""
    return tuple(_drift(line, currency, products.get(line.product_id)) for line in lines)


def _drift(line: CartLine, currency: str, product: ProductFacts | None) -> LineDrift:
    if product is None:
        return LineDrift(line, None, UNKNOWN)
    stock = GONE if not product.active else IN_STOCK if product.in_stock else OUT_OF_STOCK
    return LineDrift(line, _price_in(currency, product), stock)


def _price_in(currency: str, product: ProductFacts) -> Decimal | None:
    """A cart that names no currency is in the shop's own."""
    if currency in ("", product.currency):
        return product.price
    return amounts.number(product.prices.get(currency))
