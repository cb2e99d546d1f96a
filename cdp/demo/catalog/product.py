"""What a product of the demo shop is, and how events and the catalog feed tell it. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

CURRENCY = "EUR"
LOW_STOCK = 5


@dataclass(frozen=True, slots=True)
class Color:
    """A color as it is offered; `hex` is `#rrggbb`."""

    name: str
    hex: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A color in a size; `size` is empty where there is one size only."""

    sku: str
    color: str
    size: str

    @property
    def label(self) -> str:
        """As it stands in a cart: "Moss, M"."""
        return f"{self.color}, {self.size}" if self.size else self.color


@dataclass(frozen=True, slots=True)
class Product:
    """One product. Prices in cents of CURRENCY; `was_cents` is set while it is reduced; `stock` 0 = sold out."""

    index: int
    product_id: str
    name: str
    brand: str
    category: str
    category_name: str
    taste: str
    kind: str
    cents: int
    was_cents: int | None
    colors: tuple[Color, ...]
    sizes: tuple[str, ...]
    description: str
    details: tuple[str, ...]
    stock: int
    is_bought_again: bool
    is_new: bool
    companions: tuple[str, ...]

    @property
    def in_stock(self) -> bool:
        """Whether it can be bought."""
        return self.stock > 0

    @property
    def is_low(self) -> bool:
        """Whether the shop says how few are left."""
        return 0 < self.stock <= LOW_STOCK

    @property
    def price(self) -> Decimal:
        """In CURRENCY, two decimals."""
        return Decimal(self.cents).scaleb(-2)

    @property
    def was_price(self) -> Decimal | None:
        """The price before it was reduced."""
        return None if self.was_cents is None else Decimal(self.was_cents).scaleb(-2)

    @property
    def path(self) -> str:
        """Its page."""
        return f"/shop/p/{self.product_id}/"

    @property
    def image_path(self) -> str:
        """Its picture in its first color."""
        return f"/shop/images/{self.product_id}.svg"

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Every color in every size."""
        return tuple(
            Variant(f"{self.product_id}-{color.name[:3].upper()}{f'-{size}' if size else ''}", color.name, size)
            for color in self.colors
            for size in self.sizes or ("",)
        )

    def as_property(self, **more: Any) -> dict[str, Any]:
        """The product in an event's properties."""
        return {
            "product_id": self.product_id,
            "sku": self.variants[0].sku,
            "name": self.name,
            "category": self.category_name,
            "brand": self.brand,
            "price": self.cents / 100,
            **more,
        }

    def as_row(self, base_url: str = "") -> dict[str, Any]:
        """The product in the catalog feed; with `base_url` (no slash at its end) its addresses are absolute."""
        return {
            "product_id": self.product_id,
            "name": self.name,
            "category": self.category_name,
            "brand": self.brand,
            "price": self.cents / 100,
            "currency": CURRENCY,
            "in_stock": self.in_stock,
            "url": f"{base_url}{self.path}",
            "image_url": f"{base_url}{self.image_path}",
            "attributes": {"synthetic": "yes", "kind": self.kind, "colors": [color.name for color in self.colors]},
        }
