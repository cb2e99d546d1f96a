"""V-STAN: what comes next in a visit, by the recent visits most like it (Garg et al. 2019, with timestamps).

Neighbours are the newest visits that share products with the present one. A shared product counts by how late it stands
in the present visit, by how often, and by how rare it is (IDF); a neighbour by its age and length; a candidate by how
near it stands to the shared product in the neighbour, more so after it than before. The visit's own products have a
weight of their own, as far as people of this shop look at the same product again, and come back to an earlier one: both
habits are learned. Where nobody does, they are not given back at all.

Answers for: `session` (repeats allowed; what was bought in it is not given back). With a `product` in front that counts
as the newest touch, and with a `cart` alone its products count alike; then nothing of these themselves is given back.

Parameters were picked on RetailRocket, on the 3,000 visits before its test.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Arrays, Candidates, Context, TrainingData, nothing
from recommendations.estimators.interactions import Kind, decay
from recommendations.estimators.returning import habits_of
from recommendations.estimators.visits import NEWEST, Visits, present, spans, visits_of

HEARD = 8  # products of the present visit that look for neighbours, the heaviest
REACH = 64  # steps between a shared product and a candidate that are told apart
GRID: tuple[dict[str, Any], ...] = (
    {},
    {"half_life_days": 14.0},
    {"half_life_days": 365.0, "neighbours": 1000, "recent_per_product": 1000},
    {"own_weight": 0.2},
    {"sharpness": 1.5, "idf_power": 1.0},
    {"position_decay": 1.5, "distance_decay": 2.0, "own_decay": 3.0},
)
# S-KNN (Jannach & Ludewig 2017) as V-STAN without what tells touches and neighbours apart: a reference.
S_KNN: dict[str, Any] = {
    "position_decay": 1e9,
    "distance_decay": 1e9,
    "own_decay": 1e9,
    "after": 1.0,
    "half_life_days": 36_500.0,
    "length_power": 0.5,
    "idf_power": 0.0,
    "rarity_power": 0.0,
    "sharpness": 1.0,
    "own_weight": 0.0,
}


class VStan:
    """`neighbours` visits of at most `recent_per_product` a shared product answer. Decays are in steps: e ** (-steps /
    decay). `own_weight` is the newest own product's beside the best candidate's score, 0 for none."""

    name: ClassVar[str] = "session"
    ADAPTED: ClassVar[frozenset[str]] = frozenset(
        {
            "neighbours",
            "position_decay",
            "distance_decay",
            "after",
            "idf_power",
            "rarity_power",
            "sharpness",
            "own_weight",
            "own_decay",
            "add_weight",
        }
    )

    visit_indptr_: NDArray[np.int32]
    visit_items_: NDArray[np.int32]
    visit_steps_: NDArray[np.int16]
    visit_weights_: NDArray[np.float32]
    posting_indptr_: NDArray[np.int64]
    posting_visits_: NDArray[np.int32]
    posting_steps_: NDArray[np.int16]
    idf_: NDArray[np.float32]
    habits_: NDArray[np.float32]  # the newest product again, an earlier one: times the usual

    def __init__(
        self,
        *,
        recent_per_product: int = 500,
        neighbours: int = 500,
        position_decay: float = 3.0,
        distance_decay: float = 6.0,
        after: float = 1.2,
        half_life_days: float = 60.0,
        length_power: float = 0.25,
        idf_power: float = 2.0,
        rarity_power: float = 0.0,
        sharpness: float = 2.0,
        own_weight: float = 0.8,
        own_decay: float = 6.0,
        add_weight: float = 1.5,
        newest: int = NEWEST,
    ) -> None:
        self.recent_per_product = recent_per_product
        self.neighbours = neighbours
        self.position_decay = position_decay
        self.distance_decay = distance_decay
        self.after = after
        self.half_life_days = half_life_days
        self.length_power = length_power
        self.idf_power = idf_power
        self.rarity_power = rarity_power
        self.sharpness = sharpness
        self.own_weight = own_weight
        self.own_decay = own_decay
        self.add_weight = add_weight
        self.newest = newest
        self._nearness = self._by_distance()

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Keeps the newest visits and, for each product, the newest of them that touch it."""
        visits = visits_of(data.interactions, newest=self.newest)
        lengths = np.diff(visits.indptr)
        age = decay(visits.ends_us, self.half_life_days, now_us)
        self.visit_indptr_ = visits.indptr.astype(np.int32)
        self.visit_items_, self.visit_steps_ = visits.items, visits.steps
        self.visit_weights_ = (age / np.maximum(lengths, 1) ** self.length_power).astype(np.float32)
        self.habits_ = habits_of(visits)
        self._index(visits)
        return self

    def recommend(self, context: Context, n: int) -> Candidates:
        """All candidates the neighbours know (never cut to `n`), for the contexts named above."""
        seen = self._seen(context)
        if not len(seen.codes):
            return nothing()
        found = self._own(self._heard(seen), seen)
        if not len(seen.withheld):
            return found
        kept = ~np.isin(found.codes, seen.withheld)
        return Candidates(found.codes[kept], found.scores[kept], found.causes[kept])

    def arrays(self) -> Arrays:
        """What was learned."""
        return {name: getattr(self, name + "_") for name in ARRAYS}

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """A fitted estimator; the arrays are kept as they are given."""
        made = cls(**params)
        for name in ARRAYS:
            setattr(made, name + "_", arrays[name])
        return made

    def adapted(self, params: Mapping[str, Any], data: TrainingData, now_us: int) -> Self:
        """With other parameters of ADAPTED, which only answering reads."""
        return self.restore(params, self.arrays())

    def params(self) -> dict[str, Any]:
        """As `__init__` takes them."""
        return {name: value for name, value in vars(self).items() if not name.endswith("_") and name[0] != "_"}

    def _by_distance(self) -> NDArray[np.float64]:
        """Weight of a candidate REACH + d steps from the shared product, d from -REACH to REACH."""
        steps = np.arange(-REACH, REACH + 1)
        near: NDArray[np.float64] = np.exp(-np.abs(steps) / self.distance_decay)
        near[steps > 0] *= self.after
        return near

    def _index(self, visits: Visits) -> None:
        """Postings: for each product its newest visits, newest first, each with the step of its last touch there."""
        owners, steps, items = visits.owners, visits.steps, visits.items
        order = np.lexsort((-steps.astype(np.int32), -owners, items))
        items, owners, steps = items[order], owners[order], steps[order]
        first = np.ones(len(items), dtype=np.bool_)
        first[1:] = (items[1:] != items[:-1]) | (owners[1:] != owners[:-1])
        items, owners, steps = items[first], owners[first], steps[first]
        counts = np.bincount(items, minlength=visits.n_products)
        rank = np.arange(len(items)) - np.repeat(np.cumsum(counts) - counts, counts)
        kept = rank < self.recent_per_product
        lengths = np.minimum(counts, self.recent_per_product)
        self.posting_indptr_ = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self.posting_visits_ = owners[kept].astype(np.int32)
        self.posting_steps_ = steps[kept]
        self.idf_ = np.log1p(len(visits) / np.maximum(counts, 1)).astype(np.float32)

    def _seen(self, context: Context) -> "_Seen":
        if context.session:
            touches = present(context.session)
            codes = [touch.code for touch in touches]
            depths = _depths([touch.at_us for touch in touches])
            added = {touch.code for touch in touches if touch.kind != Kind.VIEW}
            bought = [touch.code for touch in context.session if touch.kind == Kind.PURCHASE]
            if context.product is None:
                return self._weighed(codes, depths, added, bought, self.own_weight)
            if not codes or codes[-1] != context.product:
                codes, depths = [*codes, context.product], [*(depth + 1 for depth in depths), 0]
            return self._weighed(codes, depths, added, codes, 0.0)
        codes = [context.product] if context.product is not None else list(context.cart)
        return self._weighed(codes, [0] * len(codes), set(), codes, 0.0)

    def _weighed(
        self, codes: list[int], depths: list[int], added: set[int], withheld: list[int], own_weight: float
    ) -> "_Seen":
        """Each product once, the newest first: what it weighs as a shared product, and as an own one."""
        weights: dict[int, float] = {}
        own: dict[int, float] = {}
        for code, depth in zip(reversed(codes), reversed(depths), strict=True):
            weights[code] = weights.get(code, 0.0) + np.exp(-depth / self.position_decay)
            own.setdefault(code, own_weight * np.exp(-depth / self.own_decay))
        each = np.fromiter(weights, np.int64, len(weights))
        heard = np.fromiter(weights.values(), np.float64, len(weights))
        for code in added:
            heard[each == code] *= self.add_weight
        heard *= self.idf_[each] ** self.idf_power
        return _Seen(each, heard, np.fromiter(own.values(), np.float64, len(own)), np.array(withheld, np.int64))

    def _heard(self, seen: "_Seen") -> Candidates:
        """The candidates of the neighbours."""
        loudest = np.argsort(-seen.heard, kind="stable")[:HEARD]
        near = self._neighbours(seen.codes[loudest], seen.heard[loudest])
        if not len(near.visits):
            return nothing()
        starts = self.visit_indptr_[near.visits].astype(np.int64)
        lengths = self.visit_indptr_[near.visits + 1] - starts
        places = spans(starts, lengths)
        distance = self.visit_steps_[places] - np.repeat(near.steps, lengths) + REACH
        given = np.repeat(near.weights, lengths) * self._nearness.take(distance, mode="clip")
        codes, scores, cause = _summed(self.visit_items_[places], np.repeat(near.shared, lengths), given)
        scores = scores * self.idf_[codes] ** self.rarity_power
        return Candidates(codes, scores, seen.codes[loudest][cause])

    def _neighbours(self, codes: NDArray[np.int64], heard: NDArray[np.float64]) -> "_Near":
        """The visits that share most, each with the step and the place in `codes` of the heaviest product shared."""
        starts = self.posting_indptr_[codes]
        lengths = self.posting_indptr_[codes + 1] - starts
        places = spans(starts, lengths)
        visits, steps = self.posting_visits_[places], self.posting_steps_[places]
        weights, shared = np.repeat(heard, lengths), np.repeat(np.arange(len(codes)), lengths)
        if len(codes) > 1 and len(visits):
            order = np.argsort(visits, kind="stable")
            begin = _groups(visits[order])
            first = order[begin]
            weights = np.add.reduceat(weights[order], begin)
            visits, steps, shared = visits[first], steps[first], shared[first]
        weights = weights**self.sharpness * self.visit_weights_[visits]
        if len(visits) > self.neighbours:
            top = np.argpartition(-weights, self.neighbours)[: self.neighbours]
            visits, steps, weights, shared = visits[top], steps[top], weights[top], shared[top]
        return _Near(visits, steps.astype(np.int64), weights, shared)

    def _own(self, found: Candidates, seen: "_Seen") -> Candidates:
        """`found` (codes ascending) with the visit's own products raised or added, as far as that is the habit."""
        habits = np.full(len(seen.codes), float(self.habits_[1]))
        habits[0] = self.habits_[0]
        raised = seen.own * habits * (found.scores.max() if len(found) else 1.0)
        places = np.searchsorted(found.codes, seen.codes)
        there = places < len(found)
        there[there] = found.codes[places[there]] == seen.codes[there]
        scores, causes = found.scores.copy(), found.causes.copy()
        scores[places[there]] = scores[places[there]] * np.minimum(4 * habits[there], 1.0) + raised[there]
        causes[places[there]] = seen.codes[there]
        absent = ~there
        codes = np.concatenate([found.codes, seen.codes[absent]])
        scores = np.concatenate([scores, raised[absent]])
        causes = np.concatenate([causes, seen.codes[absent]])
        kept = scores > 0
        return Candidates(codes[kept], scores[kept], causes[kept])


ARRAYS = (
    "visit_indptr",
    "visit_items",
    "visit_steps",
    "visit_weights",
    "posting_indptr",
    "posting_visits",
    "posting_steps",
    "idf",
    "habits",
)


class _Seen(NamedTuple):
    """The present visit: distinct products, newest first; how loudly each looks for neighbours, and speaks for itself;
    the products not to be given back."""

    codes: NDArray[np.int64]
    heard: NDArray[np.float64]
    own: NDArray[np.float64]
    withheld: NDArray[np.int64]


class _Near(NamedTuple):
    """Neighbours: visit, step of the heaviest shared product there, weight, that product's place."""

    visits: NDArray[np.int32]
    steps: NDArray[np.int64]
    weights: NDArray[np.float64]
    shared: NDArray[np.int64]


def _depths(at_us: list[int]) -> list[int]:
    """How many instants before the newest each touch lies."""
    depths = [0] * len(at_us)
    for place in range(len(at_us) - 2, -1, -1):
        depths[place] = depths[place + 1] + (at_us[place] != at_us[place + 1])
    return depths


def _groups(ordered: NDArray[Any]) -> NDArray[np.int64]:
    """Where each run of equal values begins."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def _summed(
    items: NDArray[np.int32], shared: NDArray[np.int64], given: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Distinct items (ascending), their sums, and which of `shared` (below HEARD) gave most of each."""
    keys = items.astype(np.int64) * HEARD + shared
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begin = _groups(ordered)
    sums, keys = np.add.reduceat(given[order], begin), ordered[begin]
    codes, cause = np.divmod(keys, HEARD)
    begin = _groups(codes)
    if len(begin) == len(codes):
        return codes, sums, cause
    most = np.maximum.reduceat(sums, begin)
    lengths = np.diff(np.append(begin, len(codes)))
    leading = np.flatnonzero(sums == np.repeat(most, lengths))
    leading = leading[_groups(codes[leading])]
    return codes[begin], np.add.reduceat(sums, begin), cause[leading]
