"""`manage.py erasures list|verify|apply`: the journal of erasures, against the database as it stands.

After restoring a dump run `apply` before the service starts (`prepare` and `up` do it by themselves).
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.lib.clock import utc_now
from privacy import journal
from privacy.services import restoring


class Command(BaseCommand):
    """List the erasures, say which the database does not know, carry these out again."""

    help = "Erasures noted outside the database: list them, verify them against it, apply those it does not know."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do."""
        parser.add_argument("what", choices=("list", "verify", "apply"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        {"list": self._list, "verify": self._verify, "apply": self._apply}[options["what"]]()

    def _list(self) -> None:
        for one in journal.noted():
            self.stdout.write(f"{one.erased_at:%Y-%m-%d %H:%M:%S} UTC  {len(one.held)} identifiers")

    def _verify(self) -> None:
        pending = restoring.unknown()
        if pending:
            raise CommandError(f"{len(pending)} erasures are not known here. Run: ./run manage erasures apply")
        self.stdout.write(f"all {len(list(journal.noted()))} erasures stand")

    def _apply(self) -> None:
        count = 0
        for done in restoring.apply_journal():
            count += 1
            self.stdout.write(f"erased again as of {done.erased_at:%Y-%m-%d %H:%M:%S} UTC: {done.identifiers} found")
        if finished := restoring.finish_nameless(utc_now()):
            self.stdout.write(f"{finished} erasures that had died were finished")
        self.stdout.write(f"{count} erasures applied" if count else "nothing to do: the database knows every erasure")
