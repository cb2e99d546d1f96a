"""When a feed is due, by minutes or by the clocks of the company's zone."""

from datetime import UTC, datetime, time, timedelta

import pytest

from commerce.feeds.schedule import in_words, is_due


@pytest.mark.parametrize(
    ("every", "at", "hours_ago", "failures", "due"),
    [
        (None, None, None, 0, False),
        (60, None, None, 0, True),
        (60, None, 1.0, 0, True),
        (60, None, 0.9, 0, False),
        (None, time(3), 2.0, 0, False),  # it is 12:00 in the zone: the last 03:00 was nine hours ago
        (None, time(3), 10.0, 0, True),
        (None, time(13), 20.0, 0, False),
        (None, time(13), 24.0, 0, True),
        (None, time(3), 0.1, 1, True),  # it failed: again after five minutes
        (None, time(3), 0.05, 1, False),
    ],
)
def test_a_feed_is_due_by_minutes_or_by_the_clocks_of_the_zone(
    every: int | None, at: time | None, hours_ago: float | None, failures: int, due: bool
) -> None:
    now = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)  # 12:00 in Berlin
    last = None if hours_ago is None else now - timedelta(hours=hours_ago)
    assert is_due(every_minutes=every, at_time=at, zone="Europe/Berlin", last=last, now=now, failures=failures) is due


def test_a_schedule_is_said_in_words() -> None:
    assert in_words(None, None, "UTC") == "only by hand"
    assert [in_words(minutes, None, "UTC") for minutes in (15, 60, 120)] == [
        "every 15 minutes", "every hour", "every 2 hours",
    ]  # fmt: skip
    assert in_words(None, time(3, 30), "Europe/Berlin") == "daily at 03:30 (Europe/Berlin)"
