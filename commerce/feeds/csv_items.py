"""Items of a CSV with a header: comma, semicolon, tab or |, in UTF-8, UTF-16 or Windows-1252. Pure; streams.

A quote that is never closed costs its own line: reading begins again at the next one.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from cdp.lib.delimiters import likeliest_delimiter
from cdp.lib.values import text
from commerce.feeds.items import Item, UnreadableFeed
from commerce.feeds.sniffing import LOOK, encoding_of

DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 500
LONGEST_LINE = 1024 * 1024
MOST_LINES = 1000
MOST_RECOVERIES = 10_000


class _Lines:
    """Lines with their numbers; what was read of a broken record can be given back."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.number, self._stream = 0, stream
        self._pushed: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._pushed.popleft() if self._pushed else self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        if len(self.taken) > MOST_LINES:
            raise csv.Error("a quote is not closed")
        return line

    def give_back(self) -> None:
        """All lines of the record but its first."""
        self._pushed.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1


def csv_items(file: BinaryIO) -> Iterator[Item]:
    """One item a row; empty cells and empty rows are left out. Raises UnreadableFeed for a header that is none."""
    head = file.read(LOOK)
    file.seek(0)
    encoding = encoding_of(file)
    file.seek(0)
    with io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="") as stream:
        lines = _Lines(stream)
        shown = head.decode(encoding, "ignore").splitlines(keepends=True)[:40]
        delimiter = likeliest_delimiter(shown, DELIMITERS)
        records = _records(lines, delimiter)
        _, header, fault = next(records, (1, [], ""))
        names = _names(header, fault)
        for place, (line, cells, why) in enumerate(records, start=1):
            yield _item(place, line, names, cells, why)


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """(first line, cells, fault) of each record that holds anything."""
    reader, recoveries = csv.reader(lines, delimiter=delimiter, strict=True), 0
    while True:
        lines.taken.clear()
        begin = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            recoveries += 1
            if recoveries > MOST_RECOVERIES:
                raise UnreadableFeed(f"From line {begin} on this is not CSV: {error}.") from None
            lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield begin, [], 'A quote is not closed, or stands inside a cell: write it twice ("").'
            continue
        if any(cells):
            yield begin, cells, ""


def _item(place: int, line: int, names: list[str], cells: list[str], fault: str) -> Item:
    if fault:
        return Item(place, line, None, fault)
    if len(cells) > len(names) and any(cells[len(names) :]):
        return Item(place, line, None, f"{len(cells)} cells where the header has {len(names)}.")
    told: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=False):
        if name and (value := text(cell.strip())):
            told[name] = value
    return Item(place, line, told)


def _names(header: list[str], fault: str) -> list[str]:
    names = [text(cell.strip()) for cell in header]
    if fault or not any(names):
        raise UnreadableFeed(f"The first line must name the columns. {fault}".strip())
    if len(names) > MOST_COLUMNS:
        raise UnreadableFeed(f"The first line names {len(names)} columns; {MOST_COLUMNS} are the most.")
    if twice := [name for name in dict.fromkeys(names) if name and names.count(name) > 1]:
        raise UnreadableFeed(f"Column {twice[0]!r} stands there twice: leave one out, or name it otherwise.")
    return names
