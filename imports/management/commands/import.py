# ruff: noqa: N999  # the command is called import
"""`manage.py import FILE --kind people --map email=E-Mail`: a file of this machine, checked or imported.

Goes the way of an upload. The import runs in this process, beside the worker; `--check` only says what it would do.
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.jobs import services as jobs
from imports import queries, services
from imports.contracts import KINDS, MappingIncomplete, WrongFile
from imports.models import Import

PIECE = 1024 * 1024


class Command(BaseCommand):
    """Imports one file."""

    help = "Import a CSV, NDJSON or XLSX file of people, events, orders or products."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, what it holds, and what is to be read otherwise than guessed."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", required=True, choices=KINDS)
        parser.add_argument("--map", action="append", default=[], metavar="TARGET=COLUMN",
                            help="e.g. email=E-Mail, trait:plan=Tarif, ignore=Notiz; may be repeated")  # fmt: skip
        parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE",
                            help="e.g. zone=Europe/Berlin, day_first=true, country=DE, currency=EUR")  # fmt: skip
        parser.add_argument("--check", action="store_true", help="only say what an import would do")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the file, map it, do it, say how it ended."""
        try:
            job = self._draft(options["file"], options["kind"])
            mapping = {column: target for target, column in map(_pair, options["map"])}
            services.choose(job, mapping, dict(map(_pair, options["set"])))
            (services.start_check if options["check"] else services.start_run)(job)
        except MappingIncomplete as error:
            faults = "\n".join(f"  {name}: {sentence}" if name else f"  {sentence}" for name, sentence in error.faults)
            raise CommandError(f"the columns cannot be imported as they are mapped:\n{faults}") from None
        except (WrongFile, services.FileTooLarge, OSError) as error:
            raise CommandError(str(error)) from None
        for column in queries.columns_of(job):
            self.stdout.write(f"  {column.name} → {column.target}{':' + column.field if column.field else ''}")
        self._work(job)

    def _draft(self, path: Path, kind: str) -> Import:
        return services.draft(services.keep(_pieces(path)), kind=kind, name=path.name)

    def _work(self, job: Import) -> None:
        assert job.job_id is not None
        if not jobs.run_now(job.job_id):
            self.stdout.write(f"import {job.pk} is queued: another import runs, the worker takes it next")
            return
        job.refresh_from_db()
        if job.state == Import.State.FAILED:
            raise CommandError(job.problem)
        if job.state == Import.State.CHECKED:
            report = job.report
            self.stdout.write(f"{report['good']} good, {report['bad']} cannot be taken: {report['reasons'] or 'none'}")
        else:
            told = f"{job.rows} rows: {job.sent} sent, {job.duplicates} known already, {job.rejected} rejected"
            self.stdout.write(f"import {job.pk}: {told}")
        for code, count, reason in queries.reject_reasons(job.pk):
            self.stdout.write(f"  {count} × {code}, e.g. {reason}")


def _pair(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise CommandError(f"{written!r}: write it as NAME=VALUE")
    return name, value


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(PIECE), b"")
