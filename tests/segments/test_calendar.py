"""The company's calendar: where its days begin, on the days the clocks change too, and what anniversaries count by."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.rules import NEVER, PastEvent, PersonFacts, parse_rule
from segments.rules.anniversary import flips, is_near
from segments.rules.calendar import UNITS, edge_name, edges, local_date, midnight_us, placeholders
from segments.rules.facts import DAY_US
from segments.rules.windows import CALENDAR

BERLIN = "Europe/Berlin"
HOUR_US = 3_600_000_000
ZONES = st.sampled_from([BERLIN, "UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo"])
INSTANTS = st.integers(0, 2_500_000_000).map(lambda seconds: seconds * 1_000_000)


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("day", "starts", "hours"),
    [
        (date(2026, 3, 29), "2026-03-28T23:00:00Z", 23),
        (date(2026, 10, 25), "2026-10-24T22:00:00Z", 25),
        (date(2026, 7, 1), "2026-06-30T22:00:00Z", 24),
    ],
)
def test_a_day_on_which_the_clocks_change_is_shorter_or_longer(day: date, starts: str, hours: int) -> None:
    around = edges("day", day, BERLIN)
    assert (around.start, around.end - around.start) == (us(starts), hours * HOUR_US)


def test_a_midnight_that_is_skipped_begins_the_day_where_the_clock_goes_on() -> None:
    assert midnight_us(date(2018, 11, 4), "America/Sao_Paulo") == us("2018-11-04T03:00:00Z")  # 00:00 became 01:00


def test_what_statements_are_given_are_edges_and_now() -> None:
    given = placeholders(us("2026-03-29T12:00:00Z"), BERLIN)
    assert given["now_us"] == us("2026-03-29T12:00:00Z")
    assert given[edge_name("week", "start")] == us("2026-03-22T23:00:00Z")
    assert given["month_before_us"] == us("2026-01-31T23:00:00Z")
    assert given["month_end_us"] == us("2026-03-31T22:00:00Z")
    assert given["quarter_before_us"] == us("2025-09-30T22:00:00Z")
    assert given["year_end_us"] == us("2026-12-31T23:00:00Z")
    assert (given["standard_us"], given["march_day"], given["march_year"]) == (HOUR_US, 28, 365)


@given(INSTANTS, ZONES, st.sampled_from(UNITS))
def test_edges_are_midnights_in_order_around_the_day(instant: int, zone: str, unit: str) -> None:
    around = edges(unit, local_date(instant, zone), zone)
    assert around.before < around.start <= instant < around.end < around.after
    for edge in around:
        assert local_date(edge, zone) != local_date(edge - 1, zone)


@given(INSTANTS, st.integers(-800 * DAY_US, 800 * DAY_US), ZONES, st.sampled_from(sorted(CALENDAR)))
def test_a_window_of_the_calendar_holds_from_the_edges_of_today_and_until_the_stay_is_over(
    now: int, offset: int, zone: str, name: str
) -> None:
    """What is asked of now's edges (engines) is what is asked of the event's own (the reference)."""
    rule = parse_rule({"did": "A", "within": {"calendar": name}})
    facts = PersonFacts(events=[PastEvent("A", now + offset, {})], zone=zone)
    around = edges(CALENDAR[name].unit, local_date(now, zone), zone)
    start, end = (around.before, around.start) if CALENDAR[name].is_past else (around.start, now + 1)
    assert rule.evaluate(facts, now) is (start <= now + offset < end)
    reach = rule.mentions().reach_us
    assert reach is not None
    assert start > now - reach


@pytest.mark.parametrize(
    ("name", "happened", "enters", "leaves"),
    [
        ("today", "2026-03-29T00:30:00Z", "2026-03-29T00:30:00Z", "2026-03-29T22:00:00Z"),
        ("yesterday", "2026-03-28T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("this_week", "2026-10-25T12:00:00Z", "2026-10-25T12:00:00Z", "2026-10-25T23:00:00Z"),
        ("last_month", "2026-02-10T12:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        ("last_year", "2025-06-01T00:00:00Z", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
    ],
)
def test_an_answer_turns_exactly_at_the_edges(name: str, happened: str, enters: str, leaves: str) -> None:
    rule = parse_rule({"did": "A", "within": {"calendar": name}})
    facts = PersonFacts(events=[PastEvent("A", us(happened), {})], zone=BERLIN)
    assert [rule.evaluate(facts, us(enters) + n) for n in (-1, 0)] == [False, True]
    assert [rule.evaluate(facts, us(leaves) + n) for n in (-1, 0)] == [True, False]
    assert rule.valid_until(facts, us(enters) - 1) == us(enters)
    assert rule.valid_until(facts, us(enters)) == us(leaves)
    assert rule.valid_until(facts, us(leaves)) == NEVER


@given(INSTANTS, INSTANTS, ZONES, st.integers(1, 365))
def test_an_anniversary_is_near_when_one_of_the_next_days_has_its_day_and_month(
    born: int, now: int, zone: str, days: int
) -> None:
    """Walked day by day; dates are as they are written, so instants here are whole days."""
    born -= born % DAY_US
    birthday, today = local_date(born, "UTC"), local_date(now, zone)
    coming = [today + timedelta(days=n) for n in range(days + 1)]
    expected = any(_falls_on(birthday, day) for day in coming)
    assert is_near(born, days, now, zone) is expected
    (flip,) = flips(born, days, now, zone)
    assert flip > now
    assert is_near(born, days, flip - 1, zone) is expected


def _falls_on(birthday: date, day: date) -> bool:
    if (birthday.month, birthday.day) == (2, 29) and day.month == 2:
        return day.day == (29 if day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0) else 28)
    return (birthday.month, birthday.day) == (day.month, day.day)


def test_an_instant_has_the_day_it_was_by_standard_time() -> None:
    evening = us("2020-07-04T22:30:00Z")  # 00:30 on the 5th by summer time, 23:30 on the 4th by standard time
    assert is_near(evening, 1, us("2027-07-03T12:00:00Z"), BERLIN)
    assert not is_near(evening, 1, us("2027-07-05T12:00:00Z"), BERLIN)
    assert is_near(us("2020-01-04T23:30:00Z"), 1, us("2027-01-05T12:00:00Z"), BERLIN)
