"""Small training sets by hand, and estimators carried through their arrays as a model file carries them."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from recommendations.estimators.facing import Article, Candidates, Context, Estimator, Touched, TrainingData
from recommendations.estimators.interactions import DAY_US, Interactions, Kind

E = TypeVar("E", bound=Estimator)
Row = tuple[int, int, float] | tuple[int, int, float, Kind]


def interactions(*rows: Row, items: int = 4) -> Interactions:
    """Rows of (person, item, days[, kind]); purchases where no kind is given."""
    return Interactions(
        people=np.array([row[0] for row in rows], dtype=np.int32),
        items=np.array([row[1] for row in rows], dtype=np.int32),
        at_us=np.array([int(row[2] * DAY_US) for row in rows], dtype=np.int64),
        kinds=np.array([row[3] if len(row) > 3 else Kind.PURCHASE for row in rows], dtype=np.int8),
        products=tuple(f"p{item}" for item in range(items)),
        n_people=max((row[0] for row in rows), default=-1) + 1,
    )


def data_of(
    *rows: Row,
    items: int = 4,
    categories: Sequence[str] = (),
    texts: Sequence[str | None] = (),
    regions: Sequence[str] = (),
) -> TrainingData:
    """A training set; a text of None is a product that the catalog has not."""
    described = [
        None if text is None else Article(f"p{code}", categories[code] if categories else "", text)
        for code, text in enumerate(texts or [""] * len(categories))
    ]
    return TrainingData(interactions(*rows, items=items), described, regions)


def history(*seeds: tuple[int, float], now_days: float = 0) -> Context:
    """The context of somebody with weighted products."""
    touched = tuple(Touched(code, weight, 0, Kind.PURCHASE) for code, weight in seeds)
    return Context(now_us=int(now_days * DAY_US), history=touched)


def purchases(*rows: tuple[int, float, float], now_days: float) -> Context:
    """The context of somebody with purchases: (item, decayed count, days of the last)."""
    bought = tuple(Touched(code, count, int(days * DAY_US), Kind.PURCHASE) for code, count, days in rows)
    return Context(now_us=int(now_days * DAY_US), purchases=bought)


def restored(fitted: E) -> E:
    """From its parameters and arrays, which nobody may write to."""
    arrays = {name: values.copy() for name, values in fitted.arrays().items()}
    for values in arrays.values():
        assert values.dtype.kind in "biufS", "only plain numbers and bytes go into files"
        values.flags.writeable = False
    return type(fitted).restore(fitted.params(), arrays)


def same(one: Candidates, other: Candidates) -> bool:
    """Equal to the last bit."""
    return all(
        np.array_equal(mine, yours)
        for mine, yours in ((one.codes, other.codes), (one.scores, other.scores), (one.causes, other.causes))
    )
