"""The catalog as columns: what each product is like, how popular it is, and what belongs together. Pure.

Products stand in columns sorted by category, so that a category is a slice. `column` maps a catalog index to its place.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cdp.demo.catalog import BRANDS, CATEGORIES, Product, catalog
from cdp.demo.simulate.dice import MARKET, Dice

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
POPULARITY = 0.8  # standard deviation of the products' common appeal, in the units of utility
BUNDLES, BUNDLE_PULL = 10, 0.55
COMPANION_PULLS = (0.45, 0.35, 0.25)
"""How often the first things that go with a product are taken with it: a beanie with a jacket."""
RETURN_RATES = {"jackets": 0.16, "layers": 0.14, "shoes": 0.24, "textiles": 0.08, "pantry": 0.01}
OTHER_RETURN_RATE = 0.05


class Bundle(NamedTuple):
    """Products bought together by construction: who takes one takes each other one with probability BUNDLE_PULL."""

    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Market:
    """Columns over products. `level` is how dear a product is among its kind, in standard deviations."""

    seed: int
    products: tuple[Product, ...]
    categories: tuple[str, ...]
    brands: tuple[str, ...]
    kinds: tuple[str, ...]
    category: Ints
    brand: Ints
    kind: Ints
    level: Floats
    cents: Ints
    appeal: Floats
    again: npt.NDArray[np.bool_]
    sold_out: npt.NDArray[np.bool_]
    slices: tuple[tuple[int, int], ...]
    starts: Ints
    bundles: tuple[Bundle, ...]
    partners: dict[int, tuple[int, ...]]
    companions: tuple[tuple[int, ...], ...]
    return_rates: tuple[float, ...]
    column: dict[str, int]

    @property
    def size(self) -> int:
        """How many products there are."""
        return len(self.products)


@lru_cache(maxsize=4)
def make_market(seed: int) -> Market:
    """The market of a seed: the demo shop's products, with a popularity and bundles of this seed."""
    slugs = [category.slug for category in CATEGORIES]
    products = tuple(sorted(catalog().products, key=lambda each: (slugs.index(each.category), each.index)))
    brands, kinds = tuple(BRANDS), tuple(dict.fromkeys(product.kind for product in products))
    category = np.array([slugs.index(product.category) for product in products])
    cents = np.array([product.cents for product in products])
    kind = np.array([kinds.index(product.kind) for product in products])
    dice = Dice(seed, MARKET)
    appeal = POPULARITY * dice.rng.standard_normal(len(products))
    starts = np.searchsorted(category, np.arange(len(slugs)))
    ends = np.searchsorted(category, np.arange(len(slugs)), side="right")
    column = {product.product_id: place for place, product in enumerate(products)}
    bundles = _bundles(dice, products, appeal, column)
    return Market(
        seed=seed,
        products=products,
        categories=tuple(each.name for each in CATEGORIES),
        brands=brands,
        kinds=kinds,
        category=category,
        brand=np.array([brands.index(product.brand) for product in products]),
        kind=kind,
        level=_levels(cents, kind),
        cents=cents,
        appeal=appeal,
        again=np.array([product.is_bought_again for product in products]),
        sold_out=np.array([not product.in_stock for product in products]),
        slices=tuple(zip(starts.tolist(), ends.tolist(), strict=True)),
        starts=starts,
        bundles=bundles,
        partners={each: tuple(o for o in bundle.columns if o != each) for bundle in bundles for each in bundle.columns},
        companions=_companions(products, bundles, column),
        return_rates=tuple(RETURN_RATES.get(slug, OTHER_RETURN_RATE) for slug in slugs),
        column=column,
    )


def _companions(
    products: tuple[Product, ...], bundles: tuple[Bundle, ...], column: dict[str, int]
) -> tuple[tuple[int, ...], ...]:
    """Of each product outside the bundles, what goes with it and is in stock, as many as there are pulls."""
    bundled = {each for bundle in bundles for each in bundle.columns}
    found = []
    for place, product in enumerate(products):
        others = [column[each] for each in product.companions]
        offered = [each for each in others if products[each].in_stock and each not in bundled]
        found.append(() if place in bundled else tuple(offered[: len(COMPANION_PULLS)]))
    return tuple(found)


def _levels(cents: Ints, kind: Ints) -> Floats:
    """Logarithms of prices beside their kind's mean, so that a dear mug and a dear tent are alike."""
    logs = np.log(cents)
    for number in range(int(kind.max()) + 1):
        logs[kind == number] -= logs[kind == number].mean()
    spread: Floats = np.clip(logs / logs.std(), -2.5, 2.5)
    return spread


def _bundles(dice: Dice, products: tuple[Product, ...], appeal: Floats, column: dict[str, int]) -> tuple[Bundle, ...]:
    """Two or three products each, no product in two of them: a popular one and companions of it, all in stock."""
    found: list[Bundle] = []
    taken: set[int] = set()
    for place in np.argsort(-appeal, kind="stable").tolist():
        others = [column[each] for each in products[place].companions]
        free = [each for each in others if each not in taken and products[each].in_stock and each != place]
        if place in taken or not products[place].in_stock or not free:
            continue
        found.append(Bundle((place, *free[: dice.between(1, 3)])))
        taken.update(found[-1].columns)
        if len(found) == BUNDLES:
            break
    return tuple(found)
