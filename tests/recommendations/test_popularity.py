"""Popularity: decay, categories and regions with their backing off, by hand."""

import numpy as np
import pytest

from recommendations.estimators import Kind, Popularity
from recommendations.estimators.facing import NO_CAUSE, Context
from recommendations.estimators.interactions import DAY_US
from tests.recommendations.rows import data_of, restored, same

NOW = 60 * DAY_US
PLAIN = Context(now_us=NOW)


def test_what_is_a_half_life_old_counts_half_and_a_view_a_quarter() -> None:
    data = data_of((0, 0, 30), (1, 0, 60), (0, 1, 60), (0, 2, 60, Kind.VIEW), items=4)
    found = Popularity(half_life_days=30).fit(data, NOW).recommend(PLAIN, 10)
    assert found.codes.tolist() == [0, 1, 2]
    assert found.scores.tolist() == pytest.approx([1.5 / 2.75, 1 / 2.75, 0.25 / 2.75])
    assert found.causes.tolist() == [NO_CAUSE] * 3


def test_without_a_half_life_people_count_not_purchases() -> None:
    data = data_of((0, 0, 1), (0, 0, 2), (1, 0, 3), (1, 1, 3))
    fitted = Popularity(None).fit(data, 5 * DAY_US)
    found = fitted.recommend(PLAIN, 10)
    assert found.codes.tolist() == [0, 1]
    assert found.scores.tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_category_with_support_comes_first_and_the_rest_fills_up() -> None:
    rows = [(person, 0, 60.0) for person in range(100)] + [(person, 1, 60.0) for person in range(50)]
    data = data_of(*rows, (0, 2, 60.0), items=3, categories=["tea", "mugs", "mugs"])
    fitted = Popularity(prior=20).fit(data, NOW)
    found = fitted.recommend(Context(now_us=NOW, category="mugs"), 10)
    assert found.codes.tolist() == [1, 0, 2]
    # p(i | mugs) = (wanted in mugs + 20 · share of all) / (51 + 20)
    expected = [(50 + 20 * 50 / 151) / 71, 20 * 100 / 151 / 71, (1 + 20 / 151) / 71]
    assert found.scores.tolist() == pytest.approx(expected)
    assert fitted.supported(category="mugs")


def test_a_category_of_one_sale_changes_little() -> None:
    rows = [(person, 0, 60.0) for person in range(100)]
    data = data_of(*rows, (0, 1, 60.0), items=2, categories=["tea", "mugs"])
    fitted = Popularity(prior=20).fit(data, NOW)
    assert fitted.recommend(Context(now_us=NOW, category="mugs"), 1).codes.tolist() == [0]
    assert not fitted.supported(category="mugs")


def test_regions_differ_where_their_people_do() -> None:
    north = [(person, 0, 60.0) for person in range(60)] + [(person, 2, 60.0) for person in range(40)]
    south = [(person, 1, 60.0) for person in range(60, 100)]
    data = data_of(*north, *south, items=3, regions=["north"] * 60 + ["south"] * 40)
    fitted = Popularity().fit(data, NOW)
    assert fitted.recommend(Context(now_us=NOW, region="south"), 1).codes.tolist() == [1]
    assert fitted.recommend(Context(now_us=NOW, region="north"), 2).codes.tolist() == [0, 2]
    assert fitted.recommend(PLAIN, 3).codes.tolist() == [0, 1, 2]


def test_people_of_no_region_and_products_of_no_category_make_no_group() -> None:
    data = data_of((0, 0, 60.0), (1, 1, 60.0), items=2, categories=["", "mugs"], regions=["", "south"])
    fitted = Popularity().fit(data, NOW)
    assert fitted.categories_.names == ("mugs",)
    assert fitted.regions_.names == ("south",)


def test_an_unknown_category_or_region_is_answered_as_if_none_was_given() -> None:
    data = data_of((0, 0, 60.0), (1, 1, 60.0), (0, 1, 60.0), items=2, categories=["tea", "mugs"], regions=["a", "b"])
    fitted = Popularity().fit(data, NOW)
    nowhere = Context(now_us=NOW, category="sofas", region="mars")
    assert same(fitted.recommend(nowhere, 10), fitted.recommend(PLAIN, 10))
    assert not fitted.supported(category="sofas", region="mars")


def test_a_product_too_rare_for_the_whole_is_found_in_its_category() -> None:
    rows = [(person, 0, 60.0) for person in range(30)]
    data = data_of(*rows, (0, 1, 60.0), items=2, categories=["tea", "mugs"])
    fitted = Popularity(prior=0.001, most=1).fit(data, NOW)
    assert fitted.recommend(PLAIN, 10).codes.tolist() == [0]
    assert fitted.recommend(Context(now_us=NOW, category="mugs"), 10).codes.tolist() == [1, 0]


def test_only_so_many_products_of_so_many_groups_are_kept() -> None:
    rows = [(0, item, 60.0) for item in range(20)] + [(1, 0, 60.0)]
    categories = ["large"] * 15 + ["middle"] * 3 + ["small"] * 2
    fitted = Popularity(most=5, most_of_group=2, most_groups=2).fit(
        data_of(*rows, items=20, categories=categories), NOW
    )
    assert fitted.recommend(PLAIN, 99).codes.tolist() == [0, 1, 2, 3, 4]
    assert fitted.categories_.names == ("large", "middle")
    assert np.diff(fitted.categories_.rows.indptr).tolist() == [2, 2]


def test_a_restored_one_answers_alike() -> None:
    data = data_of(
        (0, 0, 10.0),
        (0, 1, 20.0),
        (1, 1, 50.0),
        (1, 2, 60.0),
        categories=["tee", "Bücher", "", "x"],
        regions=["A", "Ö"],
    )
    fitted = Popularity(20.0, prior=1.0).fit(data, NOW)
    again = restored(fitted)
    for context in (PLAIN, Context(now_us=NOW, category="Bücher", region="Ö"), Context(now_us=NOW, region="A")):
        assert same(fitted.recommend(context, 10), again.recommend(context, 10))
    assert again.params() == fitted.params()


@pytest.mark.parametrize("items", [0, 1, 3])
def test_nothing_done_gives_nothing(items: int) -> None:
    fitted = Popularity().fit(data_of(items=items, categories=["tea"] * items), NOW)
    assert len(fitted.recommend(Context(now_us=NOW, category="tea"), 5)) == 0
    assert len(restored(fitted).recommend(PLAIN, 5)) == 0
