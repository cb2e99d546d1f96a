"""`manage.py replay`: raw requests of a source and a range of time put through processing again, or rebuilt from."""

from argparse import RawDescriptionHelpFormatter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from events.models import Source
from events.queries.requests import Range, parse_instant, preview

HELP = """Put raw requests through processing again.

Without --rebuild it is safe at any time: what is stored counts as a duplicate, what is missing is stored.
With --rebuild what these requests had stored is taken out and stored anew, slice by slice, and the states of everybody
concerned are folded from the log again. Identifiers and links stay. Nothing is counted twice in either way."""


class Command(BaseCommand):
    """Shows how much the range holds, then runs it as a job that the admin shows too."""

    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keeps the help's lines."""
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("--source", help="name, number or write key of a source; default: all")
        parser.add_argument("--from", dest="since", metavar="TIME", help="received from, e.g. 2026-11-22T08:00Z")
        parser.add_argument("--to", dest="until", metavar="TIME", help="received before, with a zone too")
        parser.add_argument("--rebuild", action="store_true", help="take out what they had stored and store it anew")
        parser.add_argument("--dry-run", action="store_true", help="only say how much the range holds")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the command line says. Ctrl-C asks the job to stop; what is done stays."""
        asked = Range(_source(options["source"]), _instant(options["since"]), _instant(options["until"]))
        if asked.since is not None and asked.until is not None and asked.until <= asked.since:
            raise CommandError("--to must be later than --from.")
        size = preview(asked)
        self.stdout.write(f"{size.requests:,} requests with {size.events:,} events, {size.waiting:,} of them waiting")
        if options["dry_run"] or not size.requests:
            return
        job = jobs.enqueue("events.replay", {**asked.params(), "rebuild": options["rebuild"]})
        try:
            done = jobs.follow(job.pk, self.stdout.write, run=True)
        except KeyboardInterrupt:
            jobs.cancel([job.pk])
            raise CommandError(f"stopped; what was done stays. Job {job.pk}") from None
        if done is None:
            raise CommandError(f"job {job.pk} is gone")
        if done.state != Job.State.DONE:
            raise CommandError(f"the replay {done.state}: {done.error or 'see the job in the admin'}")
        result = done.result
        self.stdout.write(
            f"{result['requests']:,} requests, {result['items']:,} events gone through, {result['stored']:,} stored, "
            f"{result['taken_out']:,} taken out before, {result['put_back']:,} requests put back to be worked alone"
        )


def _source(given: str | None) -> int | None:
    if given is None:
        return None
    rows = Source.objects.filter(write_key=given) or Source.objects.filter(name=given)
    if not rows and given.isdigit():
        rows = Source.objects.filter(pk=int(given))
    if len(rows) != 1:
        names = ", ".join(repr(name) for name in sorted(Source.objects.values_list("name", flat=True)))
        problem = "there is none" if not rows else f"{len(rows)} have that name: give the number or the write key"
        raise CommandError(f"--source {given!r}: {problem}. Sources: {names or 'none yet'}")
    return int(rows[0].pk)


def _instant(given: str | None) -> datetime | None:
    try:
        return None if given is None else parse_instant(given)
    except ValueError as error:
        raise CommandError(str(error)) from None
