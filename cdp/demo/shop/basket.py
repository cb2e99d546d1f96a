"""What lies in a cart, what it costs, and what events tell of it. Pure."""

from dataclasses import dataclass
from typing import Any

from cdp.demo.catalog import CURRENCY, Product, Variant, catalog

MOST_LINES, MOST_OF_ONE = 30, 20
FREE_SHIPPING_FROM, SHIPPING = 6_000, 490


@dataclass(frozen=True, slots=True)
class Coupon:
    """A voucher's code and what it takes off."""

    code: str
    percent: int = 0
    frees_shipping: bool = False


COUPONS = {coupon.code: coupon for coupon in (Coupon("WELCOME15", percent=15), Coupon("FREESHIP", frees_shipping=True))}
EXPIRED = {"SUMMER20": "SUMMER20 ended on 31 August. WELCOME15 takes 15 % off."}


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
    """A cart with its prices, in cents. Prices include tax; the shop sells without telling it apart."""

    cart_id: str
    lines: tuple[Line, ...]
    coupon: Coupon | None = None

    @property
    def count(self) -> int:
        """How many things."""
        return sum(line.quantity for line in self.lines)

    @property
    def subtotal(self) -> int:
        """The goods."""
        return sum(line.cents for line in self.lines)

    @property
    def discount(self) -> int:
        """What the coupon takes off the goods."""
        return self.subtotal * self.coupon.percent // 100 if self.coupon else 0

    @property
    def shipping(self) -> int:
        """Free from FREE_SHIPPING_FROM."""
        is_free = self.subtotal - self.discount >= FREE_SHIPPING_FROM or bool(
            self.coupon and self.coupon.frees_shipping
        )
        return 0 if is_free or not self.lines else SHIPPING

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.subtotal - self.discount + self.shipping

    @property
    def to_free_shipping(self) -> int:
        """What is missing; 0 if nothing."""
        return max(0, FREE_SHIPPING_FROM - self.subtotal + self.discount) if self.shipping else 0

    @property
    def product_ids(self) -> str:
        """With commas between."""
        return ",".join(dict.fromkeys(line.product.product_id for line in self.lines))

    def as_products(self) -> list[dict[str, Any]]:
        """`products` of an event."""
        return [line.as_property(position=place) for place, line in enumerate(self.lines, 1)]

    def as_amounts(self) -> dict[str, Any]:
        """The amounts of Checkout Started and Order Completed. `revenue` is without shipping."""
        told: dict[str, Any] = {
            "subtotal": self.subtotal / 100,
            "discount": self.discount / 100,
            "revenue": (self.subtotal - self.discount) / 100,
            "shipping": self.shipping / 100,
            "tax": 0,
            "total": self.total / 100,
            "currency": CURRENCY,
        }
        return told | ({"coupon": self.coupon.code} if self.coupon else {})


def find_variant(sku: str) -> tuple[Product, Variant] | None:
    """The product and variant of a SKU."""
    product = catalog().by_id.get("-".join(sku.split("-")[:2]))
    variant = next((each for each in product.variants if each.sku == sku), None) if product else None
    return (product, variant) if product and variant else None


def line_of(sku: str, quantity: int) -> Line | None:
    """A line for a SKU that exists."""
    found = find_variant(sku)
    return Line(*found, quantity) if found else None


def basket_of(cart_id: str, lines: list[tuple[str, int]], coupon: str = "") -> Basket:
    """The basket of stored lines; a SKU that no longer exists is left out."""
    made = [line for sku, quantity in lines if (line := line_of(sku, quantity))]
    return Basket(cart_id, tuple(made), COUPONS.get(coupon))


def bounded(product: Product, quantity: int) -> int:
    """As many as may be bought at once: what is in stock, and never more than MOST_OF_ONE."""
    return max(0, min(quantity, product.stock, MOST_OF_ONE))
