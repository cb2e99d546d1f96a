"""`manage.py register`: the record of processing activities (GDPR Art. 30) as Markdown, JSON or CSV on stdout."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cdp.lib.clock import utc_now
from privacy.queries.register import register
from privacy.register import to_csv, to_json, to_markdown

FORMS = {"md": to_markdown, "json": to_json, "csv": to_csv}


class Command(BaseCommand):
    help = "Print the record of processing activities (GDPR Art. 30), made from the running service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The form."""
        parser.add_argument("--format", choices=sorted(FORMS), default="md")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(FORMS[options["format"]](register(utc_now())), ending="")
