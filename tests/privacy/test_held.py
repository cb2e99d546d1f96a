"""What is held, as a page shows it: of histories the newest rows, of all else the first, and how many there are."""

from collections.abc import Iterator
from typing import Any

from privacy import held
from privacy.words import words


def numbered(count: int) -> Iterator[dict[str, Any]]:
    return ({"occurred_at": f"day {number}", "name": "Seen"} for number in range(count))


def test_of_a_history_the_newest_rows_are_shown_first() -> None:
    shown = held.shown(words("en"), "events", "", numbered(2_500))
    assert shown is not None
    assert [row[0] for row in shown.rows] == [f"day {number}" for number in range(2_499, 2_487, -1)]
    assert (shown.count, shown.is_cut) == ("2,500", True)


def test_of_anything_else_the_first_are_shown_and_counting_ends() -> None:
    shown = held.shown(words("en"), "traits", "", ({"trait": f"t{number}", "value": 1} for number in range(2_500)))
    assert shown is not None
    assert [row[0] for row in shown.rows] == [f"t{number}" for number in range(12)]
    assert (shown.count, shown.is_cut) == ("more than 1,000", True)


def test_what_fits_is_not_called_cut_and_what_is_empty_is_left_out() -> None:
    shown = held.shown(words("en"), "events", "", numbered(12))
    assert shown is not None
    assert (shown.count, shown.is_cut, len(shown.rows)) == ("12", False, 12)
    assert held.shown(words("en"), "events", "", iter(())) is None
