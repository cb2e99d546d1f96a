"""What placements earn: sums of days, shares, and how sure a difference to the holdout is."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.comparing import Z95, difference, wilson
from recommendations.models import Earning, ShownProduct
from recommendations.queries.earnings import Earned, Money, Shown, earnings, earnings_by_day, shown_products

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def earned(day: date, variant: str, run: int, currency: str = "", **counts: object) -> None:
    Earning.objects.create(day=day, placement="home", variant=variant, model_run=run, currency=currency, **counts)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """Newcombe 1998, table II, method 10, row (a): 56/70 against 48/80."""
    found = difference(56, 70, 48, 80, z=Z95)
    assert found is not None
    assert (round(found.difference, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert found.is_sure
    assert found.lift == pytest.approx(1 / 3)


def test_the_interval_of_a_small_group_is_newcombes_too() -> None:
    """The same table, row (d): 10/10 against 0/10 is a difference of 1, and of (f): 0/10 against 0/20 one of 0."""
    sure, even = difference(10, 10, 0, 10, z=Z95), difference(0, 10, 0, 20, z=Z95)
    assert sure is not None
    assert even is not None
    assert (round(sure.low, 4), sure.high) == (0.6075, 1.0)
    assert (even.difference, even.is_sure, round(even.low, 4), round(even.high, 4)) == (0, False, -0.1611, 0.2775)


def test_nothing_is_compared_with_nothing() -> None:
    assert difference(0, 0, 1, 2) is None
    assert difference(1, 2, 0, 0) is None
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="3 of 2 is no share"):
        wilson(3, 2)


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_an_interval_holds_its_difference_and_turns_with_the_groups(a: int, b: int, p: float, q: float) -> None:
    found, turned = difference(int(a * p), a, int(b * q), b), difference(int(b * q), b, int(a * p), a)
    assert found is not None
    assert turned is not None
    assert -1 <= found.low <= found.difference + 1e-12
    assert found.difference <= found.high + 1e-12 <= 1 + 1e-12
    assert [turned.low, turned.high] == pytest.approx([-found.high, -found.low])


@pytest.mark.django_db
def test_a_placement_is_summed_by_side_and_model_and_compared_with_its_holdout() -> None:
    earned(
        MONDAY, "treated", 1, answers=100, clicked=20, added=5, ordered=2, impressions=400, clicks=25, adds=6, orders=2
    )
    earned(MONDAY, "treated", 1, "EUR", revenue=Decimal("30.5"))
    earned(
        TUESDAY, "treated", 2, answers=100, clicked=30, added=5, ordered=2, impressions=400, clicks=35, adds=6, orders=3
    )
    earned(TUESDAY, "treated", 2, "EUR", revenue=Decimal("9.5"))
    earned(TUESDAY, "treated", 2, "USD", revenue=Decimal(4))
    earned(MONDAY, "holdout", 1, answers=50, clicked=5, added=2, ordered=0, impressions=200, clicks=5, adds=2)
    (found,) = earnings(MONDAY, TUESDAY)
    assert (found.placement, found.is_placement) == ("home", True)
    treated, held = found.sides
    assert (treated.variant, held.variant) == ("treated", "holdout")
    assert treated.earned == Earned(
        200, 50, 10, 4, 800, 60, 12, 5,
        (Money("EUR", Decimal(40), Decimal(50)), Money("USD", Decimal(4), Decimal(5))),
    )  # fmt: skip
    assert (treated.earned.ctr, treated.earned.click_rate) == (0.075, 0.25)
    assert (held.earned.add_rate, held.earned.order_rate, held.earned.money) == (0.04, 0.0, ())
    assert [(one.model_run, one.earned.answers) for one in found.models] == [(1, 100), (2, 100)]
    assert found.clicks == difference(50, 200, 5, 50)
    assert found.clicks is not None
    assert not found.clicks.is_sure  # at every look; for one it would be
    assert found.orders == difference(4, 200, 0, 50)
    assert found.earned.answers == 250


@pytest.mark.django_db
def test_an_empty_place_is_not_compared_by_what_was_clicked_in_it() -> None:
    """Else every placement whose holdout is shown nothing would do better than it, for sure."""
    earned(MONDAY, "treated", 1, answers=1000, clicked=200, added=50, ordered=20, impressions=4000, clicks=250)
    earned(MONDAY, "holdout", 1, answers=1000)
    (found,) = earnings(MONDAY, MONDAY)
    assert [side.earned.answers for side in found.sides] == [1000, 1000]
    assert (found.clicks, found.adds, found.orders) == (None, None, None)


@pytest.mark.django_db
def test_only_the_days_and_the_placement_asked_for_count() -> None:
    earned(MONDAY, "", 0, answers=1, impressions=1)
    earned(TUESDAY, "", 0, answers=2, impressions=4)
    Earning.objects.create(day=TUESDAY, placement="api:similar", answers=7)
    assert [(one.placement, one.earned.answers) for one in earnings(TUESDAY, TUESDAY)] == [
        ("api:similar", 7),
        ("home", 2),
    ]
    (home,) = earnings(MONDAY, TUESDAY, "home")
    assert (home.earned.answers, home.clicks, home.sides[0].heads) == (3, None, 0)
    assert [(one.day, one.earned.impressions) for one in earnings_by_day("home", MONDAY, TUESDAY)] == [
        (MONDAY, 1), (TUESDAY, 4)
    ]  # fmt: skip
    assert earnings(date(2026, 1, 1), date(2026, 1, 2)) == []


@pytest.mark.django_db
def test_products_are_told_by_how_often_they_were_seen() -> None:
    for day, product, seen, clicks in ((MONDAY, "mug", 3, 1), (TUESDAY, "mug", 2, 0), (MONDAY, "cup", 9, 2)):
        ShownProduct.objects.create(day=day, product_id=product, impressions=seen, clicks=clicks)
    assert shown_products(MONDAY, TUESDAY) == [Shown("cup", 9, 2), Shown("mug", 5, 1)]
