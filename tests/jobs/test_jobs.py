"""A job runs once at a time, says how far it is, stops when asked, and outlives its worker."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from cdp.jobs import queries, services
from cdp.jobs.contracts import UnknownJobKind
from cdp.jobs.models import Job
from tests.jobs import kinds

pytestmark = pytest.mark.django_db
SOME_TIME = datetime(2026, 11, 22, 14, 29, tzinfo=UTC)


def run(kind: str, **params: int) -> Job:
    job = services.enqueue(kind, params)
    assert services.run_slice() == 1
    job.refresh_from_db()
    return job


def test_a_job_runs_and_keeps_its_result_and_progress() -> None:
    job = run("test.add", a=2, b=3)
    assert (job.state, job.result, job.done, job.total, job.note) == ("done", {"sum": 5}, 1, 2, "half way")
    assert job.finished_at is not None
    assert services.run_slice() == 0


def test_an_unknown_kind_is_refused_and_nothing_is_enqueued() -> None:
    with pytest.raises(UnknownJobKind, match="JOB_KINDS"):
        services.enqueue("test.misspelt")
    assert not Job.objects.exists()


def test_whoever_waits_may_run_a_queued_job_itself_and_only_that_one() -> None:
    first, second = (services.enqueue("test.add", {"a": a, "b": 1}) for a in (1, 2))
    assert services.run_now(second.pk)
    assert not services.run_now(second.pk)
    assert Job.objects.get(pk=second.pk).result == {"sum": 3}
    assert Job.objects.get(pk=first.pk).state == "queued"


def test_following_a_job_tells_each_new_line_once_and_works_it_where_no_worker_does() -> None:
    job = services.enqueue("test.slices")
    told: list[str] = []
    ended = services.follow(job.pk, told.append, run=True)
    assert ended is not None
    assert (ended.state, ended.result) == ("done", {"seen": 3})
    assert [line.split()[2] for line in told] == ["queued", "done"]
    assert services.follow(uuid4(), told.append) is None


def test_a_failing_job_says_where_but_not_whose_data() -> None:
    job = run("test.fail")
    assert job.state == "failed"
    assert job.error.startswith("ValueError in fail, jobs/kinds.py:")
    assert "example.com" not in job.error


def test_a_job_that_refuses_says_why_in_its_own_words() -> None:
    job = run("test.refuse")
    assert (job.state, job.error) == ("failed", "There is no order yet: send some.")


def test_a_queued_job_is_cancelled_at_once() -> None:
    job = services.enqueue("test.add", {"a": 1, "b": 1})
    assert services.cancel([job.pk]) == 1
    assert services.run_slice() == 0
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert kinds.ran == []


def test_a_running_job_stops_at_its_next_progress_when_cancelled() -> None:
    assert run("test.cancelled").state == "cancelled"


def test_a_finished_job_cannot_be_cancelled() -> None:
    job = run("test.add", a=1, b=1)
    assert services.cancel([job.pk]) == 0
    job.refresh_from_db()
    assert job.state == "done"


def test_a_job_in_slices_is_handed_its_checkpoint() -> None:
    job = services.enqueue("test.slices")
    assert [services.run_slice() for _ in range(4)] == [1, 1, 1, 0]
    job.refresh_from_db()
    assert (job.state, job.result, job.attempts, job.lost) == ("done", {"seen": 3}, 3, 0)


def test_a_job_whose_worker_died_is_run_again_after_a_minute() -> None:
    job = services.enqueue("test.add", {"a": 1, "b": 1})
    Job.objects.update(state="running", attempts=1, heartbeat_at="2020-01-01T00:00Z")
    assert services.run_slice() == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, job.lost) == ("done", 2, 1)


def test_a_job_that_kills_its_workers_is_given_up_after_five() -> None:
    job = services.enqueue("test.add", {"a": 1, "b": 1})
    Job.objects.update(state="running", lost=4, heartbeat_at="2020-01-01T00:00Z")
    assert services.run_slice() == 0
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "its worker was lost too often")
    assert kinds.ran == []


def test_a_worker_believed_dead_overwrites_nothing() -> None:
    job = run("test.overtaken")
    assert (job.state, job.result, job.note) == ("running", {}, "the successor's")


def test_two_workers_never_run_the_same_kind_at_once() -> None:
    services.enqueue("test.add", {"a": 1, "b": 1})
    with psycopg.connect(_dsn()) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('cdp.jobs'), hashtext('test.add'))")
        assert services.run_slice() == 0
        other.execute("SELECT pg_advisory_unlock_all()")
    assert services.run_slice() == 1


def _dsn() -> str:
    parameters = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(
        **{k: parameters[k] for k in ("dbname", "user", "host", "port") if k in parameters}
    )


def test_the_command_line_lists_starts_and_cancels() -> None:
    out = StringIO()
    call_command("jobs", stdout=out)
    assert out.getvalue() == "no jobs yet\n"
    call_command("jobs", "--start", "test.add", "--params", '{"a": 1, "b": 2}', "--no-follow", stdout=out)
    job = Job.objects.get()
    call_command("jobs", str(job.pk), "--cancel", stdout=out)
    assert out.getvalue().splitlines()[-1].split()[:3] == [str(job.pk), "test.add", "cancelled"]
    with pytest.raises(CommandError, match="nothing to cancel"):
        call_command("jobs", str(job.pk), "--cancel")
    with pytest.raises(CommandError, match="there is no job"):
        call_command("jobs", str(uuid4()))
    with pytest.raises(CommandError, match="JOB_KINDS"):
        call_command("jobs", "--start", "test.misspelt")


def test_the_admin_shows_progress_and_cancels() -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root", password="a long password"))
    job = services.enqueue("test.add", {"a": 1, "b": 1})
    Job.objects.update(done=1, total=4)
    page = admin.get("/admin/jobs/job/")
    assert '<progress max="100" value="25" ' in page.text
    assert "</progress> 25%" in page.text
    admin.post("/admin/jobs/job/", {"action": "cancel_jobs", "_selected_action": [str(job.pk)]})
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert admin.get(f"/admin/jobs/job/{job.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "queued"}, "waits for a worker"),
        ({"state": "running", "started_at": SOME_TIME, "note": "reading"}, "reading"),
        (
            {"state": "running", "started_at": SOME_TIME, "done": 1000, "total": 4000},
            "100 a second, about 30.0 s left",
        ),
        ({"state": "running", "started_at": SOME_TIME, "done": 1, "total": 61}, "about 10 min left"),
        ({"state": "done", "started_at": SOME_TIME, "finished_at": SOME_TIME + timedelta(seconds=3)}, "took 3.0 s"),
        ({"state": "failed", "error": "Traceback\nValueError: no"}, "ValueError: no"),
    ],
)
def test_a_job_says_how_it_goes(fields: dict[str, Any], words: str) -> None:
    assert queries.pace(Job(kind="k", **fields), SOME_TIME + timedelta(seconds=10)) == words
