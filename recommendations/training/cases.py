"""The questions a model is asked in judging and in learning blends: contexts as serving makes them, and what followed.

Pure and seeded: the same interactions give the same cases. Contexts hold what lay before the cut (for visits, what lay
before the moment asked at), truth what came after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommendations.blending import told
from recommendations.estimators.facing import Context
from recommendations.estimators.interactions import Interactions, Kind
from recommendations.histories import Did, history_of, purchases_of, session_of

VISIT_GAP_US = 30 * 60 * 1_000_000
MOST_CASES = 2_000
MOST_PREFIXES = 20  # of one visit
LATEST_TOUCHES = 50  # of a visit that a product's page is asked in
LATE = 0.1  # products first seen in this last share of the history before the cut are new
SEED = 11


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question. `truth`: right codes; `excluded`: codes that no answer may hold; `group`: whose it is."""

    context: Context
    truth: NDArray[np.int64]
    excluded: frozenset[int]
    group: int
    is_new_person: bool


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What lies before the cut, by person: rows of `people` sorted, so that one person's are a slice."""

    interactions: Interactions
    cut_us: int
    half_life_days: float
    order: NDArray[np.int64] = field(init=False)
    starts: NDArray[np.int64] = field(init=False)
    bought: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.interactions
        object.__setattr__(self, "order", np.argsort(rows.people, kind="stable"))
        counts = np.bincount(rows.people, minlength=rows.n_people)
        object.__setattr__(self, "starts", np.concatenate([[0], np.cumsum(counts)]))
        bought = rows.people[rows.kinds == Kind.PURCHASE]
        object.__setattr__(self, "bought", np.bincount(bought, minlength=rows.n_people))

    def of(self, person: int) -> list[Did]:
        """What a person did before the cut."""
        return _done(self.interactions, self.order[self.starts[person] : self.starts[person + 1]])

    def context(self, done: Sequence[Did]) -> Context:
        """A context of what somebody did before the cut."""
        return Context(
            now_us=self.cut_us,
            history=history_of(done, self.cut_us, self.half_life_days),
            purchases=purchases_of(done, self.cut_us, self.half_life_days),
        )


def person_cases(past: Past, after: Interactions, *, most: int = MOST_CASES, new_only: bool = True) -> list[Case]:
    """People who bought before and after the cut: what do they buy next? `new_only`: of what they had not bought."""
    bought = after.purchases()
    known = np.zeros(len(after.products), dtype=bool)
    known[past.interactions.items] = True
    kept = bought.where(known[bought.items] & (past.bought[bought.people] > 0))
    cases = []
    for person, rows in _by_person(kept, most):
        done = past.of(person)
        owned = frozenset(one.code for one in done if one.kind == Kind.PURCHASE)
        truth = np.unique(kept.items[rows]).astype(np.int64)
        if new_only:
            truth = truth[~np.isin(truth, list(owned))]
        if len(truth):
            is_new = int(past.bought[person]) <= 1
            cases.append(Case(past.context(done), truth, owned if new_only else frozenset(), person, is_new))
    return cases


def session_cases(past: Past, after: Interactions, *, most: int = MOST_CASES) -> list[Case]:
    """Visits after the cut: at every moment, which product is looked at next? None where nobody tells of views."""
    cases: list[Case] = []
    for rows in _visits(after):
        if len(cases) >= most:
            break
        person = int(after.people[rows[0]])
        done = past.of(person)
        touches = _done(after, rows)
        for place in range(1, min(len(touches), MOST_PREFIXES)):
            following, before = touches[place], touches[:place]
            if following.at_us == before[-1].at_us or following.kind != Kind.VIEW:
                continue
            context = replace(past.context(done), session=session_of(before), now_us=following.at_us)
            truth = np.array([following.code], dtype=np.int64)
            cases.append(Case(context, truth, frozenset(), person, not done))
    return cases[:most]


def product_cases(past: Past, after: Interactions, *, most: int = MOST_CASES) -> list[Case]:
    """A product in front during a visit after the cut: what else is touched in it from then on? The visit up to there
    is known."""
    rng = np.random.default_rng(SEED)
    cases: list[Case] = []
    for rows in _visits(after):
        if len(cases) >= most:
            break
        items, times = after.items[rows], after.at_us[rows]
        place = int(rng.integers(len(rows)))
        front = int(items[place])
        truth = np.unique(items[(times >= times[place]) & (items != front)]).astype(np.int64)
        if len(truth):
            person = int(after.people[rows[0]])
            done, now_us = past.of(person), int(times[place])
            seen = _done(after, rows[max(place + 1 - LATEST_TOUCHES, 0) : place + 1])
            visit = session_of(one for one in seen if one.at_us < now_us)
            context = told("product", replace(past.context(done), session=visit, product=front, now_us=now_us))
            cases.append(Case(context, truth, frozenset({front}), person, int(past.bought[person]) <= 1))
    return cases


def cart_cases(past: Past, after: Interactions, *, most: int = MOST_CASES) -> list[Case]:
    """Orders after the cut with one product taken out at random: which was it?"""
    rng = np.random.default_rng(SEED)
    bought = after.purchases()
    cases: list[Case] = []
    for rows in _orders(bought):
        if len(cases) >= most:
            break
        products = np.unique(bought.items[rows]).astype(np.int64)
        if len(products) < 2:
            continue
        place = int(rng.integers(len(products)))
        cart = np.delete(products, place)
        person = int(bought.people[rows[0]])
        done = past.of(person)
        now_us = int(bought.at_us[rows[0]])
        context = told("cart", replace(past.context(done), cart=tuple(cart.tolist()), now_us=now_us))
        truth = products[place : place + 1]
        cases.append(Case(context, truth, frozenset(cart.tolist()), person, int(past.bought[person]) <= 1))
    return cases


def late_products(before: Interactions) -> NDArray[np.bool_]:
    """By code: first seen in the last LATE of the history, or never in it."""
    first = np.full(len(before.products), np.iinfo(np.int64).max)
    np.minimum.at(first, before.items, before.at_us)
    if not len(before):
        return np.ones(len(before.products), dtype=bool)
    start, end = int(before.at_us.min()), before.until_us
    return first > end - int(LATE * (end - start))


def visits_of(interactions: Interactions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows in the order of person and time, and where a visit begins among them (30 minutes apart)."""
    order = np.lexsort((interactions.at_us, interactions.people))
    people, times = interactions.people[order], interactions.at_us[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (people[1:] != people[:-1]) | (times[1:] - times[:-1] > VISIT_GAP_US)
    return order, np.flatnonzero(begins)


def _done(interactions: Interactions, rows: NDArray[np.int64]) -> list[Did]:
    columns = (interactions.items[rows].tolist(), interactions.kinds[rows].tolist(), interactions.at_us[rows].tolist())
    return [Did(*row) for row in zip(*columns, strict=True)]


def _visits(interactions: Interactions) -> Iterator[NDArray[np.int64]]:
    """Visits of at least two rows, in a seeded random order."""
    order, begins = visits_of(interactions)
    return _groups(order, begins)


def _orders(bought: Interactions) -> Iterator[NDArray[np.int64]]:
    order = np.lexsort((bought.at_us, bought.people))
    people, times = bought.people[order], bought.at_us[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (people[1:] != people[:-1]) | (times[1:] != times[:-1])
    return _groups(order, np.flatnonzero(begins))


def _groups(order: NDArray[np.int64], begins: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    ends = np.append(begins[1:], len(order))
    large = np.flatnonzero(ends - begins >= 2)
    for place in np.random.default_rng(SEED).permutation(large):
        yield order[begins[place] : ends[place]]


def _by_person(rows: Interactions, most: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    order = np.argsort(rows.people, kind="stable")
    people, starts = np.unique(rows.people[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    chosen = np.random.default_rng(SEED).permutation(len(people))[:most] if len(people) > most else range(len(people))
    for place in sorted(int(one) for one in chosen):
        yield int(people[place]), order[starts[place] : ends[place]]
