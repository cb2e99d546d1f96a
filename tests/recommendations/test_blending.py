"""Blending by hand: one scale, shares and causes, what may not stand in an answer; asking blends all parts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.blending import DEPTH, Found, ask, blend, told
from recommendations.estimators.facing import NO_CAUSE, Arrays, Candidates, Context, TrainingData
from recommendations.model import Model
from tests.recommendations.rows import history
from tests.recommendations.world import NOW, small_model

CONTEXT = Context(now_us=int(NOW.timestamp()) * 1_000_000)


def found(*rows: tuple[int, float, int]) -> Candidates:
    """Rows of (code, score, cause)."""
    return Candidates(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.int64),
    )


def test_each_part_counts_by_its_best_whatever_its_scores_are_like() -> None:
    loud = found((1, 500.0, 7), (2, 250.0, 8))
    quiet = found((2, 0.001, NO_CAUSE), (3, 0.0005, NO_CAUSE))
    blended = blend([("loud", 0.6, loud), ("quiet", 0.4, quiet)], 10)
    assert blended.codes.tolist() == [2, 1, 3]
    assert blended.scores.tolist() == pytest.approx([0.7, 0.6, 0.2])
    assert blended.causes.tolist() == [NO_CAUSE, 7, NO_CAUSE]  # of the part with the greatest share
    assert blended.share_of(0) == pytest.approx({"quiet": 0.4 / 0.7, "loud": 0.3 / 0.7})
    assert list(blended.share_of(0)) == ["quiet", "loud"]
    assert blended.share_of(1) == {"loud": 1.0}


def test_equal_scores_stand_in_the_order_of_codes_and_the_best_are_cut() -> None:
    part = found(*((code, 1.0, NO_CAUSE) for code in (9, 3, 7, 1)))
    assert blend([("one", 1.0, part)], 2).codes.tolist() == [1, 3]


def test_what_may_not_stand_in_an_answer_changes_no_other_score() -> None:
    part = found((0, 4.0, 5), (1, 2.0, 5), (2, 1.0, 5))
    allowed = np.array([True, True, False])
    blended = blend([("one", 1.0, part)], 5, allowed=allowed, excluded={0})
    assert (blended.codes.tolist(), blended.scores.tolist()) == ([1], [0.5])


def test_nothing_found_is_an_empty_answer() -> None:
    for parts in ([], [("one", 1.0, found())], [("one", 0.0, found((1, 1.0, 2)))]):
        blended = blend(parts, 5)
        assert (len(blended), blended.shares.shape) == (0, (0, len(parts)))


@given(
    st.lists(
        st.tuples(st.floats(0.01, 1), st.dictionaries(st.integers(0, 30), st.floats(0.001, 1e6), max_size=12)),
        max_size=4,
    ),
    st.integers(1, 12),
)
def test_scores_fall_codes_differ_and_shares_sum_to_one(parts: list[tuple[float, dict[int, float]]], n: int) -> None:
    given_parts: list[Found] = [
        (str(place), weight, found(*((code, score, NO_CAUSE) for code, score in rows.items())))
        for place, (weight, rows) in enumerate(parts)
    ]
    blended = blend(given_parts, n)
    codes = {code for _, rows in parts for code in rows}
    assert len(blended) == min(n, len(codes)) == len(set(blended.codes.tolist()))
    assert (np.diff(blended.scores) <= 0).all()
    assert blended.shares.sum(axis=1) == pytest.approx(np.ones(len(blended)))


def test_asking_a_task_blends_its_parts_and_a_task_without_a_blend_has_no_answer() -> None:
    model = small_model(("a", "b", "c"), [3, 2, 1], {("a", "c"): 1.0})
    from_cart = Context(now_us=CONTEXT.now_us, cart=(0,))
    answered = ask(model, "cart", from_cart, 2, excluded={0})
    assert (answered.codes.tolist(), answered.causes.tolist()) == ([2], [0])
    assert set(answered.share_of(0)) == {"bought_together", "viewed_together", "taste"}
    assert len(ask(model, "nonsense", from_cart, 2)) == 0


def test_what_is_popular_never_stands_before_what_goes_with_the_cart() -> None:
    """Also in a model that learned to weigh it there."""
    model = small_model(("a", "b", "c", "d"), [1, 9, 1, 1], {("a", "c"): 1.0, ("a", "d"): 0.01})
    model = replace(model, blends={**model.blends, "cart": {"bought_together": 0.5, "popularity": 0.5}})
    answered = ask(model, "cart", Context(now_us=0, cart=(0,)), 3, excluded={0})
    assert answered.codes.tolist() == [2, 3]


class Ranked:
    """A part that knows codes 0.. of a thousand, best first, and notes how many were asked for."""

    name: ClassVar[str] = "popularity"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def recommend(self, context: Context, n: int) -> Candidates:
        self.asked.append(n)
        codes = np.arange(min(n, 1000))
        scores = np.asarray(1000.0 - codes, dtype=np.float64)
        return Candidates(codes, scores, np.full(len(codes), NO_CAUSE))

    def fit(self, data: TrainingData, now_us: int) -> Self:
        return self

    def arrays(self) -> Arrays:
        return {}

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        return cls()

    def params(self) -> dict[str, Any]:
        return {}


def test_where_rules_leave_too_few_the_parts_are_asked_for_more() -> None:
    part = Ranked()
    model = Model([f"p{n}" for n in range(1000)], {"popularity": part}, {"person": {"popularity": 1.0}}, 0, 180.0)
    allowed = np.zeros(1000, dtype=bool)
    allowed[900:] = True
    assert ask(model, "person", CONTEXT, 3, allowed=allowed).codes.tolist() == [900, 901, 902]
    assert part.asked == [DEPTH, 20 * DEPTH]
    part.asked.clear()
    assert ask(model, "person", CONTEXT, 3).codes.tolist() == [0, 1, 2]
    assert part.asked == [DEPTH]


def test_what_is_like_a_product_is_not_what_somebody_likes() -> None:
    """The same product in front has the same answer for everybody's taste."""
    model = small_model(("a", "b", "c"), [1, 1, 1], {("a", "c"): 1.0, ("b", "a"): 1.0})
    somebody = Context(now_us=0, product=0, history=history((1, 5.0)).history)
    nobody = Context(now_us=0, product=0)
    assert ask(model, "product", somebody, 3).scores.tolist() == ask(model, "product", nobody, 3).scores.tolist()


def test_parts_are_told_in_serving_what_they_are_asked_with_in_judging() -> None:
    whole = Context(
        now_us=9, history=history((1, 1.0)).history, session=history((2, 1.0)).history, product=3, cart=(4,)
    )
    assert told("session", whole) is told("person", whole) is whole
    assert (told("product", whole).history, told("product", whole).session) == ((), whole.session)
    assert told("cart", whole) == Context(now_us=9, product=3, cart=(4,))
