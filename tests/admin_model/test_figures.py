"""Pure figures: the curve over products, whether sides can be told apart, and marks in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.admin_model.curve import TOPS, curve, top_label
from cdp.admin_model.frame import lasted, megabytes, percent, short
from cdp.admin_model.marks import Mark, difference_words, tables
from cdp.admin_model.telling import needed, rounded, told
from recommendations.comparing import difference
from tests.admin_model import world


def test_alike_products_lie_on_the_straight_line_and_have_no_gini() -> None:
    found = curve([7] * 1_000, 1_000)
    assert found is not None
    assert found.shares == pytest.approx(TOPS)
    assert found.gini == pytest.approx(0.0)


def test_one_product_that_has_all_is_the_greatest_gini_and_the_rest_count() -> None:
    found = curve([5], 1_000)
    assert found is not None
    assert found.share_of(0.001) == 1.0
    assert found.gini == pytest.approx(0.999)
    assert (found.total, found.holders, found.products) == (5, 1, 1_000)


def test_nothing_counted_is_no_curve() -> None:
    assert curve([], 10) is None
    assert curve([0, 0], 10) is None


def test_more_holders_than_products_for_sale_are_counted_among_them() -> None:
    found = curve([1, 1, 1], 2)
    assert found is not None
    assert found.products == 3


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60), st.integers(1, 100))
def test_a_curve_rises_to_all_and_lies_above_the_straight_line(counts: list[int], products: int) -> None:
    found = curve(counts, products)
    if found is None:
        assert sum(counts) == 0
        return
    assert list(found.shares) == sorted(found.shares)
    assert found.shares[-1] == pytest.approx(1.0)
    assert all(share >= top - 1e-9 for share, top in zip(found.shares, TOPS, strict=True))
    assert 0 <= found.gini < 1


def test_labels_of_ranks() -> None:
    assert [top_label(top) for top in (0.001, 0.01, 0.5, 1.0)] == [
        "top 0.1\u00a0%", "top 1\u00a0%", "top 50\u00a0%", "all"
    ]  # fmt: skip


def test_a_sure_difference_is_told_with_its_interval() -> None:
    text = told(difference(600, 10_000, 300, 5_000 * 2), 20_000, what="clicked")
    assert text == (
        "Something is clicked more often than in the holdout: +3.0 points, 2.0\u00a0× as often "
        "(95\u00a0% interval +2.1 to +3.9, however often one looks)."
    )  # fmt: skip


def test_an_unsure_one_says_how_many_answers_it_would_take() -> None:
    found = difference(60, 1_000, 10, 204)
    assert found is not None
    assert told(found, 1_204, what="bought") == (
        "Cannot be told apart yet: 1,204 answers seen, about 58,000 needed."
    )  # fmt: skip
    assert needed(found, 1_204) is not None


def test_no_difference_is_not_promised_an_end() -> None:
    found = difference(60, 1_000, 60, 1_000)
    assert found is not None
    assert needed(found, 2_000) is None
    assert told(found, 2_000, what="clicked").startswith("No difference to be seen in 2,000 answers: −3.4 to +3.4")
    assert told(None, 0, what="clicked") == "Nothing to compare with yet: one side has seen nothing."


@pytest.mark.parametrize(
    ("count", "said"), [(7, "7"), (99, "99"), (1_204, "1,300"), (8_901, "9,000"), (123_456, "130,000")]
)
def test_needed_answers_are_rounded_up_to_two_digits(count: int, said: str) -> None:
    assert rounded(count) == said


def test_marks_whose_intervals_overlap_may_be_noise() -> None:
    assert difference_words(Mark(0.2, 0.19, 0.21), Mark(0.1, 0.09, 0.11), "popularity").endswith("more than noise")
    assert "may be noise" in difference_words(Mark(0.2, 0.1, 0.3), Mark(0.1, 0.0, 0.2), "popularity")
    assert "was not measured" in difference_words(Mark(0.2), Mark(0.1), "popularity")
    assert difference_words(Mark(0.2, 0.1, 0.3), Mark(0.0, 0.0, 0.0), "popularity") == (
        "finds some where popularity finds none"
    )  # fmt: skip


def test_the_slice_a_task_is_judged_by_stands_first_and_the_model_above_what_it_has_to_beat() -> None:
    found = tables(world.metrics(), "person")
    assert [table.where for table in found] == ["new", "all", "new_people"]
    assert [row.name for row in found[0].rows] == ["model", "popularity", "item_knn", "taste"]
    assert [row.kind for row in found[0].rows] == ["model", "baseline", "baseline", "part"]


def test_figures_are_written_for_reading() -> None:
    assert [percent(each) for each in (None, 0.0, 0.00004, 0.0004, 0.0312, 0.38)] == [
        "–", "0\u00a0%", "under 0.01\u00a0%", "0.04\u00a0%", "3.1\u00a0%", "38\u00a0%"
    ]  # fmt: skip
    assert [short(each) for each in (1_204, 340_200, 1_204_000, 52_000_000)] == [
        "1,204", "340\u00a0k", "1.2\u00a0M", "52\u00a0M"
    ]  # fmt: skip
    assert [lasted(each) for each in (None, 3.21, 240)] == ["–", "3.2\u00a0s", "4\u00a0min"]
    assert [megabytes(each) for each in (None, 3.25, 340.2, 1_234)] == [
        "–",
        "3.2\u00a0MB",
        "340\u00a0MB",
        "1.2\u00a0GB",
    ]
