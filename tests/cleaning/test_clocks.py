"""Times: zones, seconds and milliseconds as numbers, skew at its limits, years that cannot be."""

from datetime import UTC, datetime, timedelta

import pytest

from cdp.lib.clock import to_us
from events.clock_repair import Occurrence, instant, occurrence

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
NOW = to_us(NOON)
SECOND, MINUTE = 1_000_000, 60_000_000


@pytest.mark.parametrize(
    ("sent", "utc"),
    [
        ("2026-03-29T12:00:00Z", NOON),
        ("2026-03-29T12:00:00.000Z", NOON),
        ("2026-03-29T14:00:00+02:00", NOON),
        ("2026-03-29T14:00:00+0200", NOON),
        ("2026-03-29T12:00:00", NOON),  # no zone means UTC
        ("2026-03-29 12:00:00", NOON),
        ("2026-03-29T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        # The hour that a German clock skips, and the one it shows twice: the offset tells which instant is meant.
        ("2026-03-29T01:59:59+01:00", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        ("2026-03-29T03:00:00+02:00", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("2026-10-25T02:30:00+02:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (NOW // SECOND, NOON),
        (NOW // 1000, NOON),
        (str(NOW // SECOND), NOON),
        (str(NOW // 1000), NOON),
        ("2026-03-29", datetime(2026, 3, 29, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_from_text_seconds_and_milliseconds(sent: object, utc: datetime) -> None:
    assert instant(sent) == to_us(utc)


@pytest.mark.parametrize(
    "sent", ["soon", "", "2026-02-30T00:00:00Z", "2026-03-29T25:00:00Z", True, [], {}, None, 10**30, "9" * 99]
)
def test_what_is_no_instant_is_none(sent: object) -> None:
    assert instant(sent) is None


@pytest.mark.parametrize(
    ("client", "sent", "stored"),
    [
        (NOW - MINUTE, NOW - 10 * MINUTE, Occurrence(NOW - MINUTE)),  # ten minutes are believed
        (NOW - MINUTE, NOW - 10 * MINUTE - 1, Occurrence(NOW, ("clock_repaired", "time_future"))),
        (NOW - 61 * MINUTE, NOW - 60 * MINUTE, Occurrence(NOW - MINUTE, ("clock_repaired",))),
        (NOW + 60 * MINUTE, NOW + 61 * MINUTE, Occurrence(NOW - MINUTE, ("clock_repaired",))),
        (NOW - 90 * MINUTE, None, Occurrence(NOW - 90 * MINUTE)),
        (NOW + 5 * MINUTE, None, Occurrence(NOW + 5 * MINUTE)),
        (NOW + 5 * MINUTE + 1, None, Occurrence(NOW, ("time_future",))),
        (0, None, Occurrence(NOW, ("time_absurd",))),
        (to_us(datetime(1990, 1, 1, tzinfo=UTC)), None, Occurrence(to_us(datetime(1990, 1, 1, tzinfo=UTC)))),
        (
            to_us(datetime(1970, 1, 1, tzinfo=UTC)),
            to_us(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)),
            Occurrence(NOW - MINUTE, ("clock_repaired",)),
        ),
        (None, None, Occurrence(NOW, ("time_unreadable",))),
        (NOW - MINUTE, 10**20, Occurrence(NOW, ("clock_repaired", "time_absurd"))),
    ],
)
def test_a_clock_is_believed_within_ten_minutes_else_moved_by_how_far_it_is_off(
    client: int | None, sent: int | None, stored: Occurrence
) -> None:
    assert occurrence(client_us=client, was_given=True, sent_us=sent, received_us=NOW) == stored


def test_without_any_time_an_event_happened_when_it_was_received() -> None:
    assert occurrence(client_us=None, was_given=False, sent_us=None, received_us=NOW) == Occurrence(NOW)
