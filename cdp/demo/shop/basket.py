"""What lies in a cart, and what events tell of it. Pure."""

from dataclasses import dataclass
from typing import Any

from cdp.demo.catalog import Product, Variant, catalog

MOST_LINES, MOST_OF_ONE = 30, 20


@dataclass(frozen=True, slots=True)
class Line:
    """A variant, so many times."""

    product: Product
    variant: Variant
    quantity: int

    @property
    def cents(self) -> int:
        """What the line costs."""
        return self.product.cents * self.quantity

    @property
    def image_path(self) -> str:
        """The product in this color."""
        return f"{self.product.image_path}?color={self.variant.color}"

    def as_property(self, **more: Any) -> dict[str, Any]:
        """The line in an event's properties."""
        about = {"sku": self.variant.sku, "variant": self.variant.label, "quantity": self.quantity}
        return self.product.as_property(**about, **more)


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart with its goods, in cents. Prices include tax; the shop sells without telling it apart. What is off, and
    what shipping costs, is in `promoting`."""

    cart_id: str
    lines: tuple[Line, ...]

    @property
    def count(self) -> int:
        """How many things."""
        return sum(line.quantity for line in self.lines)

    @property
    def subtotal(self) -> int:
        """The goods."""
        return sum(line.cents for line in self.lines)

    @property
    def product_ids(self) -> str:
        """With commas between."""
        return ",".join(dict.fromkeys(line.product.product_id for line in self.lines))

    def as_products(self) -> list[dict[str, Any]]:
        """`products` of an event."""
        return [line.as_property(position=place) for place, line in enumerate(self.lines, 1)]


def find_variant(sku: str) -> tuple[Product, Variant] | None:
    """The product and variant of a SKU."""
    product = catalog().by_id.get("-".join(sku.split("-")[:2]))
    variant = next((each for each in product.variants if each.sku == sku), None) if product else None
    return (product, variant) if product and variant else None


def line_of(sku: str, quantity: int) -> Line | None:
    """A line for a SKU that exists."""
    found = find_variant(sku)
    return Line(*found, quantity) if found else None


def basket_of(cart_id: str, lines: list[tuple[str, int]]) -> Basket:
    """The basket of stored lines; a SKU that no longer exists is left out."""
    made = [line for sku, quantity in lines if (line := line_of(sku, quantity))]
    return Basket(cart_id, tuple(made))


def bounded(product: Product, quantity: int) -> int:
    """As many as may be bought at once: what is in stock, and never more than MOST_OF_ONE."""
    return max(0, min(quantity, product.stock, MOST_OF_ONE))
