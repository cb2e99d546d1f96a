"""`./run bench catalog`: feeds of 100,000 products as CSV, JSON and Google Merchant XML through the product's own job.

Products a second from the file to the database: all new, the very same again under another name of file, 5 % changed;
and how much memory a process grew at most while it read.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

from bench.ground import fresh_database, surroundings
from bench.report import report

FORMATS = ("csv", "json", "xml")
COLORS = ("red", "green", "blue", "black", "white")
Product = dict[str, str]


def products(count: int, *, changed: bool) -> Iterator[Product]:
    """As a shop's export has them; with `changed` every twentieth has another price."""
    for n in range(count):
        price = 5 + n % 300 + (1 if changed and n % 20 == 0 else 0)
        yield {
            "id": f"sku-{n:07}",
            "title": f"Mug number {n} with saucer & spoon",
            "description": "A mug to drink from, dishwasher safe, made of stoneware. " * 3,
            "link": f"https://shop.example/p/{n}",
            "image_link": f"https://shop.example/i/{n}.jpg",
            "price": f"{price}.90 EUR",
            "availability": "in stock" if n % 9 else "out of stock",
            "brand": f"Brand {n % 90}",
            "product_type": f"Home > Room {n % 12} > Shelf {n % 200}",
            "item_group_id": f"group-{n // 3}",
            "color": COLORS[n % 5],
            "gtin": f"{4_000_000_000_000 + n}",
        }


def as_csv(found: Iterator[Product]) -> Iterator[bytes]:
    """A header, then a row each."""
    for n, one in enumerate(found):
        if not n:
            yield (";".join(one) + "\n").encode()
        yield (";".join(one.values()) + "\n").encode()


def as_json(found: Iterator[Product]) -> Iterator[bytes]:
    """One list."""
    for n, one in enumerate(found):
        yield (("," if n else "[") + json.dumps(one)).encode()
    yield b"]"


def as_xml(found: Iterator[Product]) -> Iterator[bytes]:
    """RSS with Google's namespace."""
    yield b'<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
    for one in found:
        yield ("<item>" + "".join(f"<g:{k}>{escape(v)}</g:{k}>" for k, v in one.items()) + "</item>\n").encode()
    yield b"</channel></rss>"


WRITERS: dict[str, Callable[[Iterator[Product]], Iterator[bytes]]] = {"csv": as_csv, "json": as_json, "xml": as_xml}


def main() -> None:
    """Each format in a fresh catalog."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    options = parser.parse_args()
    with fresh_database() as _, TemporaryDirectory() as folder:
        note = f"{options.products:,} products of 12 fields; {surroundings()}"
        import django

        django.setup()
        from django.db import connection
        from django.test.utils import override_settings

        with override_settings(OUTBOX_WAKES=False, VAR_DIR=folder):
            before = peak_mb()
            for name in options.formats:
                empty()
                for what, changed in (("new", False), ("same", False), ("5_percent_changed", True)):
                    seconds = read(name, options.products, changed=changed)
                    report(
                        "catalog", f"{name}_{what}_per_s", options.products / seconds, "products/s", note=note, digits=0
                    )
            report("catalog", "memory_grown_mb", peak_mb() - before, "MB", note=note)
        connection.close()


def read(name: str, count: int, *, changed: bool) -> float:
    """Seconds from the kept file to the end of its run."""
    from cdp.jobs import services as jobs
    from cdp.lib.clock import utc_now
    from commerce.models import CatalogFeed, FeedRun
    from commerce.services.feeds import start_upload

    feed, _ = CatalogFeed.objects.get_or_create(name=name, missing="out_of_stock")
    run = start_upload(feed, WRITERS[name](products(count, changed=changed)), utc_now())
    began = time.perf_counter()
    while jobs.run_slice():
        continue
    seconds = time.perf_counter() - began
    run.refresh_from_db()
    assert (run.state, run.rejected, run.place) == (FeedRun.State.DONE, 0, count), (run.state, run.error, run.samples)
    return seconds


def empty() -> None:
    """A catalog without products."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE commerce_product, commerce_productchange, commerce_catalogchange CASCADE")


def peak_mb() -> float:
    """The most this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
