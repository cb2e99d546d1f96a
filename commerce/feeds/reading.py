"""Reading a feed file, whatever its format: items one after the other, in bounded memory. Pure."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from commerce.feeds import sniffing
from commerce.feeds.csv_items import csv_items
from commerce.feeds.items import Item, UnreadableFeed
from commerce.feeds.json_items import document_items, line_items
from commerce.feeds.merchant import merchant_items
from commerce.feeds.sniffing import CSV, JSON, LINES, LOOK, MERCHANT, format_of

GZIP = b"\x1f\x8b"
DAMAGED = "The file is gzip and cannot be unpacked: it is damaged or cut off."
READERS: dict[str, Callable[[BinaryIO], Iterator[Item]]] = {
    CSV: csv_items,
    JSON: document_items,
    LINES: line_items,
    MERCHANT: merchant_items,
}
NAMES = {CSV: "CSV", JSON: "JSON", LINES: "JSON lines", MERCHANT: "Google Merchant XML"}


def sniff(path: Path, chosen: str = "auto") -> str:
    """The format of a file: as it looks, held to what was chosen. Raises UnreadableFeed."""
    with path.open("rb") as file:
        found = format_of(file.read(LOOK))
    wanted = {"csv": (CSV,), "json": (JSON, LINES), "merchant": (MERCHANT,)}.get(chosen, (found,))
    if found not in wanted:
        named = "JSON" if chosen == "json" else NAMES[chosen]
        raise UnreadableFeed(f"The file looks like {NAMES[found]}, and the feed is set to {named}: mend one of them.")
    return found


def items(path: Path, kind: str, *, after: int = 0) -> Iterator[Item]:
    """The items behind the `after`th. Raises UnreadableFeed where the file cannot be read on."""
    with path.open("rb", buffering=sniffing.LOOK) as file:
        for item in READERS[kind](file):
            if item.place > after:
                yield item


def unpacked(path: Path, most: int) -> Path:
    """The file itself, or what a gzip file holds, in a file beside it. Raises UnreadableFeed beyond `most` bytes."""
    with path.open("rb") as file:
        if file.read(2) != GZIP:
            return path
    beside = path.with_name(f"{path.name}.plain")
    size = 0
    try:
        with gzip.open(path) as packed, beside.open("wb") as plain:
            while piece := packed.read(1024 * 1024):
                size += len(piece)
                if size > most:
                    raise UnreadableFeed(f"Unpacked the file has more than {most:,} bytes.")
                plain.write(piece)
    except (OSError, EOFError, zlib.error):
        raise UnreadableFeed(DAMAGED) from None
    return beside.replace(path)


def unpacked_start(path: Path, most: int) -> Path:
    """The file itself, or the start of what a gzip file holds, which may be cut itself. Raises UnreadableFeed."""
    with path.open("rb") as file:
        if file.read(2) != GZIP:
            return path
        file.seek(0)
        try:
            held = zlib.decompressobj(wbits=31).decompress(file.read(), most)
        except zlib.error:
            raise UnreadableFeed(DAMAGED) from None
    path.write_bytes(held)
    return path
