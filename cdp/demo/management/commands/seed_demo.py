"""`manage.py seed_demo`: fills a running demo with a small world, sent through its own API, and writes demo.json."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from automation.models import Message
from cdp.demo import seeding
from cdp.demo.report import DemoReport, read_report, summary, write_report
from cdp.demo.simulate.personas import personas
from cdp.jobs.models import Job
from cdp.outbox.models import Delivery
from commerce.models import Product
from events import queries as events
from events.models import Event
from recommendations import services as recommendations
from recommendations.models import ModelRun
from segments.models import DirtyProfile

PEOPLE, DAYS, SEED = 400, 14, 7
LONGEST_WAIT_S = 120.0
ENDED = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


class Command(BaseCommand):
    """Needs the service running with DEMO=1. A later start keeps what is there."""

    help = "Fill the running demo and write demo.json."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("seed_demo fills demos only: it runs with DEMO=1, as ./run demo sets it.")
        path = settings.VAR_DIR / "demo.json"
        earlier = read_report(path)
        accounts = seeding.make_accounts(earlier)
        keys = seeding.make_keys(earlier)
        seeding.make_segments()
        seeding.start_journey([persona.email for persona in personas(SEED)])
        truth = settings.VAR_DIR / "demo-truth.json"
        if not Event.objects.exists():
            self._play(keys, truth)
            self._train()
            self._await_mails()
        report = DemoReport(
            base_url=settings.BASE_URL,
            admin_url=f"{settings.BASE_URL}/admin/",
            write_key=keys.browser,
            server_write_key=keys.server,
            server_key=keys.secret,
            accounts=accounts,
            mail_folder=str(settings.VAR_DIR / "mail"),
            truth_file=str(truth) if truth.exists() else "",
            try_these=_try_these(keys),
        )
        write_report(path, report)
        self.stdout.write(summary(report))

    def _play(self, keys: seeding.DemoKeys, truth: Path) -> None:
        self.stdout.write(f"playing {DAYS} days of {PEOPLE} people through {settings.BASE_URL}/v1/batch")
        call_command(
            "simulate",
            seed=SEED,
            people=PEOPLE,
            days=DAYS,
            url=settings.BASE_URL,
            write_key=keys.browser,
            server_write_key=keys.server,
            server_key=keys.secret,
            idle_minutes=float(seeding.IDLE_MINUTES),
            truth=str(truth),
            stdout=self.stdout,
        )
        _wait(_everything_is_processed, "the events to be processed")
        self.stdout.write(f"{Event.objects.count():,} events processed")

    def _train(self) -> None:
        job = recommendations.train_later()
        _wait(lambda: Job.objects.filter(pk=job.pk, state__in=ENDED).exists(), "the recommendations to be trained")
        run = ModelRun.objects.filter(is_live=True).first()
        self.stdout.write(f"recommendations: {run.verdict or 'live'}" if run else "recommendations: the popular list")

    def _await_mails(self) -> None:
        open_states = (Message.State.QUEUED, Message.State.SENDING)
        _wait(
            lambda: Message.objects.exists() and not Message.objects.filter(state__in=open_states).exists(),
            "abandoned-cart mails",
            must=False,
        )
        sent = Message.objects.filter(state=Message.State.SENT).count()
        self.stdout.write(f"{sent} abandoned-cart mails sent")


def _everything_is_processed() -> bool:
    return (
        events.inbox_lag().waiting == 0
        and not Delivery.objects.filter(done_at=None, parked_at=None).exists()
        and not DirtyProfile.objects.exists()
    )


def _wait(condition: Callable[[], bool], what: str, *, must: bool = True) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            if must:
                raise CommandError(f"Waited {LONGEST_WAIT_S:.0f} s for {what} in vain; the lines of worker say why.")
            return
        time.sleep(0.2)


def _try_these(keys: seeding.DemoKeys) -> list[str]:
    base = settings.BASE_URL
    product = Product.objects.filter(in_stock=True).order_by("pk").values_list("product_id", flat=True).first() or "p1"
    body = json.dumps({"anonymousId": "me", "event": "Product Viewed", "properties": {"product_id": product}})
    return [
        f"curl -u {keys.browser}: -H 'content-type: application/json' -d '{body}' {base}/v1/track",
        f"curl -u {keys.browser}: '{base}/v1/recommendations?anonymous_id=me&n=4'",
        f"curl -H 'authorization: Bearer {keys.secret}' '{base}/v1/recommendations?product_id={product}&n=4'",
        f"curl {base}/health/ready",
    ]
