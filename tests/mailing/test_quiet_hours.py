"""Quiet hours over daylight-saving changes in ten zones, against an oracle that reads the wall clock."""

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from mailing.quiet_hours import is_quiet, next_allowed
from mailing.zones import zone_of, zone_of_country

# zone, the local day of a change: gap (a missing hour), fold (an hour twice), midnight (the day begins at 1:00).
CHANGES = [
    ("Europe/Berlin", "2026-03-29", "gap"), ("Europe/Berlin", "2026-10-25", "fold"),
    ("America/New_York", "2026-03-08", "gap"), ("America/New_York", "2026-11-01", "fold"),
    ("America/Santiago", "2026-09-06", "midnight"), ("America/Santiago", "2026-04-04", "fold"),
    ("Africa/Cairo", "2026-04-24", "midnight"), ("Africa/Cairo", "2026-10-29", "fold"),
    ("Asia/Beirut", "2026-03-29", "midnight"), ("America/Havana", "2026-03-08", "midnight"),
    ("Australia/Lord_Howe", "2026-10-04", "gap"), ("Australia/Lord_Howe", "2026-04-05", "fold"),
    ("Pacific/Chatham", "2026-09-27", "gap"), ("Africa/Casablanca", "2026-02-15", "fold"),
    ("Asia/Kathmandu", "2026-03-29", "none"), ("Pacific/Apia", "2026-03-29", "none"),
]  # fmt: skip
HOURS = [(21, 8), (0, 6), (23, 1), (1, 3), (2, 3), (22, 0)]
MINUTE = timedelta(minutes=1)


def oracle(now: datetime, from_hour: int, to_hour: int, zone: ZoneInfo) -> datetime:
    """The first minute, from now on, whose wall clock shows an hour outside of the quiet ones."""
    quiet = {hour % 24 for hour in range(from_hour, to_hour if from_hour < to_hour else to_hour + 24)}
    at = now
    while at.astimezone(zone).hour in quiet:
        at = at.replace(second=0, microsecond=0) + MINUTE
    return at


@pytest.mark.parametrize(("name", "day", "kind"), CHANGES)
def test_mail_held_back_goes_out_at_the_first_minute_that_is_not_quiet(name: str, day: str, kind: str) -> None:
    zone = ZoneInfo(name)
    noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=zone).astimezone(UTC)
    asked = 0
    for from_hour, to_hour in HOURS:
        for quarter in range(0, 36 * 4, 3):
            now = noon - timedelta(hours=24) + quarter * timedelta(minutes=15) + timedelta(seconds=17)
            found = next_allowed(now, from_hour=from_hour, to_hour=to_hour, zone=zone)
            assert found == oracle(now, from_hour, to_hour, zone), (now, from_hour, to_hour)
            assert not is_quiet(found, from_hour=from_hour, to_hour=to_hour, zone=zone)
            assert found - now < timedelta(hours=13)
            asked += found > now
    assert asked > 20, "the table would show nothing if no hour were quiet"


def test_the_table_holds_days_without_midnight_with_a_missing_hour_and_with_one_twice() -> None:
    """The zone database may change: then another day is to be found."""
    for name, day, kind in CHANGES:
        zone = ZoneInfo(name)
        midnight = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=zone)
        length = (midnight + timedelta(days=1)).timestamp() - midnight.timestamp()
        if kind == "midnight":
            there = midnight.astimezone(UTC).astimezone(zone)
            assert (there.hour, there.day) != (0, midnight.day), name
        elif kind != "none":
            assert (length < 86_400) == (kind == "gap"), (name, day, length)


def test_a_zone_comes_of_what_they_said_then_their_device_then_their_country_then_the_shop() -> None:
    known = partial(zone_of, told="Asia/Tokyo", country="IT", fallbacks=("", "Europe/Paris"))
    assert known({"timezone": "America/Lima"}) == "America/Lima"
    assert known({"time_zone": "../etc/passwd", "timezone": 7}) == "Asia/Tokyo"
    assert zone_of({}, told="", country="IT", fallbacks=("Europe/Paris",)) == "Europe/Rome"
    assert zone_of({}, told="", country="US", fallbacks=("", "Europe/Paris")) == "Europe/Paris"
    assert zone_of({}, told="nonsense", country="", fallbacks=("",)) == "UTC"
    assert (zone_of_country("DE"), zone_of_country("AU"), zone_of_country("")) == ("Europe/Berlin", "", "")
