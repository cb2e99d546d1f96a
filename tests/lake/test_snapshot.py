"""Snapshots: one instant whatever happens meanwhile, bounded where the tail is long, honest without files."""

import sys

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.outbox.services import drain_all
from events.models import Event
from lake import services
from lake.contracts import Ask, LakeNotReadyError
from lake.models import LakeTable
from lake.queries import lag_s, snapshot, status
from lake.queries.snapshot import Snapshot
from lake.registry import UnknownTableError, projection
from lake.services import rebuilding
from tests.lake.looking import rows_of, visible
from tests.lake.test_projecting import flush, in_files, wait_until_over
from tests.lake.world import Shop

pytestmark = pytest.mark.django_db(transaction=True)
IDS = Ask("events", ("id",))


def ids(view: Snapshot) -> list[int]:
    return [row[0] for row in rows_of(view.relation(IDS), ("id",))]


def test_what_happens_after_it_began_is_not_in_it() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"), shop.track("ann", "b"))
    flush()
    first, second = Event.objects.order_by("pk").values_list("pk", flat=True)
    with snapshot() as view:
        Event.objects.filter(pk=first).delete()
        shop.send(shop.track("ann", "c"))
        flush()
        services.rebuild(projection("events"))
        assert ids(view) == [first, second]
    assert visible("events")[0] == (second,)
    assert len(visible("events")) == 2


def test_inside_a_transaction_its_own_rows_are_seen() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"))
    flush()
    with transaction.atomic():
        Event.objects.all().delete()
        assert visible("events") == []
        transaction.set_rollback(True)
    assert len(visible("events")) == 1


def test_names_and_time_narrow_files_and_tail_alike() -> None:
    shop = Shop()
    for is_flushed in (True, False):
        shop.send(shop.track("ann", "Product Viewed", days_ago=40), shop.track("ann", "Product Viewed"),
                  shop.track("ann", "Odd"))  # fmt: skip
        if is_flushed:
            flush()
    since = int(shop.now.timestamp() * 1_000_000) - 10 * 86_400_000_000
    assert [row[0] for row in visible("events", "name", names=frozenset({"Product Viewed"}), since_us=since)] == [
        "Product Viewed"
    ] * 2
    assert len(visible("events", "name", names=frozenset({"Product Viewed"}))) == 4
    assert len(visible("events", "name", since_us=since)) == 4


def test_a_tail_too_long_to_read_is_left_out_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"), shop.track("ann", "b"))
    flush()
    shop.send(shop.track("ann", "c"), shop.track("ann", "d"))
    first = Event.objects.order_by("pk")[0]
    first.delete()
    monkeypatch.setattr(sys.modules["lake.queries.snapshot"], "LONGEST_TAIL", 2)
    with snapshot() as view:
        assert view.as_of is None
        assert len(ids(view)) == 1  # b: what is erased is hidden all the same
        assert view.as_of == LakeTable.objects.get(name="events").flushed_at
    monkeypatch.setattr(sys.modules["lake.queries.snapshot"], "LONGEST_TAIL", 3)
    with snapshot() as view:
        assert len(ids(view)) == 3
        assert view.as_of is None


def test_a_small_table_without_files_is_answered_and_a_large_one_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"), shop.track("ann", "b"))
    assert len(visible("events")) == 2
    monkeypatch.setattr(sys.modules["lake.queries.snapshot"], "LONGEST_TAIL", 1)
    with snapshot() as view, pytest.raises(LakeNotReadyError, match="begins within seconds") as early:
        view.relation(IDS)
    assert (early.value.done, early.value.total) == (0, 0)
    LakeTable.objects.create(name="events", building="g1", built_rows=1, built_of=2)
    with snapshot() as view, pytest.raises(LakeNotReadyError, match="1 of about 2 rows are done") as later:
        view.relation(IDS)
    assert (later.value.done, later.value.total) == (1, 2)


def test_a_large_table_is_rebuilt_by_a_job_and_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"), shop.track("ann", "b"))
    monkeypatch.setattr(rebuilding, "SMALL", 1)
    for _ in range(2):
        services.project(projection("events"), at_once=True)
    assert [(job.kind, job.params) for job in Job.objects.all()] == [("lake.rebuild", {"tables": ["events"]})]
    other = jobs.enqueue("lake.rebuild", {"tables": ["orders"]})
    services.project(projection("events"), at_once=True)
    assert Job.objects.count() == 2
    other.delete()
    wait_until_over()
    drain_all(only={"jobs.run"})
    job = Job.objects.get()
    assert (job.state, job.result) == ("done", {"rows": {"events": 2}})
    assert len(in_files("events", "id")) == 2


def test_the_consumers_project_compact_and_clean(settings: Settings) -> None:
    settings.LAKE_FLUSH_S = 0
    shop = Shop()
    for name in "ab":
        shop.send(shop.track("ann", name))
        wait_until_over()
        assert drain_all(only={"lake.project"}) > 0
    drain_all(only={"lake.clean"})
    table = LakeTable.objects.get(name="events")
    assert table.compacted_at is not None
    assert table.vacuumed_at is not None
    assert {one.state for one in status() if one.rows} == {"ready"}
    assert next(one.files for one in status() if one.name == "events") == 1
    assert lag_s() is None


def test_jobs_verify_and_compact() -> None:
    shop = Shop()
    for name in "ab":
        shop.send(shop.track("ann", name))
        flush()
    for kind in ("lake.compact", "lake.verify"):
        jobs.enqueue(kind)
    drain_all(only={"jobs.run"})
    states = dict(Job.objects.values_list("kind", "state"))
    assert states == {"lake.compact": "done", "lake.verify": "done"}
    assert Job.objects.get(kind="lake.compact").result["files_joined"]["events"] == 2
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event DISABLE TRIGGER events_event_erased")
        cursor.execute("DELETE FROM events_event WHERE name = 'a'")
        cursor.execute("ALTER TABLE events_event ENABLE TRIGGER events_event_erased")
    job = jobs.enqueue("lake.verify", {"tables": ["events"]})
    drain_all(only={"jobs.run"})
    job.refresh_from_db()
    assert (job.state, job.result["clean"]) == ("done", False)
    assert "too many 1" in job.result["verdicts"][0]


def test_an_unknown_table_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownTableError, match=r"no table 'carts'; it has .*events"), snapshot(["carts"]):
        pass
