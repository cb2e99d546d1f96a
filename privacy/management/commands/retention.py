"""`manage.py retention [--dry]`: delete what is past its time now, or count it; followed to its end."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from privacy.models import RetentionRun
from privacy.services import retaining


class Command(BaseCommand):
    help = "Delete what is past its time by the retention rules, or count it with --dry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether anything is deleted."""
        parser.add_argument("--dry", action="store_true", help="count only, delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it here, and print the report."""
        job = jobs.follow(retaining.start(dry=options["dry"]).pk, self.stdout.write, run=True)
        if job is None or job.state != Job.State.DONE:
            raise CommandError("The run did not end well: see the job in the admin.")
        run = RetentionRun.objects.get(pk=job.result["run"])
        for entry in run.report.values():
            if isinstance(entry, dict) and (entry["due"] or entry["deleted"]):
                self.stdout.write(f"{entry['title']}: {entry['due']:,} due, {entry['deleted']:,} deleted")
