"""The year in the shop: which categories and brands are wanted when, and which weeks are busy. Pure."""

import zlib
from datetime import date
from functools import lru_cache
from math import cos, pi, tau

import numpy as np

from cdp.demo.catalog import CATEGORIES
from cdp.demo.simulate.market import Floats, Market

# slug: (day of the year with the highest demand in the north, swing as a logarithm)
PEAKS = {
    "jackets": (325, 0.55),
    "layers": (300, 0.35),
    "shoes": (120, 0.30),
    "packs": (150, 0.40),
    "shelter": (172, 0.80),
    "camp-kitchen": (180, 0.60),
    "light": (345, 0.50),
    "table": (345, 0.30),
    "textiles": (338, 0.50),
    "pantry": (348, 0.25),
}
BRAND_SWING = 0.2
HALF_A_YEAR = 182
BUSIEST, ADVENT, AFTER_HOLIDAYS, HIGH_SUMMER = 1.75, 1.35, 0.85, 0.93


def wanted(market: Market, day: int, *, south: bool) -> Floats:
    """What the season adds to the utility of every product on a day, in the south half a year later."""
    of_year = date.fromordinal(day).timetuple().tm_yday + (HALF_A_YEAR if south else 0)
    return (
        _wanted(market.seed, market.categories, of_year % 366)[market.category]
        + _brands(market.brands, of_year % 366)[market.brand]
    )


def traffic(day: int) -> float:
    """Visits on a day beside the year's mean: the week of the fourth Friday of November, December, summer."""
    at = date.fromordinal(day)
    if at.month == 11 and 19 <= at.day <= 30 and abs(at.day - _fourth_friday(at.year)) <= 3:
        return BUSIEST
    if at.month == 12 and at.day <= 21:
        return ADVENT
    if (at.month, at.day > 10) in ((12, True), (1, False)):
        return AFTER_HOLIDAYS
    return HIGH_SUMMER if at.month in (7, 8) else 1.0


@lru_cache(maxsize=1_000)
def _wanted(seed: int, categories: tuple[str, ...], of_year: int) -> Floats:
    peaks = [PEAKS.get(category.slug, (180, 0.0)) for category in CATEGORIES]
    return np.array([swing * cos(tau * (of_year - peak) / 366) for peak, swing in peaks])


@lru_cache(maxsize=1_000)
def _brands(brands: tuple[str, ...], of_year: int) -> Floats:
    return np.array(
        [BRAND_SWING * cos(tau * of_year / 366 - 2 * pi * (zlib.crc32(name.encode()) % 100) / 100) for name in brands]
    )


@lru_cache(maxsize=100)
def _fourth_friday(year: int) -> int:
    first = date(year, 11, 1)
    return 1 + (4 - first.weekday()) % 7 + 21
