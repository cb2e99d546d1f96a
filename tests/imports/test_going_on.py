"""Stopped, killed, given up, cleaned up: what is imported stays, what is left goes on, nothing is imported twice."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from pytest_django import Settings

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from commerce.models import Order
from events.models import Event, Inbox
from imports import services
from imports.contracts import WrongState
from imports.models import Import, ImportReject, ImportRequest
from imports.services import running
from imports.services.files import absolute
from tests.faults.rig import ROOT
from tests.imports.world import Drain, check, run, settled, take, worked

WORKER = """
import sys, uuid
import django
django.setup()
from django.conf import settings
settings.OUTBOX_WAKES = False
from imports.services import rejecting, running
from cdp.jobs import services as jobs
running.BATCH = running.ORDER_ROWS = 100
write, calls = rejecting.write, 0
def holding(*args, **named):
    global calls
    calls += 1
    write(*args, **named)
    if calls == 6:  # inside the transaction of a piece
        print("holding", flush=True)
        sys.stdin.read()
rejecting.write = holding
jobs.run_now(uuid.UUID(sys.argv[1]))
"""


class Killed(BaseException):
    """The process ends here, without a word."""


def kill_after(monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    """The importer dies after so many pieces are committed."""
    commit, count = running.Importer._commit, 0

    def dying(self: Any, *args: Any, **named: Any) -> None:
        nonlocal count
        if count >= pieces:
            raise Killed
        count += 1
        commit(self, *args, **named)

    monkeypatch.setattr(running.Importer, "_commit", dying)


def left_behind(job: Import) -> None:
    """As the sweep finds a job whose worker is gone for a minute."""
    Job.objects.filter(pk=_id(job)).update(heartbeat_at=utc_now() - timedelta(minutes=5))


def content_of(kind: str, count: int) -> str:
    if kind == "people":
        return "user id,plan\n" + "".join(f"{n},p{n}\n" for n in range(1, count + 1))
    if kind == "events":
        return "user id,event,time\n" + "".join(f"{n % 7 + 1},Seen,2026-04-0{n % 9 + 1}\n" for n in range(count))
    lines = [f"B{n % (count // 2)},2026-04-03,u{n % (count // 2) + 1},p{n},1,2.00\n" for n in range(count)]
    return "order id,order date,user id,sku,quantity,price\n" + "".join(lines)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["people", "events", "orders"])
@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_an_import_that_dies_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, drain: Drain, kind: str, pieces: int
) -> None:
    monkeypatch.setattr(running, "BATCH", 10)
    monkeypatch.setattr(running, "ORDER_ROWS", 10)
    job = take(content_of(kind, 60), kind)
    services.start_run(job)
    assert job.job_id is not None
    for survived in (pieces, 1):
        with monkeypatch.context() as patch:
            kill_after(patch, survived)
            with pytest.raises(Killed):
                jobs.run_now(job.job_id)
        left_behind(job)
    assert jobs.run_slice() == 1
    job.refresh_from_db()
    expected = 30 if kind == "orders" else 60
    assert (job.state, job.rows, job.sent, job.duplicates) == ("done", 60, expected, 0)
    assert Inbox.objects.aggregate(Sum("items"))["items__sum"] == expected
    job = settled(job, drain)
    assert (job.stored, job.duplicates) == (expected, 0)
    assert Event.objects.count() == expected
    if kind == "orders":
        assert {order.lines.count() for order in Order.objects.all()} == {2}


@pytest.mark.django_db
def test_a_worker_believed_dead_writes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 10)
    job = take(content_of("people", 30), "people")
    services.start_run(job)
    commit = running.Importer._commit
    taken: list[int] = []

    def overtaken(self: Any, *args: Any, **named: Any) -> None:
        if not taken:
            taken.append(1)  # meanwhile another one did this piece
            commit(running.Importer(Import.objects.get(pk=job.pk), self.run, self.now, self.digest), *args, **named)
        commit(self, *args, **named)

    monkeypatch.setattr(running.Importer, "_commit", overtaken)
    assert job.job_id is not None
    jobs.run_now(job.job_id)
    job.refresh_from_db()
    assert (job.rows, job.sent) == (10, 10)
    assert Inbox.objects.count() == 1


@pytest.mark.django_db
def test_a_stopped_import_keeps_what_it_did_and_goes_on(monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    monkeypatch.setattr(running, "BATCH", 10)
    job = take(content_of("people", 30), "people")
    services.start_run(job)
    progress = jobs.Run.progress

    def stopping(self: jobs.Run, done: int, total: int | None = None, note: str = "") -> None:
        services.cancel(Import.objects.get(pk=job.pk))
        progress(self, done, total, note)

    assert job.job_id is not None
    with monkeypatch.context() as patch:
        patch.setattr(jobs.Run, "progress", stopping)
        jobs.run_now(job.job_id)
    job.refresh_from_db()
    assert (job.state, job.rows, job.sent) == ("cancelled", 10, 10)
    with pytest.raises(WrongState, match="mapping stands"):
        services.remember_choice(job, [], None)  # type: ignore[arg-type]
    services.start_run(job)
    job = settled(worked(job), drain)
    assert (job.state, job.rows, job.stored) == ("done", 30, 30)


@pytest.mark.django_db
def test_an_import_waits_while_the_bulk_lane_is_full(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, drain: Drain
) -> None:
    settings.IMPORT_MAX_WAITING = 2
    monkeypatch.setattr(running, "BATCH", 10)
    monkeypatch.setattr(running, "POLL_S", 0)
    most: list[int] = []
    progress = jobs.Run.progress

    def watching(self: jobs.Run, done: int, total: int | None = None, note: str = "") -> None:
        most.append(Inbox.objects.filter(done_at=None).count())
        if note == running.WAITS:
            drain(only={"events.process"})
        progress(self, done, total, note)

    monkeypatch.setattr(jobs.Run, "progress", watching)
    job = run(take(content_of("people", 80), "people"))
    assert (job.state, job.sent) == ("done", 80)
    assert max(most) == 3


@pytest.mark.django_db
def test_an_import_whose_file_is_gone_fails_with_what_to_do() -> None:
    job = take(content_of("people", 3), "people")
    absolute(job.path).unlink()
    job = run(job)
    assert job.state == "failed"
    assert "IMPORTS_DIR must be a folder they share" in job.problem


@pytest.mark.django_db
def test_an_import_whose_job_was_given_up_is_failed_and_can_go_on(drain: Drain) -> None:
    job = take(content_of("people", 3), "people")
    services.start_run(job)
    Job.objects.filter(pk=_id(job)).update(state="failed", error="its worker was lost too often")
    assert services.settle_slice() == 1
    job.refresh_from_db()
    assert (job.state, job.problem) == ("failed", "Its job ended: its worker was lost too often.")
    services.start_run(job)
    assert settled(worked(job), drain).stored == 3


@pytest.mark.django_db
def test_files_and_rejected_rows_are_deleted_after_their_days(settings: Settings, drain: Drain) -> None:
    job = settled(run(take("user id,email\n1,a@example.com\n2,nope\n", "people")), drain)
    other = check(take("user id,email\n3,c@example.com\n4,nope\n", "people"))
    Import.objects.filter(pk=job.pk).update(finished_at=utc_now() - timedelta(days=31))
    assert absolute(job.path).is_file()
    assert services.settle_slice() == 1
    assert not absolute(job.path).parent.exists()
    job.refresh_from_db()
    assert (job.path, job.preview, job.stored, job.rejected) == ("", {}, 1, 1)
    assert not ImportReject.objects.filter(of=job).exists()
    assert ImportReject.objects.filter(of=other).count() == 1
    assert absolute(other.path).is_file()
    with pytest.raises(WrongState):
        services.start_run(job)


@pytest.mark.django_db
def test_uploads_that_no_import_knows_are_swept() -> None:
    kept = services.keep([b"a,b\n"])
    assert services.settle_slice() == 0
    old = (utc_now() - timedelta(days=2)).timestamp()
    os.utime(absolute(kept.path).parent, (old, old))
    assert services.settle_slice() == 1
    assert not absolute(kept.path).exists()


@pytest.mark.django_db
def test_the_database_keeps_its_promises() -> None:
    job = take(content_of("people", 3), "people")
    ImportReject.objects.create(of=job, row=2, code="x", reason="x", raw="[]")
    wrong = (
        ("imports_reject_once", lambda: ImportReject.objects.create(of=job, row=2, code="y", reason="y", raw="[]")),
        ("imports_import_counts", lambda: Import.objects.update(sent=-1)),
        ("imports_events_have_a_source", lambda: Import.objects.update(source=None)),
    )
    for name, do in wrong:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            do()
    ImportRequest.objects.create(inbox_id=1, of=job, items=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRequest.objects.create(inbox_id=1, of=job, items=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["events", pytest.param("orders", marks=pytest.mark.nightly)])
def test_a_process_killed_in_the_middle_loses_nothing_and_repeats_nothing(
    kind: str, settings: Settings, tmp_path: Path, drain: Drain
) -> None:
    count = 2_000
    job = take(content_of(kind, count), kind)
    services.start_run(job)
    env = {
        **os.environ,
        "DATABASE_URL": _own_url(),
        "VAR_DIR": str(tmp_path),
        "IMPORTS_DIR": str(settings.IMPORTS_DIR),
        "DJANGO_SETTINGS_MODULE": "cdp.settings",
        "PYTHONPATH": str(ROOT),
    }
    sent_at = []
    for _ in range(2):
        command = [sys.executable, "-c", WORKER, str(job.job_id)]
        with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"holding\n"
            process.send_signal(signal.SIGKILL)
        job.refresh_from_db()
        sent_at.append(job.sent)
        Job.objects.filter(pk=_id(job), state="running").update(state="queued")
    total = count // 2 if kind == "orders" else count
    # Orders: one piece of sorting, one commit of its counts, then four pieces of a hundred rows, the last one lost.
    assert sent_at == ([150, 400] if kind == "orders" else [500, 1000])
    while Import.objects.get(pk=job.pk).state == "running":
        jobs.run_slice()
    job.refresh_from_db()
    assert (job.state, job.rows, job.sent) == ("done", count, total)
    assert Inbox.objects.aggregate(Sum("items"))["items__sum"] == total
    job = settled(job, lambda: drain(only={"events.process"}))
    assert (job.stored, job.duplicates) == (total, 0)
    assert Event.objects.count() == total


def _id(job: Import) -> UUID:
    assert job.job_id is not None
    return job.job_id


def _own_url() -> str:
    """The test database, in the form the settings take."""
    database = connection.settings_dict
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    host = str(database["HOST"]).replace("/", "%2F")
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgres://{database['USER']}{password}@{host}{port}/{database['NAME']}"
