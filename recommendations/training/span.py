"""From when to when a history lasts, but for a few stragglers: an order dated 1970, a click years after all else. Pure.

One such row must not make all others look a lifetime old, nor be the whole test.
"""

import numpy as np

from recommendations.estimators.interactions import DAY_US, Interactions

FEW = 200  # of so many rows one may be a straggler
APART_US = 180 * DAY_US


def span_of(rows: Interactions) -> tuple[int, int]:
    """The first and the last instant (µs); of rows more than APART_US from all but a few, those few are left out."""
    n = len(rows)
    if not n:
        return 0, 0
    few = n // FEW
    low, high = np.partition(rows.at_us, (few, n - 1 - few))[[few, n - 1 - few]].tolist()
    first, last = int(rows.at_us.min()), rows.until_us
    return (low if low - first > APART_US else first), (high if last - high > APART_US else last)
