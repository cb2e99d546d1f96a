"""Own: what somebody bought, to be bought again when it is due. Of all people it learns how soon a product is rebought.

A person's score for a product: decayed purchases × how often the product's buyers come back for it × when it is due.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from recommendations.estimators.facing import Arrays, Candidates, Context, Touched, TrainingData, best, nothing
from recommendations.estimators.interactions import DAY_US, Interactions

DUE = 0.5
LEAST_GAP_DAYS = 1.0  # purchases of one day are one purchase in several orders
LEAST_SPREAD = 0.3
UNKNOWN_DAYS = 60.0  # before anybody bought anything twice
UNKNOWN_SPREAD = 1.0


class Interval(NamedTuple):
    """How soon a product is rebought: the `median` in days, the `spread` of its logarithm, and which share of its
    buyers come back."""

    median_days: float
    spread: float
    rebuy_share: float


class Own:
    """Learns each product's rebuy interval: median and spread of the days between purchases of one person.

    Both are shrunk to the category's, as if it had lent `prior` intervals, and that to the whole's; so is the share of
    buyers who come back. `floor` is what is left of a product's score while it is not due at all. `least_rebuy_share`:
    a product that fewer come back for is never due. The counts of a context's purchases are decayed by its reader.

    `floor` was picked on Online Retail II before 2011-09: being due settles what is else alike. To put all due products
    first, or a lower floor, found less of what people bought in the 14, 30 and 90 days after (.377 instead of .397).
    """

    name: ClassVar[str] = "own"
    ADAPTED: ClassVar[frozenset[str]] = frozenset({"floor", "least_rebuy_share"})

    def __init__(self, *, prior: float = 50.0, floor: float = 0.9, least_rebuy_share: float = 0.05) -> None:
        self.prior = prior
        self.floor = floor
        self.least_rebuy_share = least_rebuy_share

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns `log_median_`, `spread_` and `rebuy_share_`, one a product."""
        bought = _Bought.of(data.interactions.purchases())
        categories = _categories(data)
        self.log_median_, self.spread_ = self._intervals(bought, categories)
        self.rebuy_share_ = self._shares(bought, categories, now_us)
        return self

    def _intervals(
        self, bought: "_Bought", categories: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logs, items = np.log(bought.gap_days), bought.gap_items
        if not len(logs):
            n = len(categories)
            return np.full(n, np.log(UNKNOWN_DAYS), np.float32), np.full(n, UNKNOWN_SPREAD, np.float32)
        # The median of the whole, and means of logarithms below it: medians of few are too rough to be added up.
        medians = self._shrunk(items, logs, categories, float(np.median(logs)))
        squares = (logs - medians[items]) ** 2
        spreads = np.sqrt(self._shrunk(items, squares, categories, float(squares.mean())))
        return medians.astype(np.float32), np.maximum(spreads, LEAST_SPREAD).astype(np.float32)

    def _shares(self, bought: "_Bought", categories: NDArray[np.int64], now_us: int) -> NDArray[np.float32]:
        """Who came back, of those whose interval is over: a product new in the shop is not one nobody wants again."""
        if not len(bought.pair_items):
            return np.zeros(len(categories), np.float32)
        items = bought.pair_items
        waited = np.maximum(now_us - bought.first_us, 1) / DAY_US
        chance = ndtr((np.log(waited) - self.log_median_[items]) / self.spread_[items])
        chance = np.maximum(chance, bought.came_back)
        whole = float(bought.came_back.sum() / max(float(chance.sum()), 1.0))
        return self._shrunk(items, bought.came_back, categories, whole, chance).astype(np.float32)

    def _shrunk(
        self,
        items: NDArray[np.int64],
        values: NDArray[np.float64],
        categories: NDArray[np.int64],
        whole: float,
        weights: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Means of `values` (their sum over the sum of `weights`) by product, lent `prior` from the category's mean,
        which is lent as many from the whole's."""
        counted = np.ones(len(values)) if weights is None else weights
        n, m = len(categories), int(categories.max(initial=-1)) + 1
        sums, counts = np.bincount(items, values, minlength=n), np.bincount(items, counted, minlength=n)
        known = categories >= 0
        of_category = np.full(n, whole)
        if m:
            total = np.bincount(categories[known], sums[known], minlength=m) + self.prior * whole
            of_category[known] = (total / (np.bincount(categories[known], counts[known], minlength=m) + self.prior))[
                categories[known]
            ]
        return np.asarray((sums + self.prior * of_category) / (counts + self.prior))

    def interval(self, code: int) -> Interval:
        """What was learned of one product."""
        return Interval(
            float(np.exp(self.log_median_[code])), float(self.spread_[code]), float(self.rebuy_share_[code])
        )

    def due(self, code: int, last_at_us: int, now_us: int) -> float:
        """How due a product is that was last bought at `last_at_us`: 0 just bought, 1 about its interval later, then
        slowly less. From DUE (.5) on it may be called due; 0 for what hardly anybody buys twice."""
        return float(self._dues(np.array([code]), np.array([last_at_us]), now_us)[0])

    def due_codes(self, purchases: Sequence[Touched], now_us: int) -> frozenset[int]:
        """Of somebody's purchases those that may be called due."""
        codes, last = _codes_and_times(purchases)
        return frozenset(codes[self._dues(codes, last, now_us) >= DUE].tolist())

    def _dues(self, codes: NDArray[np.int64], last_at_us: NDArray[np.int64], now_us: int) -> NDArray[np.float64]:
        is_rebought = self.rebuy_share_[codes] >= self.least_rebuy_share
        return np.where(is_rebought, self._timing(codes, last_at_us, now_us), 0.0)

    def _timing(self, codes: NDArray[np.int64], last_at_us: NDArray[np.int64], now_us: int) -> NDArray[np.float64]:
        days = np.maximum(now_us - last_at_us, DAY_US // 24) / DAY_US
        late = (np.log(days) - self.log_median_[codes]) / self.spread_[codes]
        return np.asarray(ndtr(2 * late + 3) / (1 + np.maximum(late - 1, 0)))

    def recommend(self, context: Context, n: int) -> Candidates:
        """The person's own purchases, each because of itself."""
        if not context.purchases:
            return nothing()
        codes, last = _codes_and_times(context.purchases)
        counts = np.array([one.weight for one in context.purchases], dtype=np.float64)
        timing = self.floor + (1 - self.floor) * self._timing(codes, last, context.now_us)
        scores = counts * np.maximum(self.rebuy_share_[codes], 1e-6) * timing
        kept = scores > 0
        return best(Candidates(codes[kept], scores[kept], codes[kept]), n)

    def arrays(self) -> Arrays:
        """One value a product each."""
        return {"log_median": self.log_median_, "spread": self.spread_, "rebuy_share": self.rebuy_share_}

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`."""
        fitted = cls(**params)
        fitted.log_median_ = np.asarray(arrays["log_median"])
        fitted.spread_ = np.asarray(arrays["spread"])
        fitted.rebuy_share_ = np.asarray(arrays["rebuy_share"])
        return fitted

    def adapted(self, params: Mapping[str, Any], data: TrainingData, now_us: int) -> Self:
        """With other parameters of ADAPTED, which only answering reads."""
        return self.restore(params, self.arrays())

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`."""
        return {"prior": self.prior, "floor": self.floor, "least_rebuy_share": self.least_rebuy_share}


class _Bought(NamedTuple):
    """Gaps between a person's purchases of a product, and of each person and product the first one."""

    gap_items: NDArray[np.int64]
    gap_days: NDArray[np.float64]
    pair_items: NDArray[np.int64]
    first_us: NDArray[np.int64]
    came_back: NDArray[np.float64]  # 1 where there was a gap, else 0

    @classmethod
    def of(cls, bought: Interactions) -> Self:
        keys = bought.people.astype(np.int64) * max(len(bought.products), 1) + bought.items
        order = np.lexsort((bought.at_us, keys))
        keys, at_us, items = keys[order], bought.at_us[order], bought.items[order].astype(np.int64)
        days = np.diff(at_us) / DAY_US
        gaps = np.flatnonzero((keys[1:] == keys[:-1]) & (days >= LEAST_GAP_DAYS))
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
        came_back = np.zeros(len(first))
        came_back[np.searchsorted(first, gaps, side="right") - 1] = 1.0
        return cls(items[gaps + 1], days[gaps], items[first], at_us[first], came_back)


def _codes_and_times(purchases: Sequence[Touched]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.array([one.code for one in purchases], np.int64), np.array([one.at_us for one in purchases], np.int64)


def _categories(data: TrainingData) -> NDArray[np.int64]:
    """The category of each product as a number, -1 for none."""
    n = len(data.interactions.products)
    places: dict[str, int] = {}
    numbers = np.full(n, -1, dtype=np.int64)
    for code, article in enumerate(data.articles):
        if article is not None and article.category:
            numbers[code] = places.setdefault(article.category, len(places))
    return numbers
