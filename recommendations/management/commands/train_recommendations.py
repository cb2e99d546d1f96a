"""`manage.py train_recommendations`: queues a training; with `--wait` follows it and prints how good it is."""

import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.jobs import queries as jobs
from cdp.jobs.models import Job
from cdp.lib.clock import from_us
from recommendations import services
from recommendations.training.metrics import marks_of

OPEN = (Job.State.QUEUED, Job.State.RUNNING)


class Command(BaseCommand):
    """Trains the recommendation model in the worker."""

    help = "Train the recommendation model from orders and events; the worker does it, --wait follows it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("--wait", action="store_true", help="follow the job until it ends; exit 1 if it failed")
        parser.add_argument("--timeout", type=float, default=1800.0, help="seconds to wait at most")

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue, and follow when asked."""
        job = services.train_later()
        self.stdout.write(jobs.describe(job))
        if options["wait"]:
            self._follow(job.pk, jobs.describe(job), time.monotonic() + options["timeout"])

    def _follow(self, job_id: UUID, shown: str, until: float) -> None:
        while (job := jobs.find(job_id)) is not None and job.state in OPEN:
            if (line := jobs.describe(job)) != shown:
                shown = line
                self.stdout.write(line)
            if time.monotonic() > until:
                raise CommandError(
                    f"job {job_id} is still {job.state}: is a worker running? Follow it: manage.py jobs {job_id}"
                )
            time.sleep(0.5)
        if job is None or job.state != Job.State.DONE:
            raise CommandError(f"training did not end well: {jobs.describe(job) if job else 'the job is gone'}")
        self.stdout.write(f"{job.result['verdict']} ({'live' if job.result['is_live'] else 'not live'})")
        if quality := _quality(job.result["metrics"]):
            self.stdout.write(quality)


def _quality(metrics: dict[str, Any]) -> str:
    """The figure the page of models shows first, and on what; empty where nothing was measured."""
    ours, popularity = (marks_of(metrics, "person", "new", name) for name in ("model", "popularity"))
    if not ours or not popularity:
        return ""
    whose = f"{ours['cases']:,.0f} people since {from_us(metrics['cut_at_us']):%Y-%m-%d}"
    return f"NDCG@20 on products new to {whose}: {ours['ndcg']:.4f}, popularity {popularity['ndcg']:.4f}"
