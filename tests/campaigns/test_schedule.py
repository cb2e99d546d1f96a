"""When it is whose turn: local times over daylight saving, who is late, the throttle, the split and the winner."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from campaigns.models import Recipient
from campaigns.pacing import BACKLOG, Queued, room
from campaigns.splitting import Split, place_of
from campaigns.timing import LOCAL, Schedule, at_local, due_at, starts_at
from campaigns.winning import Tally, choose
from cdp.lib.hashing import keyed_hash
from mailing.models import Message
from tests.campaigns.world import again, campaign, people, run, segment

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        (BERLIN, "2026-03-28", "02:30", "2026-03-28T01:30"),
        (BERLIN, "2026-03-29", "02:30", "2026-03-29T01:30"),  # skipped: the clocks show 03:30
        (BERLIN, "2026-03-29", "09:00", "2026-03-29T07:00"),
        (BERLIN, "2026-10-25", "02:30", "2026-10-25T00:30"),  # twice: the first
        (NEW_YORK, "2026-03-08", "02:15", "2026-03-08T07:15"),  # skipped: 03:15
        (NEW_YORK, "2026-11-01", "01:30", "2026-11-01T05:30"),  # twice: the first
        (LORD_HOWE, "2026-10-04", "02:10", "2026-10-03T15:40"),  # half an hour skipped: 02:40
        (LORD_HOWE, "2026-04-05", "01:45", "2026-04-04T14:45"),  # half an hour twice: the first
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00"),  # a midnight that does not exist: 01:00
        ("Asia/Kathmandu", "2026-06-01", "09:00", "2026-06-01T03:15"),
    ],
)
def test_a_local_time_is_one_instant_over_gaps_and_folds(zone: str, day: str, clock: str, instant: str) -> None:
    found = at_local(date.fromisoformat(day), time.fromisoformat(clock), zone)
    assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)


def test_who_is_late_gets_it_tomorrow_at_once_or_not_at_all() -> None:
    def due(passed: str, zone: str, now: str) -> datetime | None:
        schedule = Schedule(LOCAL, None, date(2026, 3, 28), time(9), passed)
        return due_at(schedule, zone, datetime.fromisoformat(now))

    noon = "2026-03-28T12:00:00+00:00"
    assert due("tomorrow", NEW_YORK, noon) == datetime(2026, 3, 28, 13, tzinfo=UTC)  # not late
    assert due("tomorrow", BERLIN, noon) == datetime(2026, 3, 29, 7, tzinfo=UTC)  # an hour earlier: summer time
    assert due("now", BERLIN, noon) == datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert due("skip", BERLIN, noon) is None
    assert due("skip", BERLIN, "2026-03-28T08:10:00+00:00") is not None  # ten minutes are not late


def test_by_local_time_the_audience_is_frozen_when_the_first_zone_has_it() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    local = Schedule(LOCAL, None, date(2026, 3, 28), time(9))
    assert starts_at(local, now) == datetime(2026, 3, 27, 19, tzinfo=UTC)
    assert starts_at(local, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert starts_at(Schedule("now"), now) == now


@pytest.mark.django_db
def test_each_person_is_queued_at_nine_by_their_own_clock_over_the_change() -> None:
    """On 29 March 2026 Berlin goes to summer time, New York has, Auckland still has it."""
    ids = {zone: people(f"{n}@example.com", traits={"timezone": zone})[0]
           for n, zone in enumerate((BERLIN, NEW_YORK, "Pacific/Auckland"))}  # fmt: skip
    day = date(2027, 3, 28)  # Berlin's change in that year
    row = campaign(segment("members", ids.values()), when="local", local_date=day, local_time=time(2, 30))
    begins = datetime(2027, 3, 27, 12, 30, tzinfo=UTC)
    assert again(row).starts_at == begins
    run(now=begins - timedelta(minutes=1))
    assert not Recipient.objects.exists()
    run(now=begins)
    due = dict(Recipient.objects.values_list("identifier_id", "due_at"))
    assert due == {
        ids[BERLIN]: datetime(2027, 3, 28, 1, 30, tzinfo=UTC),  # 02:30 is skipped: 03:30
        ids[NEW_YORK]: datetime(2027, 3, 28, 6, 30, tzinfo=UTC),
        ids["Pacific/Auckland"]: datetime(2027, 3, 27, 13, 30, tzinfo=UTC),
    }
    queued = []
    for minutes in range(0, 24 * 60, 30):
        run(now=begins + timedelta(minutes=minutes))
        queued.append(Message.objects.count())
    assert [queued.index(n) * 30 for n in (1, 2, 3)] == [60, 780, 1080]


def test_a_throttle_holds_in_the_minute_and_in_the_hour_and_spreads_what_it_lets_through() -> None:
    assert room(Queued(), per_minute=None, per_hour=None) == BACKLOG
    assert room(Queued(waiting=BACKLOG), per_minute=None, per_hour=None) == 0
    assert room(Queued(), per_minute=60, per_hour=None) == 5
    assert room(Queued(tick=5), per_minute=60, per_hour=None) == 0
    assert room(Queued(minute=58, hour=58), per_minute=60, per_hour=None) == 2
    assert room(Queued(hour=95, minute=3), per_minute=60, per_hour=100) == 5
    assert room(Queued(hour=99, minute=3), per_minute=60, per_hour=100) == 1
    assert room(Queued(waiting=60), per_minute=60, per_hour=None) == 0


def test_the_split_follows_its_shares_and_never_changes() -> None:
    split = Split(7, [("A", Decimal("0.5")), ("B", Decimal("0.5"))], Decimal("0.2"), Decimal("0.1"), "salt")
    hashes = [keyed_hash("test", str(n)) for n in range(5_000)]
    places = [place_of(split, one) for one in hashes]
    counts = Counter("holdout" if one.held_out else one.variant or "rest" for one in places)

    assert 420 < counts["holdout"] < 580
    assert 380 < counts["A"] < 520
    assert 380 < counts["B"] < 520
    assert counts["rest"] == 5_000 - counts["holdout"] - counts["A"] - counts["B"]
    assert places == [place_of(split, one) for one in hashes]
    assert all(one.in_test == bool(one.variant) for one in places)


@pytest.mark.parametrize(
    ("scores", "winner", "is_clear"),
    [
        ((10, 20), "B", True),
        ((20, 10), "A", True),
        ((100, 109), "A", False),  # 9 % more: not enough
        ((100, 110), "B", True),
        ((0, 0), "A", False),
        ((0, 1), "B", True),
        ((10, 10), "A", False),
    ],
)
def test_the_winner_leads_by_enough_or_it_is_the_first(scores: tuple[int, int], winner: str, is_clear: bool) -> None:
    found = choose([Tally("A", 1_000, scores[0]), Tally("B", 1_000, scores[1])], "clicks", 10)
    assert (found.variant, found.is_clear) == (winner, is_clear)
    assert ("No clear winner" in found.why) is not is_clear


def test_rates_are_compared_not_numbers() -> None:
    assert choose([Tally("A", 1_000, 50), Tally("B", 100, 20)], "clicks", 10).variant == "B"
