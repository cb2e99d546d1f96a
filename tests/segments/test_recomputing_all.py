"""Every segment recomputed in one job: in order, resumable, and stopped within seconds."""

import time
from threading import Event, Timer
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from lake.contracts import Limits, QueryStoppedError
from lake.queries.engine import engine
from segments.models import DueAnswer, Membership
from segments.services import recomputing, recomputing_all
from tests.segments.world import World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
VIEWED: Any = {"did": "Product Viewed", "within": {"days": 30}}


@pytest.fixture
def world() -> World:
    """Three segments of which two use others, and two people; nothing is stored of who is in what."""
    world = World()
    world.segment(VIEWED, slug="lookers")
    world.segment({"in_segment": "lookers"}, slug="keen")
    world.segment({"all": [{"did": "*"}, {"not": {"in_segment": "keen"}}]}, slug="idle")
    world.send(world.track("ada", "Product Viewed", days_ago=1), world.track("ben", "Signed Up"))
    Membership.objects.all().delete()
    DueAnswer.objects.all().delete()
    return world


def test_all_are_right_afterwards_and_the_job_says_what_it_did(world: World) -> None:
    job_id = recomputing_all.recompute_everything()
    assert recomputing_all.recompute_everything() == job_id
    assert jobs.run_now(job_id)
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.done, job.total, job.note) == ("done", 3, 3, "done")
    told = {name: job.result[name] for name in ("segments", "profiles", "entered", "left", "failed")}
    assert told == {"segments": 3, "profiles": 2, "entered": 3, "left": 0, "failed": []}
    assert 10 < job.result["peak_mb"] < 20_000
    assert streamed() == recomputed(utc_now())
    assert DueAnswer.objects.count() == 1


def test_it_goes_on_where_its_slice_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SLICE_S", 0.0)
    job_id = recomputing_all.recompute_everything()
    for done in (1, 2):
        assert jobs.run_now(job_id)
        job = Job.objects.get(pk=job_id)
        assert (job.state, len(job.result["done"])) == ("queued", done)
    assert jobs.run_now(job_id)
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.result["segments"], job.result["entered"], job.attempts) == ("done", 3, 3, 3)
    assert streamed() == recomputed(utc_now())


def test_a_cancelled_one_stops_between_segments_and_keeps_what_it_did(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    recompute = recomputing.recompute

    def and_cancel(segment_id: int, *args: Any, **more: Any) -> Any:
        written = recompute(segment_id, *args, **more)
        jobs.cancel([job_id])
        return written

    monkeypatch.setattr(recomputing, "recompute", and_cancel)
    monkeypatch.setattr(jobs, "WRITE_EVERY_S", 0.0)
    job_id = recomputing_all.recompute_everything()
    assert jobs.run_now(job_id)
    assert Job.objects.get(pk=job_id).state == "cancelled"
    assert [len(members) for members in streamed().values()] == [1, 1, 0]
    assert recomputing_all.recompute_everything() != job_id


def test_somebody_who_cancels_is_noticed_by_work_that_says_nothing() -> None:
    job = jobs.enqueue("segments.recompute_all")
    Job.objects.filter(pk=job.pk).update(state="running")
    with jobs.cancel_noticed(job.pk) as cancelled:
        assert not cancelled.wait(0.7)
        jobs.cancel([job.pk])
        assert cancelled.wait(5)


def test_a_query_that_is_stopped_ends_at_once() -> None:
    many = pa.table({"a": pa.array(range(100_000), pa.int64())})
    slow = sqlglot.parse_one("SELECT SUM(x.a * y.a % 7) AS n FROM many AS x CROSS JOIN many AS y", into=exp.Select)
    stop = Event()
    Timer(0.3, stop.set).start()
    started = time.monotonic()
    with pytest.raises(QueryStoppedError):
        engine().query(slow, {"many": many}, limits=Limits(seconds=60, stop=stop))
    assert time.monotonic() - started < 30
