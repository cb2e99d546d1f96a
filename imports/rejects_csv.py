"""Rejected rows as a CSV that can be mended and uploaded again: the file's columns, then where and why. Pure.

No cell begins a formula: an apostrophe stands before what would, and reading takes it away again.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from imports.values import as_text

FORMULA = ("=", "+", "-", "@", "\t", "\r")
OURS = ("reject_row", "reject_code", "reject_reason", "reject_line")


def rejects_csv(names: Sequence[str], rejects: Iterable[tuple[int, str, str, str]]) -> Iterator[bytes]:
    """The lines, in UTF-8 with a byte order mark (for spreadsheet programs). Each reject: row, code, reason, raw."""
    yield "\ufeff".encode() + _line([*names, *OURS])
    for row, code, reason, raw in rejects:
        found = msgspec.json.decode(raw)
        cells = found if isinstance(found, list) else []
        padded = [*cells, *[None] * (len(names) - len(cells))][: len(names)]
        surplus = cells[len(names) :]
        rest = found if isinstance(found, str) else ",".join(map(_plain, surplus)) if surplus else ""
        yield _line([*map(_plain, padded), str(row), code, reason, rest.rstrip("\r\n")])


def safe(cell: str) -> str:
    """The cell, never a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _plain(cell: Any) -> str:
    return "" if cell is None else as_text(cell)


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return out.getvalue().encode("utf-8", "replace")
