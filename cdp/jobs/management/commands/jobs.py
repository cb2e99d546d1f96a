"""`manage.py jobs`: the latest jobs; with an id, one job followed until it ends; `--start KIND`, `--cancel ID`."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.jobs import queries, services
from cdp.jobs.contracts import UnknownJobKind


class Command(BaseCommand):
    """Shows, starts, follows and cancels jobs."""

    help = "Show the latest jobs, or follow one by its id; start or cancel one."

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("job_id", nargs="?", type=UUID, help="follow this job until it ends")
        parser.add_argument("--cancel", action="store_true", help="ask the job to stop")
        parser.add_argument("--start", metavar="KIND", help="enqueue a job of this kind and follow it")
        parser.add_argument("--params", default="{}", help="JSON parameters for --start")
        parser.add_argument("--no-follow", action="store_true", help="print once instead of following")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the command line says."""
        job_id = self._start(options["start"], options["params"]) if options["start"] else options["job_id"]
        if job_id is None:
            self._list()
            return
        if options["cancel"] and not services.cancel([job_id]):
            raise CommandError(f"job {job_id} is not queued or running: nothing to cancel")
        self._follow(job_id, once=options["no_follow"] or options["cancel"])

    def _start(self, kind: str, params: str) -> UUID:
        try:
            return services.enqueue(kind, json.loads(params)).pk
        except UnknownJobKind as error:
            raise CommandError(str(error)) from None
        except json.JSONDecodeError as error:
            raise CommandError(f"--params is not JSON: {error}") from None

    def _list(self) -> None:
        jobs = queries.latest()
        self.stdout.write("\n".join(queries.describe(job) for job in jobs) if jobs else "no jobs yet")

    def _follow(self, job_id: UUID, *, once: bool) -> None:
        job = queries.find(job_id) if once else services.follow(job_id, self.stdout.write)
        if job is None:
            raise CommandError(f"there is no job {job_id}")
        if once:
            self.stdout.write(queries.describe(job))
