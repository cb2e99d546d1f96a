"""`manage.py lake status|project|rebuild|verify|compact [TABLE …]`: the lake seen to by hand, here and now."""

from argparse import ArgumentParser
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.lib.clock import utc_now
from lake import services
from lake.contracts import Projection
from lake.queries import TableStatus, status
from lake.registry import UnknownTableError, projection, projections
from lake.store import LostTableError

HEAD = ("table", "state", "rows", "files", "size", "bytes/row", "waiting", "lag", "watermark", "last flush")

WAITS = "waits to be rebuilt by job {0}, which a worker runs. Without one: ./run manage lake rebuild {1}"


class Command(BaseCommand):
    """Looks after the lake: exit code 1 where something is wrong, with what to do about it."""

    help = "The lake: its status, project what waits, rebuild from the database, verify against it, compact."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and to which tables."""
        parser.add_argument("what", choices=("status", "project", "rebuild", "verify", "compact"))
        parser.add_argument("tables", nargs="*", help="default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it table by table."""
        try:
            chosen = [projection(name) for name in options["tables"]] or list(projections())
            getattr(self, options["what"])(chosen)
        except (UnknownTableError, services.BusyTableError, OSError) as error:
            raise CommandError(str(error)) from None
        except LostTableError as error:
            raise CommandError(f"{error}\nRebuild it: ./run manage lake rebuild") from None

    def status(self, chosen: Sequence[Projection]) -> None:
        """A line a table."""
        names = {one.name for one in chosen}
        rows = [_line(one) for one in status() if one.name in names]
        widths = [max(len(row[place]) for row in [HEAD, *rows]) for place in range(len(HEAD))]
        for row in [HEAD, *rows]:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        for one in status():
            if one.problem and one.name in names:
                self.stdout.write(f"{one.name}: {one.problem}")

    def project(self, chosen: Sequence[Projection]) -> None:
        """Flush what waits, whether due or not; a table too large for that waits for a job, which is said."""
        for one in chosen:
            rows = services.project(one, at_once=True)
            job = None if rows or _is_ready(one) else services.waiting_job(one)
            told = f"{rows:,} rows projected" if job is None else WAITS.format(job, one.name)
            self.stdout.write(f"{one.name}: {told}")

    def rebuild(self, chosen: Sequence[Projection]) -> None:
        """Write every table anew, telling how far it is."""
        for one in chosen:
            rows = services.rebuild(one, partial(self._tell, one.name))
            self.stdout.write(f"{one.name}: {rows:,} rows rebuilt")

    def verify(self, chosen: Sequence[Projection]) -> None:
        """Compare with the database; any difference is named and ends with code 1."""
        verdicts = [services.verify(one) for one in chosen]
        for verdict in verdicts:
            self.stdout.write(str(verdict))
        if not all(verdict.is_clean for verdict in verdicts):
            raise CommandError("the lake differs from the database. Rebuild it: ./run manage lake rebuild")

    def compact(self, chosen: Sequence[Projection]) -> None:
        """Join small files."""
        for one in chosen:
            self.stdout.write(f"{one.name}: {services.compact(one, now=utc_now()):,} small files joined")

    def _tell(self, name: str, done: int, total: int) -> None:
        self.stderr.write(f"{name}: {done:,} of about {total:,} rows")


def _is_ready(table: Projection) -> bool:
    return any(one.name == table.name and one.state in ("ready", "empty") for one in status())


def _line(one: TableStatus) -> tuple[str, ...]:
    bytes_a_row = "–" if one.bytes_a_row is None else f"{one.bytes_a_row:,.0f}"
    flushed = f"{one.flushed_at:%Y-%m-%d %H:%M:%S}" if one.flushed_at else "never"
    state = f"{one.state} {one.built_rows:,}/{one.built_of:,}" if one.state == "building" else one.state
    return (
        one.name, state, f"{one.rows:,}", f"{one.files:,}", f"{one.size / 1e6:,.1f} MB", bytes_a_row,
        f"{one.waiting:,}", f"{one.lag_s:,.0f} s", str(one.watermark or "–"), flushed,
    )  # fmt: skip
