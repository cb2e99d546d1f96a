"""From what people did, by person and day, to sums by variant at the end of each day. Pure, vectorized.

A person's value at the end of a day is all they did in their window until then, cut at the cap; so a row changes the
sums by what the value is after it less what it was before. A day costs what happened on it, not how many people there
are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.stats.sums import Sums

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """Everybody counted: by place their variant (0 = control) and the day they met the experiment (0 = its first)."""

    variant: Places
    day: Places
    variants: int
    days: int


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """What people did, any number of rows a person: `place` (in `Met`), `day`, and how much of `y` and of `x`."""

    place: Places
    day: Places
    y: Numbers
    x: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Each person's value in the end, in the order of their places."""

    y: Numbers
    x: Numbers


def values(met: Met, done: Done, cut_y: float | None = None, cut_x: float | None = None) -> Values:
    """Of everybody, whatever the day; cut at the caps."""
    people = met.variant.size
    y, x = (np.bincount(done.place, weights=one, minlength=people).astype(np.float64) for one in (done.y, done.x))
    return Values(_cutting(cut_y)(y), _cutting(cut_x)(x))


def by_day(met: Met, done: Done, cut_y: float | None = None, cut_x: float | None = None) -> list[tuple[Sums, ...]]:
    """Sums at the end of each day, the variants in their order."""
    order = np.lexsort((done.day, done.place))
    place, day = done.place[order], np.clip(done.day[order], 0, met.days - 1)
    y, x = (_before_and_after(place, one[order], cut) for one, cut in ((done.y, cut_y), (done.x, cut_x)))
    cell = day * met.variants + met.variant[place]
    size = met.days * met.variants
    people = np.bincount(met.day * met.variants + met.variant, minlength=size)
    changes = [
        y[1] - y[0],
        y[1] ** 2 - y[0] ** 2,
        x[1] - x[0],
        x[1] ** 2 - x[0] ** 2,
        x[1] * y[1] - x[0] * y[0],
        (y[1] != 0).astype(np.float64) - (y[0] != 0),
    ]
    parts = [people, *(np.bincount(cell, weights=one, minlength=size) for one in changes)]
    grown = [np.cumsum(one.reshape(met.days, met.variants), axis=0) for one in parts]
    return [
        tuple(_sums([float(one[each, variant]) for one in grown]) for variant in range(met.variants))
        for each in range(met.days)
    ]


def sums_of(met: Met, found: Values, wanted: NDArray[np.bool_] | None = None) -> tuple[Sums, ...]:
    """Sums in the end by variant; of those `wanted` alone."""
    variant = met.variant if wanted is None else met.variant[wanted]
    y, x = (found.y, found.x) if wanted is None else (found.y[wanted], found.x[wanted])
    weights = [y, y * y, x, x * x, x * y, (y != 0).astype(np.float64)]
    columns = [np.bincount(variant, minlength=met.variants)]
    columns += [np.bincount(variant, weights=one, minlength=met.variants) for one in weights]
    return tuple(_sums([float(one[each]) for one in columns]) for each in range(met.variants))


def percentile(found: Numbers, share: float) -> float | None:
    """What so many percent of those who have any value stay below; None where nobody has."""
    some = found[found > 0]
    return float(np.percentile(some, share)) if some.size else None


def _sums(cells: list[float]) -> Sums:
    people, y, yy, x, xx, xy, doers = cells
    return Sums(round(people), y, yy, x, xx, xy, round(doers))


def _before_and_after(place: Places, amounts: Numbers, cut: float | None) -> tuple[Numbers, Numbers]:
    """A person's value before and after each of their rows, which stand together."""
    if not amounts.size:
        return amounts, amounts
    running = np.cumsum(amounts)
    starts = np.concatenate(([True], place[1:] != place[:-1]))
    base = np.concatenate(([0.0], running[:-1]))[starts]
    counts = np.diff(np.concatenate((np.flatnonzero(starts), [place.size])))
    after = running - np.repeat(base, counts)
    before = np.where(starts, 0.0, np.concatenate(([0.0], after[:-1])))
    cutting = _cutting(cut)
    return cutting(_exactly(before)), cutting(_exactly(after))


def _exactly(found: Numbers) -> Numbers:
    """To a millionth, as amounts are stored: what was given back wholly leaves 0."""
    return np.asarray(np.round(found, 6), dtype=np.float64)


def _cutting(cut: float | None) -> Callable[[Numbers], Numbers]:
    return (lambda found: found) if cut is None else (lambda found: np.minimum(found, cut))
