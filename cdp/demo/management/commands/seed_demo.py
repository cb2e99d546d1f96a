"""`manage.py seed_demo`: fills a running demo with a small world, sent through its own API, and writes demo.json."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from cdp.demo import seeding
from cdp.demo.deals.past import make_past
from cdp.demo.deals.tried import make_tried
from cdp.demo.history import Sources, write_past
from cdp.demo.playing import is_quiet
from cdp.demo.report import Account, DemoReport, read_report, summary, write_report
from cdp.demo.simulate.personas import personas
from cdp.demo.simulate.sending import Target
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from commerce.models import Product
from events.models import Event, Source
from mailing.models import Message
from recommendations import services as recommendations
from recommendations.models import ModelRun

LONGEST_WAIT_S = 180.0
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
        seeding.make_placements()
        seeding.make_drafts(utc_now())
        seeding.make_deals(utc_now())
        seeding.start_journey([persona.email for persona in personas(seeding.SEED)])
        truth = settings.VAR_DIR / "demo-truth"
        write_report(path, _report(keys, accounts, truth))  # with it the shop opens
        if not Event.objects.exists():
            self._play(keys, truth)
            make_past(utc_now())
            make_tried(User.objects.filter(username="marketer@demo.example").first())
            self._train()
            self._await_mails()
        report = _report(keys, accounts, truth)
        write_report(path, report)
        self.stdout.write(summary(report, path))

    def _play(self, keys: seeding.DemoKeys, truth: Path) -> None:
        self.stdout.write(f"writing {seeding.DAYS} days of {seeding.PEOPLE} synthetic people")
        count = write_past(
            seeding.plan(utc_now()),
            Sources(Source.objects.get(write_key=keys.browser), Source.objects.get(write_key=keys.server)),
            Target(settings.BASE_URL, keys.browser, keys.server, keys.secret),
            truth,
        )
        self.stdout.write(f"{count:,} events written")
        _wait(is_quiet, "the events to be processed")
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


def _wait(condition: Callable[[], bool], what: str, *, must: bool = True) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            if must:
                raise CommandError(f"Waited {LONGEST_WAIT_S:.0f} s for {what} in vain; the lines of worker say why.")
            return
        time.sleep(0.2)


def _report(keys: seeding.DemoKeys, accounts: list[Account], truth: Path) -> DemoReport:
    return DemoReport(
        base_url=settings.BASE_URL,
        admin_url=f"{settings.BASE_URL}/admin/",
        write_key=keys.browser,
        server_write_key=keys.server,
        server_key=keys.secret,
        accounts=accounts,
        mail_folder=str(settings.VAR_DIR / "mail"),
        truth_file=str(truth) if truth.exists() else "",
        shop_url=f"{settings.BASE_URL}/shop/",
        try_these=_try_these(keys),
    )


def _try_these(keys: seeding.DemoKeys) -> list[str]:
    base = settings.BASE_URL
    product = Product.objects.filter(in_stock=True).order_by("pk").values_list("product_id", flat=True).first() or "p1"
    # Without a yes to personalization the next call would show what is popular, as it should.
    said = {"consent": {"categoryPreferences": {"personalization": True, "analytics": True}}}
    view = {"anonymousId": "me", "event": "Product Viewed", "properties": {"product_id": product}, "context": said}
    body = json.dumps(view)
    return [
        f"curl -u {keys.browser}: -H 'content-type: application/json' -d '{body}' {base}/v1/track",
        f"curl -u {keys.browser}: '{base}/v1/recommendations?anonymous_id=me&n=4'",
        f"curl -H 'authorization: Bearer {keys.secret}' '{base}/v1/recommendations?product_id={product}&n=4'",
        f"curl {base}/health/ready",
    ]
