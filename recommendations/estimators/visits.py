"""Visits: what one person touched with no pause of half an hour, as compact columns, oldest visit first.

A purchase ends a visit: what is touched after it begins the next one. A touch is a view; an addition or purchase of
what was already touched in the visit is no further touch but makes it a stronger one, so that `view, add, buy` of one
product is not read as interest that came back twice. Views do repeat: coming back to a product says something.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Touched
from recommendations.estimators.interactions import Interactions, Kind

GAP_US = 30 * 60 * 1_000_000
NEWEST = 500_000
LONGEST = 50
ROWS_PER_VISIT = 20


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Visit v holds items[indptr[v]:indptr[v + 1]] (codes, in order of time) and ended at ends_us[v].

    `kinds` is the strongest thing done with the product by that touch or after it; `steps` counts the distinct instants
    of the visit from 0, so that the lines of one order lie at no distance from each other.
    """

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]
    kinds: NDArray[np.int8]
    steps: NDArray[np.int16]
    people: NDArray[np.int32]
    ends_us: NDArray[np.int64]
    n_products: int

    def __len__(self) -> int:
        return len(self.ends_us)

    @property
    def owners(self) -> NDArray[np.int64]:
        """The visit of each touch."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def only(self, chosen: NDArray[np.bool_]) -> "Visits":
        """Those of a mask, in the same order."""
        touches = np.repeat(chosen, np.diff(self.indptr))
        indptr = np.concatenate([[0], np.cumsum(np.diff(self.indptr)[chosen])]).astype(np.int64)
        return Visits(
            indptr,
            self.items[touches],
            self.kinds[touches],
            self.steps[touches],
            self.people[chosen],
            self.ends_us[chosen],
            self.n_products,
        )


def visits_of(
    interactions: Interactions, *, gap_us: int = GAP_US, newest: int = NEWEST, longest: int = LONGEST
) -> Visits:
    """The `newest` visits, of each the last `longest` touches. At most `newest` × ROWS_PER_VISIT rows are looked at,
    the newest ones, so that memory is bounded whatever the history."""
    rows = _newest_rows(interactions.at_us, newest * ROWS_PER_VISIT)
    people, at_us = interactions.people[rows], interactions.at_us[rows]
    order = rows[np.lexsort((at_us, people))]
    people, items = interactions.people[order], interactions.items[order]
    at_us, kinds = interactions.at_us[order], interactions.kinds[order]
    visit = _numbered(_begins(people, at_us, kinds, gap_us))
    kept, strongest = _touches(visit, items, kinds)
    visit, at_us = visit[kept], at_us[kept]
    steps = _steps(visit, at_us)
    by_visit = _Rows(visit, items[kept], strongest[kept], steps, people[kept], at_us)
    return by_visit.packed(newest, longest, len(interactions.products))


def present(touches: Sequence[Touched]) -> list[Touched]:
    """The present visit as training reads visits: what came after the last purchase, or the purchase itself with what
    led to it while nothing came after; additions of what was seen make it stronger, repeated views stay.

    Oldest first in, oldest first out.
    """
    last = max((place for place, touch in enumerate(touches) if touch.kind == Kind.PURCHASE), default=-1)
    kept: list[Touched] = []
    place: dict[int, int] = {}
    for touch in touches[last + 1 :] or touches:
        before = place.get(touch.code)
        if before is not None and touch.kind != Kind.VIEW:
            kept[before] = kept[before]._replace(kind=max(kept[before].kind, touch.kind))
            continue
        place[touch.code] = len(kept)
        kept.append(touch)
    return kept


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Touches sorted by visit and time."""

    visit: NDArray[np.int64]
    items: NDArray[np.int32]
    kinds: NDArray[np.int8]
    steps: NDArray[np.int64]
    people: NDArray[np.int32]
    at_us: NDArray[np.int64]

    def packed(self, newest: int, longest: int, n_products: int) -> Visits:
        if not len(self.visit):
            none = np.zeros(0, np.int32)
            empty = np.zeros(0, np.int64)
            return Visits(
                np.zeros(1, np.int64), none, none.astype(np.int8), none.astype(np.int16), none, empty, n_products
            )
        last = np.flatnonzero(np.append(self.visit[1:] != self.visit[:-1], True))
        lengths = np.diff(np.concatenate([[-1], last]))
        ends_us = self.at_us[last]
        chosen = np.sort(np.lexsort((self.people[last], ends_us))[-newest:])
        chosen = chosen[np.lexsort((self.people[last][chosen], ends_us[chosen]))]
        taken = np.minimum(lengths[chosen], longest)
        touches = spans(last[chosen] + 1 - taken, taken)
        indptr = np.concatenate([[0], np.cumsum(taken)]).astype(np.int64)
        steps = self.steps[touches] - np.repeat(self.steps[touches[indptr[:-1]]], taken)
        return Visits(
            indptr,
            self.items[touches].astype(np.int32),
            self.kinds[touches],
            steps.astype(np.int16),
            self.people[last][chosen],
            ends_us[chosen],
            n_products,
        )


def spans(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """starts[0] .. starts[0] + lengths[0] - 1, then the next, as one array of places."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def _newest_rows(at_us: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if len(at_us) <= most:
        return np.arange(len(at_us))
    kth = np.partition(at_us, len(at_us) - most)[len(at_us) - most]
    return np.flatnonzero(at_us >= kth)


def _begins(
    people: NDArray[np.int32], at_us: NDArray[np.int64], kinds: NDArray[np.int8], gap_us: int
) -> NDArray[np.bool_]:
    """Where a visit begins: another person, a pause, or a later instant than that of a purchase."""
    begins = np.ones(len(people), dtype=np.bool_)
    if not len(people):
        return begins
    later = at_us[1:] - at_us[:-1]
    instants = _instants(people, at_us)
    strongest = np.maximum.reduceat(kinds, np.flatnonzero(instants))
    after_purchase = (strongest[_numbered(instants)] == Kind.PURCHASE)[:-1] & (later > 0)
    begins[1:] = (people[1:] != people[:-1]) | (later > gap_us) | after_purchase
    return begins


def _instants(people: NDArray[np.int32], at_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    first = np.ones(len(people), dtype=np.bool_)
    first[1:] = (people[1:] != people[:-1]) | (at_us[1:] != at_us[:-1])
    return first


def _numbered(begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.cumsum(begins) - 1


def _touches(
    visit: NDArray[np.int64], items: NDArray[np.int32], kinds: NDArray[np.int8]
) -> tuple[NDArray[np.bool_], NDArray[np.int8]]:
    """Which rows are touches, and the strongest kind of each touch and of what was folded into it."""
    order = np.lexsort((np.arange(len(visit)), items, visit))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (visit[order][1:] != visit[order][:-1]) | (items[order][1:] != items[order][:-1])
    is_touch = first | (kinds[order] == Kind.VIEW)
    strongest = np.zeros(len(visit), dtype=np.int8)
    if len(order):
        begin = np.flatnonzero(is_touch)
        strongest[order[begin]] = np.maximum.reduceat(kinds[order], begin)
    kept = np.zeros(len(visit), dtype=np.bool_)
    kept[order] = is_touch
    return kept, strongest


def _steps(visit: NDArray[np.int64], at_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of each touch's instant; counted from each visit's first in `packed`."""
    new = np.ones(len(visit), dtype=np.bool_)
    new[1:] = (visit[1:] != visit[:-1]) | (at_us[1:] != at_us[:-1])
    return np.cumsum(new)
