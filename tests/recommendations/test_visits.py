"""Visits: where one ends, what counts as a touch of it, and how many are kept."""

import numpy as np
import pytest

from recommendations.estimators.facing import Touched
from recommendations.estimators.interactions import Interactions, Kind
from recommendations.estimators.visits import LONGEST, Visits, present, visits_of

MINUTE = 60_000_000


def did(*rows: tuple[int, int, float] | tuple[int, int, float, Kind], products: int = 6) -> Interactions:
    """Rows of (person, item, minutes[, kind]); views unless said."""
    return Interactions(
        people=np.array([row[0] for row in rows], dtype=np.int32),
        items=np.array([row[1] for row in rows], dtype=np.int32),
        at_us=np.array([int(row[2] * MINUTE) for row in rows], dtype=np.int64),
        kinds=np.array([row[3] if len(row) > 3 else Kind.VIEW for row in rows], dtype=np.int8),
        products=tuple(f"p{item}" for item in range(products)),
        n_people=max((row[0] for row in rows), default=-1) + 1,
    )


def lists(visits: Visits) -> list[list[int]]:
    return [visits.items[visits.indptr[v] : visits.indptr[v + 1]].tolist() for v in range(len(visits))]


def test_a_pause_of_more_than_half_an_hour_begins_another_visit() -> None:
    visits = visits_of(did((0, 1, 0), (0, 2, 30), (0, 3, 60.1)))
    assert lists(visits) == [[1, 2], [3]]
    assert visits.ends_us.tolist() == [30 * MINUTE, int(60.1 * MINUTE)]


def test_visits_of_two_people_are_two_and_stand_in_the_order_they_ended() -> None:
    visits = visits_of(did((0, 1, 0), (1, 2, 1), (0, 3, 5), (1, 4, 2)))
    assert lists(visits) == [[2, 4], [1, 3]]
    assert visits.people.tolist() == [1, 0]
    assert visits.owners.tolist() == [0, 0, 1, 1]


def test_what_is_touched_after_a_purchase_begins_another_visit() -> None:
    rows = did((0, 1, 0), (0, 1, 2, Kind.PURCHASE), (0, 2, 2, Kind.PURCHASE), (0, 3, 3), (0, 4, 4))
    assert lists(visits_of(rows)) == [[1, 2], [3, 4]]


def test_adding_and_buying_what_was_seen_makes_the_touch_stronger_and_is_no_further_one() -> None:
    rows = did((0, 1, 0), (0, 2, 1), (0, 1, 2), (0, 1, 3, Kind.ADD), (0, 2, 4, Kind.PURCHASE))
    visits = visits_of(rows)
    assert lists(visits) == [[1, 2, 1]]
    assert visits.kinds.tolist() == [Kind.VIEW, Kind.PURCHASE, Kind.ADD]
    assert visits.steps.tolist() == [0, 1, 2]


def test_the_lines_of_one_order_lie_at_one_step() -> None:
    visits = visits_of(did((0, 1, 0, Kind.PURCHASE), (0, 2, 0, Kind.PURCHASE), (0, 3, 0, Kind.PURCHASE)))
    assert lists(visits) == [[1, 2, 3]]
    assert visits.steps.tolist() == [0, 0, 0]


def test_only_the_newest_visits_and_the_last_touches_of_each_are_kept() -> None:
    rows = did(*((0, item, day * 1440.0 + item) for day in range(5) for item in range(4)))
    assert lists(visits_of(rows, newest=2, longest=3)) == [[1, 2, 3], [1, 2, 3]]
    assert visits_of(rows, newest=2).ends_us.tolist() == [(3 * 1440 + 3) * MINUTE, (4 * 1440 + 3) * MINUTE]
    long = visits_of(did(*((0, n % 6, n) for n in range(LONGEST + 9))))
    assert long.indptr.tolist() == [0, LONGEST]
    assert long.steps.tolist() == list(range(LONGEST))


def test_of_a_longer_history_only_the_newest_rows_are_looked_at() -> None:
    rows = did(*((0, n % 6, 60.0 * n) for n in range(100)))
    assert visits_of(rows, newest=3).ends_us.tolist() == [97 * 60 * MINUTE, 98 * 60 * MINUTE, 99 * 60 * MINUTE]


def test_no_interactions_make_no_visits() -> None:
    visits = visits_of(did())
    assert len(visits) == 0
    assert visits.indptr.tolist() == [0]
    assert visits.n_products == 6


def test_some_visits_can_be_taken_out() -> None:
    visits = visits_of(did((0, 1, 0), (0, 2, 1), (1, 3, 5), (2, 4, 9), (2, 5, 9.5)))
    chosen = visits.only(np.array([True, False, True]))
    assert lists(chosen) == [[1, 2], [4, 5]]
    assert chosen.people.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [
        ([(1, Kind.VIEW), (2, Kind.VIEW), (1, Kind.VIEW)], [(1, Kind.VIEW), (2, Kind.VIEW), (1, Kind.VIEW)]),
        ([(1, Kind.VIEW), (1, Kind.ADD), (2, Kind.VIEW)], [(1, Kind.ADD), (2, Kind.VIEW)]),
        ([(1, Kind.VIEW), (1, Kind.PURCHASE), (2, Kind.VIEW)], [(2, Kind.VIEW)]),
        ([(3, Kind.VIEW), (1, Kind.PURCHASE)], [(3, Kind.VIEW), (1, Kind.PURCHASE)]),
        ([], []),
    ],
)
def test_the_present_visit_is_read_as_training_reads_visits(
    kinds: list[tuple[int, Kind]], kept: list[tuple[int, Kind]]
) -> None:
    touches = [Touched(code, 1.0, place, kind) for place, (code, kind) in enumerate(kinds)]
    assert [(touch.code, touch.kind) for touch in present(touches)] == kept
