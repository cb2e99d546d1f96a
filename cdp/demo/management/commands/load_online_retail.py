"""`manage.py load_online_retail PATH…`: the UCI Online Retail files as orders and refunds at their historic times.

Goes through the inbox's bulk lane like every import; loading again, or file by file, changes nothing. `--wait` works
the queues in this process until everything is processed, beside the worker if one runs.
"""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.lib.clock import utc_now
from cdp.outbox.models import Delivery
from cdp.outbox.services import run_consumer
from commerce.contracts import ProductRow
from commerce.services import upsert_products
from connectors import online_retail
from events.contracts import SourceFacts
from events.models import Inbox, Source
from events.queries import inbox_lag, source_by_id
from events.services import record

SOURCE_NAME = "Online Retail"
CHUNK = 1000
CONSUMERS = ("events.process", "commerce.refold", "commerce.rejoin", "segments.mark", "segments.evaluate")
REPORT_EVERY_S = 2.0


class Command(BaseCommand):
    """Loads the files given."""

    help = "Load UCI Online Retail files (parquet, csv, xlsx) as orders and refunds at their historic times."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files, and whether to wait."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder of such files")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="return once all is processed: this process works too, beside the worker if one runs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, send, and with --wait process."""
        started = time.monotonic()
        try:
            rows = online_retail.read_files(_files(options["paths"]))
        except online_retail.UnreadableFile as error:
            raise CommandError(str(error)) from None
        invoices = int(rows["order_id"].nunique())
        self.stdout.write(f"read {len(rows)} rows of {invoices} invoices in {time.monotonic() - started:.1f} s")
        _take_off_the_shelf(set(rows["product_id"].unique()))
        sent = self._send(online_retail.to_items(rows), _source(), invoices)
        self.stdout.write(f"accepted {sent} events in {time.monotonic() - started:.1f} s")
        if options["wait"]:
            self._work()
            self.stdout.write(f"processed after {time.monotonic() - started:.1f} s")
        else:
            self.stdout.write("the worker processes them now; /health/ready says how far behind it is")

    def _send(self, items: Iterator[online_retail.Item], source: SourceFacts, invoices: int) -> int:
        progress = _Progress(self, "invoices accepted", invoices)
        sent = done = 0
        while chunk := list(islice(items, CHUNK)):
            for accepted in record(source, chunk, lane=Inbox.Lane.BULK):
                if accepted.rejected:
                    raise CommandError(f"event {accepted.rejected[0].index} refused: {accepted.rejected[0].reason}")
            sent += len(chunk)
            done += sum(item["type"] == "track" for item in chunk)
            progress.report(done)
        return sent

    def _work(self) -> None:
        total = _waiting()
        progress = _Progress(self, "requests and deliveries processed", total)
        while sum(run_consumer(name, seconds=2.0) for name in CONSUMERS) or _waiting():
            progress.report(max(0, total - _waiting()))


class _Progress:
    """A line on stdout every two seconds: done of total, rate, time left."""

    def __init__(self, command: BaseCommand, what: str, total: int) -> None:
        self.command, self.what, self.total = command, what, total
        self.started = self.reported = time.monotonic()

    def report(self, done: int) -> None:
        now = time.monotonic()
        if now - self.reported < REPORT_EVERY_S:
            return
        self.reported = now
        rate = done / (now - self.started)
        left = f"{(self.total - done) / rate:.0f} s left" if rate else "time left unknown"
        self.command.stdout.write(f"{done}/{self.total} {self.what}, {rate:.0f}/s, {left}")
        self.command.stdout.flush()


def _files(paths: list[Path]) -> list[Path]:
    """The files, folders replaced by the parquet, csv and xlsx files in them."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.suffix.lower() in online_retail.SUFFIXES)
        else:
            found.append(path)
    return found


def _take_off_the_shelf(product_ids: set[str]) -> None:
    """Tell the catalog, as a shop's feed would, which of these are postage, fees and the like."""
    known = online_retail.NOT_FOR_SALE.items()
    found = [ProductRow(product_id=code, name=name, active=False) for code, name in known if code in product_ids]
    upsert_products(found, utc_now())


def _source() -> SourceFacts:
    """The import source these events come from; made on first use."""
    source, _ = Source.objects.get_or_create(name=SOURCE_NAME, kind=Source.Kind.IMPORT)
    facts = source_by_id(source.pk)
    if facts is None:
        raise CommandError(f"the source {SOURCE_NAME!r} was deleted while loading: start again")
    return facts


def _waiting() -> int:
    """Requests and deliveries of our consumers that are not worked yet; parked ones need a person, not time."""
    open_ones = Delivery.objects.filter(consumer__in=CONSUMERS, done_at__isnull=True, parked_at__isnull=True)
    return inbox_lag().waiting + open_ones.count()
