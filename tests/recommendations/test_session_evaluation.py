"""The evaluation of visits: every prefix is asked, and the marks tell one who knows from one who guesses."""

from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from bench import recommenders_sessions
from recommendations.estimators import VStan
from recommendations.estimators.facing import Context, TrainingData, best
from recommendations.estimators.interactions import DAY_US, Interactions
from recommendations.evaluation.sessions import Cases, answer, cases_of, held_out, marks, paired
from recommendations.training.baselines import ItemsOfVisit
from tests.paths import data_file
from tests.recommendations.test_visits import did

PRODUCTS = 200


def random_cases(seed: int = 1) -> Cases:
    rng = np.random.default_rng(seed)
    return cases_of([rng.integers(0, PRODUCTS, rng.integers(1, 9)).tolist() for _ in range(400)], DAY_US)


def test_a_visit_of_n_touches_asks_n_minus_one_times() -> None:
    cases = cases_of([[1, 2, 2], [3], [4, 5]], DAY_US)
    asked = [
        ([touch.code for touch in context.session], target)
        for context, target in zip(cases.contexts, cases.targets, strict=True)
    ]
    assert asked == [([1], 2), ([1, 2], 2), ([4], 5)]
    assert cases.groups.tolist() == [0, 0, 2]
    assert [touch.at_us for touch in cases.contexts[1].session] == [DAY_US - 2_000_000, DAY_US - 1_000_000]


def test_visits_after_the_cut_are_asked_from_interactions() -> None:
    rows = did((0, 1, 0), (0, 2, 1), (1, 3, 600), (1, 4, 601), (1, 5, 602))
    cases = held_out(rows, 500 * 60_000_000)
    assert [[touch.code for touch in context.session] for context in cases.contexts] == [[3], [3, 4]]
    assert cases.targets.tolist() == [4, 5]


def test_lines_of_one_order_are_not_asked_for_one_after_the_other() -> None:
    rows = did((0, 1, 0), (0, 2, 1), (0, 3, 1), (0, 4, 2))
    cases = held_out(rows, 0)
    assert [
        ([touch.code for touch in context.session], target)
        for context, target in zip(cases.contexts, cases.targets.tolist(), strict=True)
    ] == [([1], 2), ([1, 2, 3], 4)]


def test_one_who_knows_the_answer_gets_all() -> None:
    cases = random_cases()
    right = iter(cases.targets)
    found = marks(answer(lambda context: np.array([next(right)]), cases), cases, PRODUCTS)
    assert found is not None
    assert (found.hit_rate, found.mrr) == (1.0, 1.0)
    assert found.hit_rate_interval == (1.0, 1.0)
    assert found.cases == len(cases)


def test_one_who_guesses_hits_twenty_in_n() -> None:
    cases, rng = random_cases(), np.random.default_rng(2)
    found = marks(answer(lambda context: rng.permutation(PRODUCTS)[:20], cases), cases, PRODUCTS)
    assert found is not None
    assert found.hit_rate == pytest.approx(20 / PRODUCTS, abs=0.025)
    assert found.hit_rate_interval[0] < found.hit_rate < found.hit_rate_interval[1]
    assert found.mrr == pytest.approx(sum(1 / rank for rank in range(1, 21)) / PRODUCTS, abs=0.012)
    assert found.coverage == 1.0


def test_the_second_place_is_worth_half_and_the_twenty_first_nothing() -> None:
    cases = cases_of([[1, 2], [3, 4]], DAY_US)
    places = iter([np.array([9, 2]), np.array([*range(10, 30), 4])])
    found = answer(lambda context: next(places), cases).scored
    assert found.mrr.tolist() == [0.5, 0.0]
    assert found.hit_rate.tolist() == [1.0, 0.0]


def test_a_ranker_is_not_better_than_itself() -> None:
    cases = random_cases()
    one = answer(lambda context: np.arange(20), cases)
    assert paired(one, one, cases) == (0.0, 0.0, 0.0)


def test_without_cases_there_are_no_marks() -> None:
    cases = cases_of([[1]], DAY_US)
    assert marks(answer(lambda context: np.arange(20), cases), cases, PRODUCTS) is None


def test_how_long_an_answer_took_is_told_by_the_clock_given() -> None:
    cases, ticks = cases_of([[1, 2], [3, 4]], DAY_US), iter([0.0, 0.001, 1.0, 1.003])
    found = marks(answer(lambda context: np.arange(20), cases, lambda: next(ticks)), cases, PRODUCTS)
    assert found is not None
    assert found.p50_ms == pytest.approx(2.0)
    assert found.p99_ms == pytest.approx(2.98)


@pytest.mark.data
def test_on_real_visits_v_stan_finds_more_than_half_of_what_comes_next() -> None:
    data_file("retailrocket", "train_sessions.parquet")
    whole = recommenders_sessions.retailrocket()
    now_us = whole.until_us
    fitted = VStan().fit(TrainingData(whole), now_us)
    cases = sample(recommenders_sessions.published_cases(now_us), every=5)
    ours = marks(answer(lambda context: top(fitted, context), cases), cases, len(whole.products))
    seen = marks(answer(lambda context: top(ItemsOfVisit(), context), cases), cases, len(whole.products))
    assert ours is not None
    assert seen is not None
    assert ours.hit_rate > 0.56
    assert ours.mrr > 0.28
    assert ours.hit_rate > seen.hit_rate + 0.15


def sample(cases: Cases, every: int) -> Cases:
    return Cases(cases.contexts[::every], cases.targets[::every], cases.groups[::every])


def top(part: VStan | ItemsOfVisit, context: Context) -> NDArray[np.int64]:
    return best(part.recommend(context, 20), 20).codes


def test_learning_from_visits_of_the_test_is_seen_as_such() -> None:
    """A negative control: whoever learned the very visits it is asked about is far better than one who did not."""
    rng = np.random.default_rng(5)
    rows = [
        (person, int(item), person * 60.0 + minute)
        for person in range(300)
        for minute, item in enumerate(rng.integers(0, PRODUCTS, 6))
    ]
    data = did(*rows, products=PRODUCTS)
    cut_us = 200 * 60 * 60_000_000
    cases = held_out(data, cut_us)
    honest, cheat = (fit(data.where(data.at_us < until), data.until_us) for until in (cut_us, data.until_us + 1))
    fair, unfair = (marks(answer(partial(top, model), cases), cases, PRODUCTS) for model in (honest, cheat))
    assert fair is not None
    assert unfair is not None
    assert fair.hit_rate < 0.25
    assert unfair.hit_rate > 0.9


def fit(interactions: Interactions, now_us: int) -> VStan:
    return VStan().fit(TrainingData(interactions), now_us)
