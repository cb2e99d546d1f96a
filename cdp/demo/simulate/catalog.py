"""The demo shop's catalog as the worlds read it: shelves by taste, the popular first, and what is sold out. Pure."""

from dataclasses import dataclass, field
from random import Random

from cdp.demo.catalog import TASTES, Product, catalog

__all__ = ["TASTES", "Catalog", "Product", "make_catalog"]


@dataclass(slots=True)
class Catalog:
    """All products; `by_taste` in order of popularity and in stock; `together`: what is bought with each, by index."""

    products: tuple[Product, ...]
    by_taste: dict[str, list[Product]] = field(default_factory=dict)
    together: dict[int, tuple[Product, ...]] = field(default_factory=dict)
    sold_out: list[Product] = field(default_factory=list)

    def pick(self, rng: Random, taste: str) -> Product:
        """A product in stock of a taste: the popular ones far more often."""
        shelf = self.by_taste[taste]
        return shelf[int(len(shelf) * rng.random() ** 2.2)]

    def companion(self, rng: Random, product: Product) -> Product:
        """One of those bought together with it: of the same taste and in stock."""
        return rng.choice(self.together[product.index])


def make_catalog(seed: int) -> Catalog:
    """The demo shop's products, with the popularity of this seed."""
    rng, shop = Random(f"catalog {seed}"), catalog()
    made = Catalog(shop.products, sold_out=[product for product in shop.products if not product.in_stock])
    for taste in TASTES:
        shelf = [product for product in shop.by_taste[taste] if product.in_stock]
        for product in shop.by_taste[taste]:
            made.together[product.index] = _together(rng, product, shelf)
        rng.shuffle(shelf)
        made.by_taste[taste] = shelf
    return made


def _together(rng: Random, product: Product, shelf: list[Product]) -> tuple[Product, ...]:
    """The shop's companions of the same taste, filled up to three."""
    others = [each for each in shelf if each.index != product.index]
    found = [each for each in others if each.product_id in product.companions]
    filled = found + [each for each in rng.sample(others, 5) if each not in found]
    return tuple(filled[:3])
