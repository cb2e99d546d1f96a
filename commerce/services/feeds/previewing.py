"""A look at a feed before it is saved: its columns, what each becomes, and the first rows as they would be stored."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from commerce.contracts import ProductRow
from commerce.feeds import reading
from commerce.feeds.items import Item, UnreadableFeed
from commerce.feeds.mapping import Mapper, Options, Rejected, targets
from commerce.models import CatalogFeed
from commerce.services.feeds import files

ROWS = 10
LOOKED_AT = 200
BYTES = 1024 * 1024
TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """One column: what it becomes (`is_chosen`: by staff, else guessed), and its first values as text."""

    name: str
    target: str
    is_chosen: bool
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a look told. `problem`: why there is nothing to see. `good` of `looked_at` rows can be taken."""

    format: str = ""
    columns: tuple[ColumnShown, ...] = ()
    rows: tuple[tuple[int, ProductRow], ...] = ()
    rejected: tuple[Rejected, ...] = ()
    looked_at: int = 0
    good: int = 0
    is_part: bool = False
    problem: str = ""


def preview_of_feed(feed: CatalogFeed, now: datetime) -> Preview:
    """The first rows at the feed's address, as the feed (saved or not) would read them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        try:
            found = files.fetch(feed, path, keep_first=BYTES, timeout_s=TIMEOUT_S)
        except UnreadableFeed as problem:
            return Preview(problem=str(problem))
        return _preview(path, feed, now, is_part=found.is_cut)


def preview_of_file(pieces: Iterable[bytes], feed: CatalogFeed, now: datetime) -> Preview:
    """The first rows of a file at hand."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        size = 0
        with path.open("wb") as file:
            for piece in pieces:
                size += file.write(piece[: BYTES - size])
                if size >= BYTES:
                    break
        return _preview(path, feed, now, is_part=size >= BYTES)


def _preview(path: Path, feed: CatalogFeed, now: datetime, *, is_part: bool) -> Preview:
    found: list[Item] = []
    try:
        path = reading.unpacked_start(path, BYTES)
        kind = reading.sniff(path, feed.format)
        found.extend(islice(reading.items(path, kind), LOOKED_AT))
    except UnreadableFeed as problem:
        if not found and not is_part:
            return Preview(problem=str(problem))
    if not found:
        return Preview(problem="The start of the file holds no product that can be read.")
    mapper = Mapper(Options(mapping=feed.mapping, currency=feed.currency, now=now))
    made = [(item.line, mapper.row_or_reason(item)) for item in found]
    rows = tuple((line, row) for line, row in made if isinstance(row, ProductRow))
    bad = tuple(row for _, row in made if isinstance(row, Rejected))
    return Preview(
        format=reading.NAMES[kind],
        columns=_columns(found, feed.mapping),
        rows=rows[:ROWS],
        rejected=bad[:ROWS],
        looked_at=len(made),
        good=len(rows),
        is_part=is_part,
    )


def _columns(found: Iterable[Item], chosen: Mapping[str, str]) -> tuple[ColumnShown, ...]:
    examples: dict[str, dict[str, None]] = {}
    for item in found:
        for name, value in (item.fields or {}).items():
            held = examples.setdefault(name, {})
            if len(held) < 3 and (shown := _shown(value)):
                held[shown] = None
    told = targets(examples, chosen)
    return tuple(ColumnShown(name, told[name], name in chosen, tuple(examples[name])) for name in examples)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)[:120]
    return "" if value is None else str(value)[:120]
