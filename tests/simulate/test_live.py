"""The live mode: events at their own time, the same after a restart, no storm after a pause, and an end on demand."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from pytest_django.live_server_helper import LiveServer

from cdp.demo.simulate.clocks import HOUR, MINUTE, SECOND
from cdp.demo.simulate.live import STALE, Live
from cdp.demo.simulate.live_visits import LONGEST_VISIT, Crowd, Due, told_at
from cdp.demo.simulate.personas import personas
from cdp.demo.simulate.sending import Target
from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from events.models import Event, RejectedEvent, Source
from tests.paths import REPO

NOON = 1_772_366_400_000  # 2026-03-01, 12:00 UTC
TARGET = Target("http://127.0.0.1:1", "", "", "")


def live(rate: float = 5.0, *, begins: int = NOON) -> Live:
    made = Live(Crowd(7, 80, rate), TARGET, threading.Event())
    made.begin(begins)
    return made


def played(run: Live, *, until: int, start: int = NOON) -> list[Due]:
    return [event for now in range(start, until + 1, SECOND) for event in run.due(now)]


def test_events_come_at_their_time_and_about_as_many_as_asked() -> None:
    run = live(rate=5.0)
    per_second = [run.due(now) for now in range(NOON, NOON + 10 * MINUTE, SECOND)]
    for number, events in enumerate(per_second):
        assert all(NOON + (number - 1) * SECOND <= event.at <= NOON + number * SECOND for event in events)
        assert all(told_at(event.item) == event.at for event in events)
    count = sum(map(len, per_second))
    assert 0.4 * 5 * 600 < count < 2 * 5 * 600


def test_visits_unfold_over_minutes() -> None:
    times: dict[str, list[int]] = {}
    for event in played(live(), until=NOON + 10 * MINUTE):
        visit = msgspec.json.decode(event.item)["messageId"].rsplit("-", 1)[0]
        times.setdefault(visit, []).append(event.at)
    spans = [max(found) - min(found) for found in times.values() if len(found) > 5]
    assert len(spans) > 20
    assert min(spans) > 20 * SECOND
    assert max(spans) < LONGEST_VISIT


def test_a_restart_goes_on_where_it_was_and_repeats_nothing() -> None:
    ends, again = NOON + 8 * MINUTE, NOON + 4 * MINUTE + SECOND
    whole = played(live(), until=ends)
    first = [event for event in played(live(), until=again) if event.at < again]
    second = played(live(begins=again), until=ends, start=again)
    assert {event.item for event in first}.isdisjoint(event.item for event in second)
    assert sorted(first + second) == sorted(whole)


def test_a_machine_that_slept_skips_what_is_past() -> None:
    run = live()
    played(run, until=NOON + MINUTE)
    woken = run.due(NOON + 8 * HOUR)
    assert all(event.at > NOON + 8 * HOUR - STALE for event in woken)
    assert len(woken) < 5 * 2 * STALE / SECOND


def test_personas_stay_out_and_strangers_come() -> None:
    events = [msgspec.json.decode(event.item) for event in played(live(), until=NOON + 12 * MINUTE)]
    users = {event["userId"] for event in events if "userId" in event}
    assert users.isdisjoint(persona.user_id for persona in personas(7))
    signed_up = [event for event in events if event["type"] == "identify" and event["traits"]]
    assert signed_up
    assert {"Order Completed", "Product Added"} <= {event.get("event") for event in events}
    assert all(event["context"]["synthetic"] for event in events)


@pytest.mark.timeout(240)
@pytest.mark.django_db(transaction=True)
def test_the_service_takes_live_events_as_they_happen(live_server: LiveServer) -> None:
    browser = Source.objects.create(name="pages", kind=Source.Kind.BROWSER)
    server = Source.objects.create(name="backend", kind=Source.Kind.SERVER)
    target = Target(live_server.url, browser.write_key, server.write_key, "")
    began, stop = utc_now(), threading.Event()
    run = Live(Crowd(7, 150, 40.0), target, stop)
    thread = threading.Thread(target=run.run, args=(0.0, lambda progress: None))
    thread.start()
    deadline = time.monotonic() + 60
    while run.progress.sent < 40 and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    thread.join(timeout=60)
    assert not thread.is_alive()
    drain_all(only={"events.process"})
    assert Event.objects.count() == run.progress.sent >= 40
    assert (RejectedEvent.objects.count(), run.progress.rejected) == (0, 0)
    names = Counter(
        Event.objects.filter(occurred_at__gte=began, occurred_at__lte=utc_now()).values_list("name", flat=True)
    )
    assert names.total() >= 0.95 * run.progress.sent
    assert len(names) > 4


class _Sink(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.server.taken.set()  # type: ignore[attr-defined]

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def sink() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    server.taken = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.nightly
@pytest.mark.timeout(240)
def test_a_live_run_ends_on_sigterm_and_says_how_much_it_sent(sink: ThreadingHTTPServer) -> None:
    options = ["--live", "--rate", "200", "--people", "60", "--write-key", "wk_a", "--server-write-key", "wk_b"]
    options += ["--server-key", "sk_c", "--url", f"http://127.0.0.1:{sink.server_port}"]
    command = [sys.executable, str(REPO / "manage.py"), "simulate", *options]
    process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
    try:
        assert sink.taken.wait(120)  # type: ignore[attr-defined]
        process.terminate()
        told, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "synthetic" in told
    assert "live: stopped after" in told
