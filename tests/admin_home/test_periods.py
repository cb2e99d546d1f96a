"""Spans and periods: days of a zone, the same weekday a week earlier, changes of the clock, figures in words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cdp.admin_home.charts import Chart, Series, Value, change, spoken
from cdp.admin_home.periods import MONTH, TODAY, WEEK, period
from cdp.lib.spans import DAY, HOUR, Span, midnight, shifted

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # a Sunday, 17:30 in Berlin


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    assert midnight(NOW, BERLIN) == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert midnight(NOW, "Asia/Kathmandu", days=1) == datetime(2026, 11, 22, 18, 15, tzinfo=UTC)


def test_a_day_on_which_the_clocks_go_back_has_25_hours_and_24_buckets() -> None:
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
    span = Span(midnight(noon, BERLIN), midnight(noon, BERLIN, days=1), HOUR, BERLIN)
    assert (span.end - span.start).total_seconds() == 25 * 3600
    assert [bucket.hour for bucket in span.buckets()] == list(range(24))
    assert shifted(noon, -7, BERLIN) == datetime(2026, 10, 18, 11, tzinfo=UTC)


def test_today_is_compared_with_the_same_weekday_by_the_same_time() -> None:
    today = period(TODAY, NOW, BERLIN)
    assert len(today.labels) == 24
    assert today.so_far.end == NOW
    assert today.before_so_far == Span(
        datetime(2026, 11, 14, 23, tzinfo=UTC), datetime(2026, 11, 15, 16, 30, tzinfo=UTC), HOUR, BERLIN
    )
    assert today.than == "last Sunday by this time"
    assert today.values({today.whole.bucket_of(NOW): 3}, 0) == [*[0] * 17, 3, *[None] * 6]


@pytest.mark.parametrize(("key", "days"), [(WEEK, 7), (MONTH, 30)])
def test_a_longer_period_is_compared_with_as_many_days_before_it(key: str, days: int) -> None:
    found = period(key, NOW, BERLIN)
    assert (len(found.labels), found.whole.unit) == (days, DAY)
    assert found.labels[-1] == "Sun 22 Nov"
    assert found.before.end == found.whole.start
    assert len(found.before.buckets()) == days


def test_an_unknown_period_is_today() -> None:
    assert period("<script>", NOW, "UTC").key == TODAY


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (112, 100, "+12 %, more than last week"),
        (50, 100, "−50 %, fewer than last week"),
        (100, 100, "as many as last week"),
        (3, 0, "none last week"),
        (0, 0, "none last week either"),
        (3, None, "nothing to compare with last week"),
        (Decimal("1.5"), Decimal(1), "+50 %, more than last week"),
    ],
)
def test_a_change_is_said_in_words_with_its_sign(now: Value, before: Value, said: str) -> None:
    assert change(now, before, "last week") == said


def test_numbers_are_written_for_reading() -> None:
    assert spoken(1204) == "1,204"
    assert spoken(Decimal("18.99"), "EUR") == "€18.99"
    assert spoken(Decimal("18.99"), "CHF") == "18.99 CHF"
    assert spoken(None) == "–"


def test_a_chart_is_also_a_table() -> None:
    chart = Chart("c", "T", ["Mon", "Tue"], [Series("A", [1, None], "events")], "Day", "Events")
    assert chart.rows == [("Mon", ["1"]), ("Tue", ["–"])]
    assert not chart.is_empty
    assert Chart("c", "T", ["Mon"], [Series("A", [0], "events")], "Day", "Events").is_empty
