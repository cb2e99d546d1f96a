"""`manage.py ledger verify|seal|head`: the consent ledger held to its seals, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.lib.clock import utc_now
from consent.models import Seal
from consent.services import sealing


class Command(BaseCommand):
    """Exit code 1 where the ledger is not as it was sealed."""

    help = "The consent ledger: verify it against its seals, seal what is new, or print the head to keep elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do."""
        parser.add_argument("what", choices=("verify", "seal", "head"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        getattr(self, options["what"])()

    def verify(self) -> None:
        """Every seal recomputed; a sentence a problem."""
        found = sealing.verify()
        for note in found.notes:
            self.stdout.write(f"note: {note}")
        self.stdout.write(f"{found.seals:,} seals over {found.entries:,} entries; {found.unsealed:,} not sealed yet")
        if found.problems:
            raise CommandError("\n".join(found.problems))
        self.stdout.write(f"The ledger is as it was sealed. Head: {found.head.hex()}")

    def seal(self) -> None:
        """Seal what is settled."""
        self.stdout.write(f"{sealing.seal_all(now=utc_now()):,} entries sealed")

    def head(self) -> None:
        """The last seal, to be kept where nobody of the database's people can write."""
        last = Seal.objects.order_by("-number").first()
        if last is None:
            raise CommandError("Nothing is sealed yet: run `manage.py ledger seal` once there are entries.")
        self.stdout.write(f"{last.number} {bytes(last.digest).hex()} {last.sealed_at.isoformat()}")
