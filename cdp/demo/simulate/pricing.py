"""Prices and stock over time: every product's price today is the catalog's, before that it was another one. Pure.

Counted back from the last day: prices drift from month to month, categories are on sale for a week, what is reduced
today was dear until ten days ago, single products were out of stock for a week, and what is sold out went lately.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cdp.demo.simulate.dice import PRICES, Dice
from cdp.demo.simulate.market import Floats, Ints, Market

SALE_CHANCE, SALE_FACTORS = 0.12, (0.75, 0.8, 0.85, 0.9)
DRIFT_CHANCE, DRIFTS = 0.25, (0.92, 0.95, 1.05, 1.08)
GONE_CHANCE = 0.03
REDUCED_FOR, SOLD_OUT_FOR, MONTH = 10, 12, 28


class Shelf(NamedTuple):
    """One day: prices in cents, their logarithm beside the catalog's, what can be bought, categories on sale."""

    cents: Ints
    change: Floats
    in_stock: npt.NDArray[np.bool_]
    on_sale: tuple[int, ...]


@dataclass(slots=True)
class Prices:
    """The shelves of all days up to `today` (an ordinal); later days are like today."""

    market: Market
    today: int
    _shelves: dict[int, Shelf] = field(default_factory=dict)

    def on(self, day: int) -> Shelf:
        """The shelf of a day."""
        back = max(0, self.today - day)
        if back not in self._shelves:
            self._shelves[back] = self._make(back)
        return self._shelves[back]

    def changes(self, days: int) -> list[dict[str, object]]:
        """Every change of a price or of stock over the last `days`, the first day's state included."""
        rows: list[dict[str, object]] = []
        before: Shelf | None = None
        for day in range(self.today - days, self.today + 1):
            shelf = self.on(day)
            for place, product in enumerate(self.market.products):
                state = int(shelf.cents[place]), bool(shelf.in_stock[place])
                if before is None or state != (int(before.cents[place]), bool(before.in_stock[place])):
                    on = date.fromordinal(day).isoformat()
                    rows.append({"date": on, "product_id": product.product_id, "cents": state[0], "in_stock": state[1]})
            before = shelf
        return rows

    def _make(self, back: int) -> Shelf:
        market = self.market
        factor, on_sale = self._factor(back), self._on_sale(back)
        for number in on_sale:
            dice = Dice(market.seed, PRICES, 2, back // 7, number)
            factor = np.where(market.category == number, factor * dice.one_of(SALE_FACTORS), factor)
        dear = np.array([product.was_cents or product.cents for product in market.products])
        base = dear if back >= REDUCED_FOR else market.cents
        cents = np.where(factor == 1.0, base, np.rint(base * factor / 10).astype(np.int64) * 10)
        return Shelf(cents, np.log(cents / market.cents), self._in_stock(back), on_sale)

    def _factor(self, back: int) -> Floats:
        factor = np.ones(self.market.size)
        for month in range(1, back // MONTH + 1):
            dice = Dice(self.market.seed, PRICES, 1, month).rng
            drifts = dice.choice(DRIFTS, self.market.size)
            factor *= np.where(dice.random(self.market.size) < DRIFT_CHANCE, drifts, 1.0)
        return factor

    def _on_sale(self, back: int) -> tuple[int, ...]:
        """Not this week, so that the shop's prices are the catalog's."""
        if back < 7:
            return ()
        rolls = Dice(self.market.seed, PRICES, 3, back // 7).rng.random(len(self.market.categories))
        return tuple(np.flatnonzero(rolls < SALE_CHANCE).tolist())

    def _in_stock(self, back: int) -> npt.NDArray[np.bool_]:
        rolls = Dice(self.market.seed, PRICES, 4, back // 7).rng.random(self.market.size)
        if back < SOLD_OUT_FOR:
            rolls = np.where(self.market.sold_out, 0.0, rolls)
        bar = GONE_CHANCE if back >= 7 else 0.0
        return np.where(self.market.sold_out, back >= SOLD_OUT_FOR, rolls >= bar)
