"""What `manage.py simulate` and `seed_demo` share: keys to send with, the live mode, the check, the bulk history."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from cdp.access.models import ServerKey
from cdp.access.services import make_server_key
from cdp.demo.report import read_report
from cdp.demo.simulate.checking import Verdict, check_consent, check_identity, check_mails
from cdp.demo.simulate.live import Live
from cdp.demo.simulate.live_visits import Crowd
from cdp.demo.simulate.sending import Progress, Target
from cdp.demo.simulate.sense import Asker, check_sense
from cdp.demo.simulate.tried import check_experiments
from cdp.demo.simulate.worlds import Plan
from cdp.lib.clock import utc_now
from cdp.outbox.models import Delivery
from events import queries as events
from events.models import Source
from segments.models import DirtyProfile

LONGEST_STANDSTILL_S = 180.0
"""Nothing was worked for so long: waiting longer would not help."""
LONGEST_WAIT_S = 3600.0
TELL_EVERY_S = 30.0
Tell = Callable[[str], Any]


def lent_target(options: dict[str, Any]) -> tuple[Target, ServerKey | None]:
    """Where to send, with the keys given, else the demo's, else keys made now; the server key made is to be revoked."""
    demo = demo_target(options["url"]) if settings.DEMO and not options["write_key"] else None
    if demo is not None:
        return demo, None
    browser = options["write_key"] or _source("Simulated pages", Source.Kind.BROWSER)
    server = options["server_write_key"] or _source("Simulated server", Source.Kind.SERVER)
    lent, secret = None, options["server_key"]
    if not secret:
        lent, secret = make_server_key("Simulator", ["catalog:write", "recommendations:read"])
    return Target(options["url"], browser, server, secret), lent


def demo_target(url: str) -> Target | None:
    """The demo's keys; None where no demo has been seeded."""
    report = read_report(settings.VAR_DIR / "demo.json")
    if report is None:
        return None
    return Target(url, report.write_key, report.server_write_key, report.server_key)


def play_live(plan: Plan, target: Target, rate: float, hours: float, tell: Tell, *, every_s: float = 60.0) -> Progress:
    """Visits in real time until the hours are over or SIGTERM or SIGINT comes."""
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    live = Live(Crowd(plan.seed, plan.people, rate), target, stop, sees=settings.DEMO)
    said = "live: {0.sent:,} events sent, {0.rejected} rejected"
    live.run(hours * 3600, lambda done: tell(said.format(done)), every_s=every_s)
    tell(f"live: stopped after {live.progress.sent:,} events")
    return live.progress


def check_truth(folder: Path, target: Target, tell: Tell) -> Iterator[Verdict]:
    """Every comparison that can be made, once the platform is quiet or has had its time."""
    manifest = json.loads((folder / "manifest.json").read_text())
    _wait_until_quiet(tell)
    yield check_identity(folder)
    if "cart" in manifest["worlds"]:
        yield check_mails(folder)
    if "shop" in manifest["worlds"]:
        yield check_consent(folder, utc_now())
        yield from check_experiments(folder)
        yield check_sense(folder, manifest["seed"], Asker(target.url, target.server_key))


def is_quiet() -> bool:
    """Whether everything that came in has been worked."""
    return not any(_left())


def _wait_until_quiet(tell: Tell) -> None:
    """Wait as long as work goes on, however much there is; say how much is left."""
    began = moved = told = time.monotonic()
    before = None
    while any(left := _left()):
        now = time.monotonic()
        if left != before:
            before, moved = left, now
        if now - moved > LONGEST_STANDSTILL_S or now - began > LONGEST_WAIT_S:
            tell(f"not everything is processed after {now - began:.0f} s: compared as it is")
            return
        if now - told > TELL_EVERY_S:
            told = now
            tell("left to process: {:,} requests, {:,} deliveries, {:,} people's segments".format(*left))
        time.sleep(0.5)


def _left() -> tuple[int, int, int]:
    """What is not worked yet: requests, deliveries to consumers, people whose segments may have changed."""
    deliveries = Delivery.objects.filter(done_at=None, parked_at=None).count()
    return events.inbox_lag().waiting, deliveries, DirtyProfile.objects.count()


def _source(name: str, kind: Source.Kind) -> str:
    return Source.objects.get_or_create(name=name, defaults={"kind": kind})[0].write_key
