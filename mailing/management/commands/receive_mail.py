"""Take bounces and complaints: one mail on standard input, as a mail server pipes it, or those of a maildir."""

import os
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from cdp.lib.clock import utc_now
from mailing.bounces import MAX_BYTES
from mailing.services.receiving import receive

TRY_LATER = 75  # EX_TEMPFAIL: the mail server keeps the mail and tries again


class Command(BaseCommand):
    """Reads, counts and forgets: no mail is kept."""

    help = (
        "Takes bounces (RFC 3464) and complaints (RFC 5965): one mail on standard input, or all new ones of --maildir. "
        "Exits with 75 when the database is away, so that a mail server tries again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The envelope's recipient, and the folder."""
        parser.add_argument("--to", default="", help="Whom the mail server took the mail for (Postfix: ${recipient}).")
        parser.add_argument("--maildir", default="", help="A maildir: its new mails are taken and moved to cur.")

    def handle(self, *args: Any, to: str = "", maildir: str = "", **options: Any) -> None:
        """Take it, or them."""
        try:
            if maildir:
                self.stdout.write(_words(_of_maildir(Path(maildir))))
            else:
                raw = sys.stdin.buffer.read(MAX_BYTES + 1)
                self.stdout.write(_words(Counter(receive(raw, envelope_to=to, now=utc_now()))))
        except OperationalError as error:
            raise CommandError("The database is away: nothing was taken, try again.", returncode=TRY_LATER) from error


def _of_maildir(folder: Path) -> Counter[str]:
    new, done = folder / "new", folder / "cur"
    if not new.is_dir() or not done.is_dir():
        raise CommandError(f"{folder} is no maildir: it has no folders new and cur.")
    found: Counter[str] = Counter()
    for path in sorted(new.iterdir()):
        if not path.is_file():
            continue
        with path.open("rb") as file:
            found.update(receive(file.read(MAX_BYTES + 1), now=utc_now()))
        os.replace(path, done / f"{path.name.partition(':')[0]}:2,S")
    return found


def _words(found: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(found.items())) or "nothing new"
