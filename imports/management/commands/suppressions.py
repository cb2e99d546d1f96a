"""`manage.py suppressions import FILE` and `manage.py suppressions export [FILE]`: the list of suppressed addresses.

An import goes the way of an upload. An export holds hashes, never addresses; `-` is standard output.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cdp.access.services import record_audit
from consent.queries.suppressions import every_suppression
from consent.suppression_list import as_csv
from imports.contracts import SUPPRESSIONS

STDOUT = Path("-")


class Command(BaseCommand):
    """Imports or exports the list."""

    help = "Import a file of suppressed addresses (or hashes), or export the list as CSV of hashes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and with which file."""
        parser.add_argument("what", choices=("import", "export"))
        parser.add_argument("file", type=Path, nargs="?", default=STDOUT, help="- is standard output")
        parser.add_argument("--map", action="append", default=[], metavar="TARGET=COLUMN", help="e.g. address=E-Mail")
        parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="e.g. country=DE")
        parser.add_argument("--check", action="store_true", help="only say what an import would do")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        if options["what"] == "export":
            self._export(options["file"])
            return
        if options["file"] == STDOUT:
            raise CommandError("Name the file: manage.py suppressions import FILE.")
        more = {"map": options["map"], "set": options["set"], "check": options["check"]}
        call_command("import", str(options["file"]), kind=SUPPRESSIONS, stdout=self.stdout, **more)

    def _export(self, path: Path) -> None:
        record_audit(None, "exported the suppression list", "suppressions", "manage.py")
        if path == STDOUT:
            for line in as_csv(every_suppression()):
                sys.stdout.write(line.decode())
            return
        with path.open("wb") as file:
            lines = sum(1 for line in as_csv(every_suppression()) if file.write(line))
        self.stdout.write(f"{lines - 1} suppressed addresses written to {path}")
