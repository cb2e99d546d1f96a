"""`manage.py who KIND VALUE`: the person behind an identifier, as JSON. The look is audited."""

from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.access.services import record_audit
from profiles import queries


class Command(BaseCommand):
    """Prints one profile: identifiers, traits, counters."""

    help = "Print the person behind an identifier, e.g. who email ada@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        """KIND and VALUE."""
        parser.add_argument("kind", help="user_id, email, phone, anonymous_id or an external id's kind")
        parser.add_argument("value", help="as the shop writes it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, write down the look, print."""
        found = queries.find(options["kind"], options["value"])
        if found is None:
            raise CommandError(
                f"no {options['kind']} with this value was ever seen; kinds: {queries.identifier_kinds()}"
            )
        record_audit(None, "viewed", f"profile:{found.profile_id}", reason="manage.py who")
        answer = {
            "state": queries.profile_states([found.profile_id]).get(found.profile_id),
            "identifiers": queries.identifiers_of([found.profile_id])[found.profile_id],
        }
        self.stdout.write(msgspec.json.format(msgspec.json.encode(answer)).decode())
