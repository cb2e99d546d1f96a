"""What people like: a vector over categories, kinds and brands, and a price level; choices are a logit of it. Pure.

The utility of a product for a person is what this module says and nothing else: popularity, season, price of the day
and stock act on choices beside it. So `utilities` is the truth that recommendations are held against.
"""

from dataclasses import dataclass

import numpy as np

from cdp.demo.simulate.dice import Dice
from cdp.demo.simulate.market import Floats, Market

FAVORITES = (2.6, 1.8, 0.9)  # added to the first, second and third favorite category
CATEGORY_SPREAD, KIND_SPREAD, BRAND_SPREAD, LEVEL_WEIGHT = 0.5, 0.6, 0.7, 0.45
FAMILY_SHARE = 0.5  # of the categories' spread, what a household has in common
THRIFT = 2.2  # how strongly a change of price counts for a thrifty person


@dataclass(frozen=True, slots=True)
class Taste:
    """One person's. `level` is the price level they like best, in standard deviations; below -0.5 is thrifty."""

    categories: Floats
    kinds: Floats
    brands: Floats
    level: float
    favorites: tuple[int, ...]

    @property
    def price_sense(self) -> float:
        """Exponent with which a lower price draws them."""
        return THRIFT * float(1 / (1 + np.exp(2 * self.level)))


def draw_taste(
    dice: Dice, market: Market, family: Floats, favorites: tuple[int, ...] = (), level: float | None = None
) -> Taste:
    """A taste; `family` is the household's common leaning, `favorites` and `level` are given for personas."""
    rng = dice.rng
    own = rng.standard_normal(len(market.categories))
    shared = FAMILY_SHARE**0.5
    leaning = CATEGORY_SPREAD * ((1 - FAMILY_SHARE) ** 0.5 * own + shared * family)
    chosen = favorites or tuple(int(each) for each in rng.permutation(len(market.categories))[: len(FAVORITES)])
    for place, extra in zip(chosen, FAVORITES, strict=False):
        leaning[place] += extra
    drawn = float(rng.standard_normal())
    return Taste(
        categories=leaning,
        kinds=KIND_SPREAD * rng.standard_normal(len(market.kinds)),
        brands=BRAND_SPREAD * rng.standard_normal(len(market.brands)),
        level=round(drawn if level is None else level, 4),
        favorites=chosen,
    )


def utilities(taste: Taste, market: Market) -> Floats:
    """The utility of every product, in the market's order of columns."""
    found: Floats = (
        taste.categories[market.category]
        + taste.kinds[market.kind]
        + taste.brands[market.brand]
        - LEVEL_WEIGHT * (market.level - taste.level) ** 2
    )
    return found


def top_products(taste: Taste, market: Market, count: int) -> list[str]:
    """Ids of the products of greatest utility that are in stock, the best first."""
    liked = np.where(market.sold_out, -np.inf, utilities(taste, market))
    return [market.products[place].product_id for place in np.argsort(-liked, kind="stable")[:count].tolist()]
