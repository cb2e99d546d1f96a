"""Retention and alarms: what is old goes in slices, what is wrong is said with how to mend it and cleared when over."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from cdp.alarms.queries import open_alarms
from cdp.lib.clock import utc_now
from events import services
from events.models import Inbox, RejectedEvent, Source, SourceDay
from events.queries.counters import by_day, by_source
from events.services import watching
from tests.commerce.facts import START
from tests.quarantine.conftest import Work, send, track

pytestmark = pytest.mark.django_db(transaction=True)
BAD = {"type": "track", "userId": "u1"}


def alarms() -> dict[str, str]:
    return {f"{alarm.code}:{alarm.key}": alarm.message for alarm in open_alarms()}


def done(source: Source, age: timedelta, **columns: object) -> Inbox:
    at = utc_now() - age
    kept = {"source": source, "body": b"{}", "items": 1, "received_at": at, "done_at": at}
    return Inbox.objects.create(**{**kept, **columns})


def test_raw_requests_go_after_their_days_but_for_those_that_are_needed(server: Source, settings: Settings) -> None:
    settings.INBOX_KEEP_DAYS = 10
    old = timedelta(days=11)
    for _ in range(3):
        done(server, old)
    kept = {
        done(server, timedelta(days=9)).pk,
        done(server, old, done_at=None).pk,
        done(server, old, done_at=utc_now()).pk,
    }
    open_one = done(server, old)
    common = {"source_id": server.pk, "index": 0, "stage": "parse", "reason": "malformed", "raw": b"x"}
    RejectedEvent.objects.create(**common, inbox_id=open_one.pk, received_at=START)
    assert services.clean_slice() == 3
    assert services.clean_slice() == 0
    assert set(Inbox.objects.values_list("pk", flat=True)) == kept | {open_one.pk}
    settings.INBOX_KEEP_DAYS = 0
    RejectedEvent.objects.all().delete()
    assert services.clean_slice() == 0


def test_resolved_items_are_kept_ninety_days(server: Source) -> None:
    common = {"source_id": server.pk, "stage": "parse", "reason": "malformed", "raw": b"x", "received_at": START}
    for index, days in enumerate((91, 89)):
        at = utc_now() - timedelta(days=days)
        RejectedEvent.objects.create(
            **common, inbox_id=1, index=index, rejected_at=at, resolved_at=at, resolution="dismissed"
        )
    RejectedEvent.objects.create(**common, inbox_id=2, index=0, rejected_at=utc_now() - timedelta(days=200))
    assert services.clean_slice() == 1
    assert sorted(RejectedEvent.objects.values_list("inbox_id", "index")) == [(1, 1), (2, 0)]


def test_many_rejections_of_an_hour_raise_an_alarm_and_few_do_not(server: Source, work: Work) -> None:
    shop = Source.objects.create(name="shop", kind=Source.Kind.SERVER)
    now = utc_now()
    send(server, *(dict(BAD) for _ in range(21)), *(track(n) for n in range(100)))
    send(shop, *(dict(BAD) for _ in range(20)))
    work()
    Inbox.objects.update(received_at=now)
    RejectedEvent.objects.update(received_at=now)
    watching.watch(now)
    assert alarms().keys() == {f"events.rejected_share:{server.pk}"}
    assert "backend: 21 of 121 events of the last hour went to quarantine (17%)" in next(iter(alarms().values()))
    Inbox.objects.filter(source=server).update(items=1000)
    watching.watch(now)
    assert alarms() == {}


def test_lateness_and_a_standstill_are_told_and_cleared(server: Source, work: Work) -> None:
    now = utc_now()
    for lane, age in ((0, 61), (1, 3601)):
        Inbox.objects.create(source=server, body=b'{"batch":[]}', items=0, lane=lane,
                             received_at=now - timedelta(seconds=age))  # fmt: skip
    watching.watch(now)
    assert alarms().keys() == {"events.late:live", "events.late:bulk"}
    Inbox.objects.filter(lane=0).update(received_at=now - timedelta(seconds=400))
    watching.watch(now)
    assert "events.stalled:" in alarms()
    Inbox.objects.update(done_at=now)
    watching.watch(now)
    assert alarms() == {}


def test_a_source_that_always_sends_and_fell_silent_is_named(server: Source) -> None:
    now = datetime(2026, 3, 20, 15, tzinfo=UTC)
    rare = Source.objects.create(name="rare")
    for source, days in ((server, range(1, 8)), (rare, (1, 3))):
        for back in days:
            day = (now - timedelta(days=back)).date()
            SourceDay.objects.create(source_id=source.pk, day=day, received=1, accepted=1)
    last = Inbox.objects.create(source=server, body=b"", items=1, received_at=now - timedelta(hours=30), done_at=now)
    watching.watch(now)
    assert list(alarms()) == [f"events.silent:{server.pk}"]
    assert "backend sent events every day of a week and has sent nothing since 19 March 09:00 UTC" in str(alarms())
    Inbox.objects.filter(pk=last.pk).update(received_at=now - timedelta(hours=23))
    watching.watch(now)
    assert alarms() == {}


def test_counters_that_disagree_with_the_requests_are_an_error(server: Source, work: Work) -> None:
    send(server, track(1), track(1), dict(BAD))
    work()
    services.run_again(list(Inbox.objects.values_list("pk", flat=True)), rebuild=True)
    day = START.replace(hour=23)
    watching.watch_sums(day)
    assert alarms() == {}
    SourceDay.objects.update(accepted=5, received=7)
    watching.watch_sums(day)
    assert "say 7 events received, its requests hold 3" in alarms()[f"events.sums:{server.pk}:2026-03-01"]
    SourceDay.objects.update(accepted=1, received=3)
    watching.watch_sums(day)
    assert alarms() == {}


def test_counts_are_told_by_source_and_by_day(server: Source, work: Work) -> None:
    send(server, track(1), track(1), dict(BAD))
    work()
    (day,) = by_day(START.date(), START.date(), server.pk).values()
    assert (day.received, day.accepted, day.duplicates, day.rejected, day.refused) == (3, 1, 1, 1, 0)
    assert day.adds_up
    assert by_source(START.date(), START.date()) == {server.pk: day}
    assert services.watch_slice() == 0
