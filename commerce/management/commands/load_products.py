"""`manage.py load_products FILE.csv`: a product feed from a file, of any length."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.lib.clock import utc_now
from commerce import feeds
from commerce.services import upsert_products

SHOWN = 20


class Command(BaseCommand):
    """Loads a product feed from a CSV file."""

    help = "Create or update products from a CSV file with a header (product_id, name, category, brand, price, …)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it; faulty rows are named, the others are taken."""
        try:
            rows, errors = feeds.rows_of_csv(options["file"].read_text(encoding="utf-8"), most=None)
        except OSError as error:
            raise CommandError(f"cannot read {options['file']}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{options['file']} is not UTF-8: save it as UTF-8 and try again") from None
        except feeds.BadFeed as error:
            raise CommandError(f"{options['file']}: {error.detail}") from None
        count = upsert_products(rows, utc_now())
        for fault in errors[:SHOWN]:
            self.stderr.write(f"row {fault.index + 1} ({fault.product_id or 'no product_id'}): {fault.detail}")
        if len(errors) > SHOWN:
            self.stderr.write(f"… and {len(errors) - SHOWN} more")
        self.stdout.write(
            f"{count.created} created, {count.updated} updated, {count.unchanged} unchanged, {len(errors)} rejected"
        )
