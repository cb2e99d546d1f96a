"""Whether people of a shop look at the same product again, and come back to an earlier one of the same visit.

Shops differ, and so does what reaches us: some trackers tell each product once a visit. Session sets differ as much.
"""

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.visits import Visits

USUAL = (0.20, 0.17)  # of next touches: the newest product again, an earlier one (RetailRocket's training visits)
BELIEF = 50  # next touches that the usual habits weigh as much as
MOST_HABIT = 1.5


def habits_of(visits: Visits) -> NDArray[np.float32]:
    """How often the next touch is the newest product again, and how often an earlier one, as times the usual, at most
    MOST_HABIT: 1 and 1 where nothing is known yet."""
    owners, items = visits.owners, visits.items
    follows = np.zeros(len(items), dtype=np.bool_)
    follows[1:] = (owners[1:] == owners[:-1]) & (np.diff(visits.steps) > 0)
    again = np.zeros(len(items), dtype=np.bool_)
    again[1:] = follows[1:] & (items[1:] == items[:-1])
    counts = np.array([again.sum(), (follows & _seen(owners, items) & ~again).sum()], dtype=np.float64)
    usual = np.array(USUAL)
    rates = (counts + BELIEF * usual) / (follows.sum() + BELIEF)
    return np.asarray(np.minimum(rates / usual, MOST_HABIT), dtype=np.float32)


def _seen(owners: NDArray[np.int64], items: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which touches are of a product touched before in the same visit."""
    order = np.lexsort((np.arange(len(items)), items, owners))
    seen = np.zeros(len(items), dtype=np.bool_)
    seen[order[1:]] = (owners[order][1:] == owners[order][:-1]) & (items[order][1:] == items[order][:-1])
    return seen
