"""Days and instants of triggers: leap days, clock changes and the far ends of the world."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from automation.triggers import days, telling
from automation.triggers.freshness import is_fresh
from automation.triggers.wanting import has_dropped

NINE = time(9, 0)


@pytest.mark.parametrize(
    ("told", "day", "annual", "comes"),
    [
        ("2000-02-29", date(2028, 2, 29), True, True),
        ("2000-02-29", date(2027, 2, 28), True, True),
        ("2000-02-29", date(2028, 2, 28), True, False),
        ("2000-02-29", date(2027, 3, 1), True, False),
        ("1990-03-29", date(2026, 3, 29), True, True),
        ("1990-03-29", date(2026, 3, 29), False, False),
        ("2026-03-29", date(2026, 3, 29), False, True),
        ("2027-03-29", date(2026, 3, 29), True, False),  # it has not begun yet
    ],
)
def test_a_date_comes_round_on_its_day_and_the_29th_of_february_on_the_28th_elsewhen(
    told: str, day: date, annual: bool, comes: bool
) -> None:
    found = days.day_in(told, "UTC")
    assert found is not None
    assert days.comes_on(found, day, annual=annual) is comes
    assert not comes or any(text in told for text in days.written_as(day))


@pytest.mark.parametrize(
    ("day", "at", "zone", "instant"),
    [
        (date(2026, 3, 28), NINE, "Europe/Berlin", datetime(2026, 3, 28, 8, tzinfo=UTC)),
        (date(2026, 3, 29), NINE, "Europe/Berlin", datetime(2026, 3, 29, 7, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: 03:30
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first
        (date(2026, 11, 1), NINE, "America/New_York", datetime(2026, 11, 1, 14, tzinfo=UTC)),
        (date(2026, 10, 31), NINE, "America/New_York", datetime(2026, 10, 31, 13, tzinfo=UTC)),
        (date(2026, 6, 1), NINE, "Pacific/Kiritimati", datetime(2026, 5, 31, 19, tzinfo=UTC)),
        (date(2026, 6, 1), NINE, "No/Where", datetime(2026, 6, 1, 9, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_an_instant_in_every_zone_whatever_the_clock_does(
    day: date, at: time, zone: str, instant: datetime
) -> None:
    assert days.instant_of(day, at, zone) == instant
    assert days.begins(day, at) <= instant <= days.ends(day, at)
    assert day in list(days.days_about(instant, timedelta(hours=12)))
    assert day in list(days.days_about(instant + timedelta(hours=11), timedelta(hours=12)))


def test_of_an_instant_the_day_is_the_companys_and_what_is_no_date_is_none() -> None:
    assert days.day_in("2026-03-28T23:30:00Z", "Europe/Berlin") == date(2026, 3, 29)
    assert days.day_in("2026-03-28", "America/New_York") == date(2026, 3, 28)
    assert [days.day_in(value, "UTC") for value in ("soon", None, True, {"a": 1})] == [None] * 4


def test_schedules_fall_on_their_days() -> None:
    monday = date(2026, 11, 23)
    turns = [days.falls_on(monday, every, weekday, day) for every, weekday, day in
             [("day", 3, 1), ("week", 1, 1), ("week", 2, 1), ("month", 1, 23), ("month", 1, 24)]]  # fmt: skip
    assert turns == [True, True, False, True, False]


def test_late_is_what_happened_or_came_in_more_than_a_day_ago() -> None:
    now, hour = datetime(2026, 11, 23, tzinfo=UTC), timedelta(hours=1)
    assert is_fresh(now - 24 * hour, now, now)
    assert not is_fresh(now - 25 * hour, now, now)
    assert not is_fresh(now, now - 25 * hour, now)


def test_a_browsers_words_never_reach_a_mail_and_a_servers_do() -> None:
    told = {"product_id": 7, "price": Decimal("9.50"), "note": "call 0900 1234", "gift": True, "nested": {"a": 1}}
    assert telling.facts_of_event("Gift Chosen", told, is_server=False) == {
        "event": "Gift Chosen",
        "properties": {"product_id": 7, "price": "9.50", "gift": True},
        "product_id": "7",
    }
    assert telling.facts_of_event("Gift Chosen", told, is_server=True)["properties"]["note"] == "call 0900 1234"


def test_a_price_dropped_by_so_many_percent_or_did_not() -> None:
    assert has_dropped(Decimal(100), Decimal(95), 5)
    assert not has_dropped(Decimal(100), Decimal("95.01"), 5)
    assert not has_dropped(Decimal(100), Decimal(120), 5)
