"""Rows of CSV. A quote that is never closed costs its own line: reading begins again at the next one.

Cells of our own list of rejected rows lose the apostrophe that kept them from being formulas.
"""

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from imports.contracts import Fault, Options, Position, Row, WrongFile
from imports.reading.lines import BadLine, Lines

MOST_COLUMNS = 1000
MOST_LINES_A_ROW = 1000
MOST_RECOVERIES = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Record:
    """The lines of the record being read, with the offset after each."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.taken: list[tuple[str, int]] = []

    def __iter__(self) -> "_Record":
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.taken.append((line, self.lines.offset))
        if len(self.taken) > MOST_LINES_A_ROW:
            raise csv.Error("a quote is not closed")
        return line


def csv_rows(path: Path, options: Options, width: int, after: Position) -> Iterator[Row]:
    """Rows numbered as a table shows them: the header is row 1. Rows without any cell are left out."""
    with closing(Lines(path, options.encoding, options.newline, after.offset)) as lines:
        number = 0 if not (lines.is_seekable and after.offset) else after.row
        for row in _records(lines, options.delimiter):
            number += 1
            if number <= after.row or (number == 1 and options.header):
                continue
            row.number = number
            if row.fault is None and len(row.cells) != width:
                _fit(row, width)
            if row.fault is not None or any(row.cells):
                yield row


def header_of(path: Path, options: Options) -> list[str]:
    """The cells of the first row. Raises WrongFile where it cannot be read."""
    with closing(Lines(path, options.encoding, options.newline)) as lines:
        first = next(_records(lines, options.delimiter), None)
    if first is None:
        raise WrongFile("file_empty", "The file is empty.")
    if first.fault is not None:
        raise WrongFile("file_header", f"The first row cannot be read: {first.fault.reason}")
    if len(first.cells) > MOST_COLUMNS:
        raise WrongFile("file_columns", f"The file has {len(first.cells):,} columns; {MOST_COLUMNS} are the most.")
    return first.cells


def _records(lines: Lines, delimiter: str) -> Iterator[Row]:
    record = _Record(lines)
    reader = csv.reader(record, delimiter=delimiter, strict=True)
    recoveries = 0
    while True:
        record.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except BadLine as bad:
            yield Row(0, [], lines.offset, Fault(bad.code, bad.reason), bad.raw[:2000])
            reader = csv.reader(record, delimiter=delimiter, strict=True)
            continue
        except csv.Error as error:
            recoveries += 1
            yield _give_back(lines, record.taken, str(error), may_recover=recoveries < MOST_RECOVERIES)
            reader = csv.reader(record, delimiter=delimiter, strict=True)
            continue
        if any("'" in cell[:1] for cell in cells):
            cells = [cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell for cell in cells]
        yield Row(0, cells, lines.offset)


def _give_back(lines: Lines, taken: list[tuple[str, int]], error: str, *, may_recover: bool) -> Row:
    """The first line is the fault's; what was read after it is read again."""
    first, end = taken[0] if taken else ("", lines.offset)
    if may_recover and len(taken) > 1:
        lines.pushed.extendleft(reversed(taken[1:]))
        lines.offset = end
    else:
        end = lines.offset
    if "field larger" in error:
        fault = Fault("cell_too_large", "A cell is larger than 128 KB.")
    else:
        fault = Fault("quote", 'A quote is not closed, or stands inside a cell: write it twice ("").')
    return Row(0, [], end, fault, first[:2000])


def _fit(row: Row, width: int) -> None:
    """A row of another length than the header: surplus empty cells are dropped, all else is a fault."""
    if len(row.cells) > width and not any(row.cells[width:]):
        del row.cells[width:]
    elif row.cells and (len(row.cells) > width or any(row.cells)):
        row.fault = Fault("cell_count", f"{len(row.cells):,} cells where the header has {width}.")
        row.cells = row.cells[:MOST_COLUMNS]
