"""`manage.py prove_sends --last 1000`: sent mails proven from the ledger, by a reading of its own."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mailing.proving import PROVEN, UNPROVEN
from mailing.queries.proofs import Proven, proof_of, sent_messages


class Command(BaseCommand):
    """Exit code 1 where a mail was sent that nothing allowed."""

    help = "Prove from the consent ledger that mails were allowed when they were handed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which mails."""
        parser.add_argument("--last", type=int, default=1000, help="so many mails, the latest")
        parser.add_argument("--random", type=int, metavar="SEED", help="instead so many of all, chosen by this seed")
        parser.add_argument("--show", action="store_true", help="a line for each, with the wording and notice shown")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove them, one after the other."""
        found = [proof_of(message) for message in sent_messages(options["last"], seed=options["random"])]
        for one in found:
            if options["show"] or one.proof.state != PROVEN:
                self.stdout.write(_line(one))
        counts = Counter(one.proof.state for one in found)
        by_entry = sum(one.proof.by is not None for one in found)
        self.stdout.write(
            f"{len(found):,} sends: {counts[PROVEN]:,} proven ({by_entry:,} by an entry, "
            f"{counts[PROVEN] - by_entry:,} by default), {counts['window']:,} with a refusal that arrived within the "
            f"second of the hand-over, {counts[UNPROVEN]:,} unproven"
        )
        if counts[UNPROVEN]:
            raise CommandError(f"{counts[UNPROVEN]:,} mails were sent that nothing known then allowed: see above.")


def _line(one: Proven) -> str:
    at, proof = one.message.sending_at, one.proof
    entry = f", entry {proof.by}, wording {one.words}, notice {one.notice or 'not recorded'}" if proof.by else ""
    return f"message {one.message.pk} of {at:%Y-%m-%d %H:%M:%S.%f}: {proof.state}: {proof.why}{entry}"
