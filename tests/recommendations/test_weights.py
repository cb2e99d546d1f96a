"""How much each part counts: one that knows gets weight, one that makes noise none; few cases leave the defaults."""

import numpy as np
import pytest

from recommendations.estimators.facing import NO_CAUSE, Candidates, Context
from recommendations.training import weights
from recommendations.training.asking import Asked
from recommendations.training.cases import Case

PRODUCTS = 40


def asked(cases: int, *, knows: float, seed: int = 1, excluded: frozenset[int] = frozenset()) -> Asked:
    """`good` puts the right product first in a share `knows` of the cases; `noise` ranks by chance."""
    rng = np.random.default_rng(seed)
    made: list[Case] = []
    good: list[Candidates] = []
    noise: list[Candidates] = []
    for group in range(cases):
        truth = int(rng.integers(10, PRODUCTS))
        made.append(Case(Context(now_us=0), np.array([truth]), excluded, group, False))
        for kept, is_right in ((good, rng.random() < knows), (noise, False)):
            scores = rng.random(PRODUCTS)
            if is_right:
                scores[truth] = 2.0
            kept.append(Candidates(np.arange(PRODUCTS), scores, np.full(PRODUCTS, NO_CAUSE)))
    return Asked(made, {"good": good, "noise": noise})


def test_a_part_that_only_makes_noise_gets_no_weight() -> None:
    learned = weights.learn(asked(300, knows=0.9), {"good": 0.5, "noise": 0.5}, "mrr")
    assert learned.learned
    assert learned.weights == {"good": 1.0}
    assert learned.value > learned.default + 0.1


def test_where_nothing_is_better_than_the_defaults_these_stand() -> None:
    learned = weights.learn(asked(300, knows=0.9), {"good": 1.0}, "ndcg")
    assert (learned.learned, learned.weights) == (False, {"good": 1.0})
    assert learned.value == learned.default


def test_few_cases_teach_nothing() -> None:
    default = {"good": 0.5, "noise": 0.5}
    learned = weights.learn(asked(weights.FEWEST - 1, knows=1.0), default, "mrr")
    assert (learned.learned, learned.weights, learned.cases) == (False, default, weights.FEWEST - 1)


@pytest.mark.parametrize("mark", ["ndcg", "mrr"])
def test_the_board_gives_the_marks_that_the_blend_that_serves_gives(mark: str) -> None:
    questions = asked(50, knows=0.3, excluded=frozenset({3, 5}))
    blend = {"good": 0.7, "noise": 0.3}
    board = weights.Board.of(questions, ("good", "noise"))
    expected = questions.ranked(blend).mark(mark)
    np.testing.assert_allclose(board.marks(np.array([0.7, 0.3]), mark), expected)


def test_learning_twice_gives_the_same_weights() -> None:
    default = {"good": 0.5, "noise": 0.5}
    assert weights.learn(asked(200, knows=0.4), default, "mrr") == weights.learn(asked(200, knows=0.4), default, "mrr")
