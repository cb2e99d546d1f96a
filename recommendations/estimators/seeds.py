"""Seeds: the products of a context that sparse rows are summed over, and how much each speaks."""

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Candidates, Context
from recommendations.estimators.visits import present

FEW = 8
Seeds = tuple[NDArray[np.int64], NDArray[np.float64]]  # distinct codes, their weights


def seeds_of(context: Context, most: int, fading: float) -> Seeds:
    """The product in front and the cart, all alike; without either the `most` newest products of the present visit,
    each counting `fading` times the one after it."""
    chosen = list(context.cart) if context.product is None else [context.product, *context.cart]
    if chosen:
        codes = np.array(list(dict.fromkeys(chosen)), dtype=np.int64)
        return codes, np.ones(len(codes))
    newest = dict.fromkeys(touch.code for touch in reversed(present(context.session)))
    codes = np.fromiter(newest, np.int64, len(newest))[:most]
    return codes, fading ** np.arange(len(codes), dtype=np.float64)


def without(found: Candidates, withheld: NDArray[np.int64]) -> Candidates:
    """The candidates but for some codes."""
    if len(withheld) <= FEW:  # a comparison each is quicker than a set
        kept = np.ones(len(found), dtype=np.bool_)
        for code in withheld.tolist():
            kept &= found.codes != code
    else:
        kept = ~np.isin(found.codes, withheld)
    return Candidates(found.codes[kept], found.scores[kept], found.causes[kept])
