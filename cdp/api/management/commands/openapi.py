"""`manage.py openapi`: write docs/openapi.json anew; with `--check`, fail when it is stale."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.api import openapi


class Command(BaseCommand):
    """Keeps the committed document equal to the code."""

    help = "Write docs/openapi.json, or check that it is fresh."

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        path: Path = settings.BASE_DIR / "docs" / "openapi.json"
        text = openapi.as_text(openapi.document())
        if options["check"]:
            if not path.exists() or path.read_text() != text:
                raise CommandError("docs/openapi.json is stale: run `manage.py openapi` and commit it")
            return
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.stdout.write(f"wrote {path.relative_to(settings.BASE_DIR)}")
