"""Limits of pace: never more than asked for in any minute, and no less than that in the long run."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from mailing.pacing import budget, per_minute, taken, turn_of, warm_up_cap

START = datetime(2026, 6, 10, tzinfo=UTC)


@pytest.mark.parametrize("most", [1, 2, 5, 60, 100, 1_000])
def test_no_minute_sees_more_than_the_limit_and_an_hour_nearly_all_of_it(most: int) -> None:
    limit, tat, given = per_minute(most), None, []
    for second in range(0, 3_600, 3):
        now = START + timedelta(seconds=second)
        count = budget(tat, limit, now)
        tat = taken(tat, limit, now, count) if count else tat
        given += [now] * count
    window = timedelta(minutes=1)
    assert all(later - first >= window for first, later in zip(given, given[most:], strict=False))
    assert len(given) >= 0.85 * 60 * most
    assert all(first <= later for first, later in pairwise(given))


def test_what_was_not_used_is_given_back() -> None:
    limit = per_minute(100)
    tat = taken(None, limit, START, 10)
    assert budget(tat, limit, START) == 0
    assert budget(taken(tat, limit, START, -4), limit, START) == 4
    assert turn_of(tat, limit, START, 0) > START


def test_a_warm_up_grows_day_by_day_and_ends() -> None:
    first = date(2026, 6, 1)
    caps = [warm_up_cap(first, 200, 50, 21, first + timedelta(days=n)) for n in (-1, 0, 1, 2, 20, 21)]
    assert caps == [None, 200, 300, 450, 665_051, None]
    assert warm_up_cap(None, 200, 50, 21, first) is None
