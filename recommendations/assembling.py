"""From candidates to an answer: the whole knowledge of how rules, pins, caps and places work together. Pure.

What was found comes in turn: the blend, or the strategies one after the other, then the fallbacks, each asked for only
while places are free. Pins stand first, then places for new products, the rest is filled in order.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.barriers import WORDS, Asked, Barrier, Barriers, pins
from recommendations.contracts import Reason, Strategy, Why
from recommendations.goods import NO_ROW, Goods
from recommendations.placements import Boost, PlacementSpec

FIRST_CHUNK = 64
MOST_DROPPED = 60
TURN_US = 600_000_000  # new products take turns every ten minutes
Part = tuple[str, float]


class Told(NamedTuple):
    """Why something was found: `cause` is the product it is because of, empty for none; parts sum to 1."""

    strategy: Strategy
    reason: Reason
    cause: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one strategy found: distinct rows, scores > 0, any order; `tell(i)` says why the i-th was. `is_fallback`:
    asked because what was wanted was not enough."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    tell: Callable[[int], Told]
    is_fallback: bool = False


class Placed(NamedTuple):
    """A product in its place."""

    row: int
    score: float
    told: Told
    notes: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """At most n products in their order; `taken`: how many candidates each barrier kept out; `dropped`: which, where
    staff look at it."""

    items: tuple[Placed, ...]
    taken: Mapping[Barrier, int] = field(default_factory=dict)
    dropped: tuple[tuple[int, str], ...] = ()

    @property
    def greatest_barrier(self) -> str:
        """What kept out most candidates, in words; empty if nothing did."""
        most = max(self.taken.items(), key=lambda pair: (pair[1], -pair[0]), default=None)
        return WORDS[most[0]] if most else ""


def mix(found: Sequence[tuple[float, Found]]) -> Found:
    """Several strategies as one: each's scores as shares of its best, weighted and summed."""
    heard = [(weight, one) for weight, one in found if len(one.rows) and weight > 0]
    if len(heard) == 1:
        return heard[0][1]
    total = sum(weight for weight, _ in heard)
    rows = np.unique(np.concatenate([one.rows for _, one in heard])) if heard else np.zeros(0, np.int64)
    given = np.zeros((len(heard), len(rows)))
    places = np.zeros((len(heard), len(rows)), np.int64)
    for at, (weight, one) in enumerate(heard):
        where = np.searchsorted(rows, one.rows)
        given[at, where] = weight / total * one.scores / one.scores.max()
        places[at, where] = np.arange(len(one.rows))
    strongest = given.argmax(axis=0) if heard else rows
    scores = given.sum(axis=0)

    def tell(place: int) -> Told:
        at = int(strongest[place])
        told = heard[at][1].tell(int(places[at, place]))
        others = [
            (heard[i][1].tell(int(places[i, place])).strategy.value, float(given[i, place] / scores[place]))
            for i in range(len(heard))
            if i != at and given[i, place] > 0
        ]
        share = float(given[at, place] / scores[place])
        own = told.parts or ((told.strategy.value, 1.0),)
        return told._replace(parts=(*((name, part * share) for name, part in own), *others))

    return Found(rows, scores, tell)


def assemble(
    found: Iterable[Found], goods: Goods, spec: PlacementSpec, asked: Asked, *, keeps_families: bool = False
) -> Assembled:
    """The answer. Equal scores stand in the order of rows. `keeps_families`: variants may stand beside each other, as
    in search results."""
    filling = _Filling(goods, spec, asked, Barriers(goods, spec, asked, keeps_families=keeps_families))
    filling.pin()
    filling.explore()
    for one in found:
        if filling.is_full:
            break
        filling.fill(one)
    return filling.assembled()


def turns(rows: NDArray[np.int64], now_us: int, seed: bytes) -> NDArray[np.int64]:
    """The rows in an order that is the same for ten minutes and differs between seeds."""
    key = hashlib.blake2b(seed + (now_us // TURN_US).to_bytes(8, "big"), digest_size=8).digest()
    mixed = (rows.astype(np.uint64) + np.uint64(int.from_bytes(key, "big"))) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(rows[np.lexsort((rows, mixed ^ (mixed >> np.uint64(32))))])


class _Filling:
    """Places being filled; what stands counts against variants and caps."""

    def __init__(self, goods: Goods, spec: PlacementSpec, asked: Asked, barriers: Barriers) -> None:
        self.goods, self.spec, self.asked, self.barriers = goods, spec, asked, barriers
        self.has_caps = spec.caps.per_category is not None or spec.caps.per_brand is not None
        self.places: list[Placed | None] = [None] * asked.n
        self.first_free = 0
        self.free = asked.n
        self.shown: set[int] = set()
        self.families: set[int] = set()
        self.of_category: Counter[int] = Counter()
        self.of_brand: Counter[int] = Counter()
        self.taken: Counter[Barrier] = Counter()
        self.dropped: dict[int, str] = {}

    @property
    def is_full(self) -> bool:
        return self.free == 0

    def pin(self) -> None:
        """What staff pinned stands where they said, or at the next free place."""
        for rule in pins(self.barriers.rules):
            row = self.asked.row_of(rule.value)
            if row == NO_ROW or rule.position > len(self.places) or self.is_full:
                continue
            barrier = self.barriers.of_pinned(row) or self._crowded(row)
            if barrier:
                self._drop(row, barrier)
                continue
            told = Told(self.spec.strategies[0].strategy, Reason.PINNED)
            self._put(self._next_free(max(rule.position - 1, 0)), Placed(row, 0.0, told, (_of_pin(rule.position),)))

    def explore(self) -> None:
        """New products get their share of the places, spread evenly, in turns."""
        wanted = min(round(len(self.places) * self.spec.exploration), self.free)
        if not wanted or not len(self.asked.newcomers):
            return
        rows = turns(self.asked.newcomers, self.asked.now_us, self.asked.seed)
        rows = rows[self.barriers.verdicts(rows) == Barrier.NONE]
        told = Told(Strategy.NEWEST, Reason.NEWEST)
        step, given = len(self.places) / wanted, 0
        for row in rows.tolist():
            if given == wanted:
                return
            if not self._crowded(row):
                place = self._next_free(int((given + 1) * step) - 1)
                self._put(place, Placed(row, 0.0, told, (Why("exploration", 0.0, "A place kept for new products"),)))
                given += 1

    def fill(self, found: Found) -> None:
        """Free places, with the best that may stand there."""
        scores, notes = self._boosted(found)
        order = np.lexsort((found.rows, -scores))
        if self.spec.diversity > 0:
            candidates: Iterator[int] = self._unlike(found, scores, order)
        else:
            candidates = self._passing(found, order)
        for at in candidates:
            row = int(found.rows[at])
            if barrier := self._crowded(row):
                self._drop(row, barrier)
                continue
            told = found.tell(at)
            fallback = (_of_fallback(told.strategy),) if found.is_fallback else ()
            placed = Placed(row, float(scores[at]), told, (*fallback, *notes(at)))
            self.first_free = self._next_free(self.first_free)
            self._put(self.first_free, placed)
            if self.is_full:
                return

    def assembled(self) -> Assembled:
        """Without gaps, and with scores that never rise from one place to the next."""
        items = [one for one in self.places if one is not None]
        best = max([one.score for one in items], default=0.0)
        falling = []
        for one in items:
            best = min(best, one.score) if one.score > 0 else best
            falling.append(one if one.score == best else one._replace(score=best))
        dropped = [(row, why) for row, why in self.dropped.items() if row not in self.shown]
        return Assembled(tuple(falling), dict(self.taken), tuple(dropped[:MOST_DROPPED]))

    def _passing(self, found: Found, order: NDArray[np.int64]) -> Iterator[int]:
        """Places in `found` that no barrier keeps out, best first; looked at in chunks, since few are needed."""
        start, size = 0, max(FIRST_CHUNK, 2 * len(self.places))
        while start < len(order):
            chunk = order[start : start + size]
            verdicts = self.barriers.verdicts(found.rows[chunk])
            for at, verdict in zip(chunk.tolist(), verdicts.tolist(), strict=True):
                if verdict:
                    self._drop(int(found.rows[at]), Barrier(verdict))
                else:
                    yield at
            start, size = start + size, size * 8

    def _unlike(self, found: Found, scores: NDArray[np.float64], order: NDArray[np.int64]) -> Iterator[int]:
        """The same, each time the one that is good and unlike what stands already (maximal marginal relevance)."""
        most = max(FIRST_CHUNK, 10 * len(self.places))
        chosen = np.fromiter((at for at, _ in zip(self._passing(found, order), range(most), strict=False)), np.int64)
        if not len(chosen):
            return
        rows, share = found.rows[chosen], self.spec.diversity
        worth = (1 - share) * scores[chosen] / max(float(scores[chosen].max()), 1e-12)
        closest = np.zeros(len(rows))
        for one in self.shown:
            closest = np.maximum(closest, self.goods.likeness(one, rows))
        for _ in range(len(rows)):
            at = int(np.argmax(worth - share * closest))
            yield int(chosen[at])
            worth[at] = -np.inf
            if int(rows[at]) in self.shown:
                closest = np.maximum(closest, self.goods.likeness(int(rows[at]), rows))

    def _boosted(self, found: Found) -> tuple[NDArray[np.float64], Callable[[int], tuple[Why, ...]]]:
        if not self.spec.boosts or not len(found.rows):
            return found.scores, lambda _: ()
        factors = [(boost, self._factor(boost, found.rows)) for boost in self.spec.boosts]
        scores = found.scores.copy()
        for _, factor in factors:
            scores = scores * factor

        def notes(at: int) -> tuple[Why, ...]:
            return tuple(_of_boost(boost, float(factor[at])) for boost, factor in factors if factor[at] != 1.0)

        return scores, notes

    def _factor(self, boost: Boost, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        signal = self.goods.signal(boost.by, boost.value, rows, self.asked.now_us)
        return np.maximum(1.0 + boost.weight * signal, 0.0)

    def _crowded(self, row: int) -> Barrier:
        """Whether a variant of it stands already, or enough of its category or brand."""
        goods, caps = self.goods, self.spec.caps
        if row in self.shown or (not self.barriers.keeps_families and int(goods.family[row]) in self.families):
            return Barrier.VARIANT
        if not self.has_caps:
            return Barrier.NONE
        leaf, brand = int(goods.leaf[goods.path[row]]), int(goods.brand[row])
        if caps.per_category is not None and leaf and self.of_category[leaf] >= caps.per_category:
            return Barrier.CATEGORY_CAP
        if caps.per_brand is not None and brand and self.of_brand[brand] >= caps.per_brand:
            return Barrier.BRAND_CAP
        return Barrier.NONE

    def _put(self, place: int, placed: Placed) -> None:
        self.places[place] = placed
        self.free -= 1
        self.shown.add(placed.row)
        self.families.add(int(self.goods.family[placed.row]))
        if self.has_caps:
            self.of_category[int(self.goods.leaf[self.goods.path[placed.row]])] += 1
            self.of_brand[int(self.goods.brand[placed.row])] += 1

    def _next_free(self, place: int) -> int:
        """The first free place from here on, else before it; there is one."""
        if self.places[place] is None:
            return place
        places = itertools.chain(range(place + 1, len(self.places)), range(place - 1, -1, -1))
        return next(at for at in places if self.places[at] is None)

    def _drop(self, row: int, barrier: Barrier) -> None:
        if row in self.shown:
            return
        self.taken[barrier] += 1
        if self.asked.is_told and len(self.dropped) < 2 * MOST_DROPPED:
            self.dropped.setdefault(row, WORDS[barrier])


def _of_pin(position: int) -> Why:
    return Why("pin", 0.0, f"Pinned to place {position}" if position else "Pinned before what was found")


def _of_boost(boost: Boost, factor: float) -> Why:
    what = f"{boost.by} {boost.value}".strip()
    return Why(f"boost:{what}", factor, f"Boosted by {what}: × {factor:.2f}")


def _of_fallback(strategy: Strategy) -> Why:
    return Why("fallback", 0.0, f"Fallback {strategy.value}: what was asked for was not enough")
