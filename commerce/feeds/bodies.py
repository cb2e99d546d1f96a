"""Feeds that fit in one request: JSON and CSV by our own names, with the reason for each row that is not taken. Pure.

A faulty row costs only itself; a faulty header or shape costs the feed (`BadFeed`), since nothing in it can be trusted.
"""

import csv
import io
from typing import Any

from commerce.contracts import ProductRow, RowError
from commerce.feeds.rows import COLUMNS, BadValue, take

MOST_ROWS = 1000
CELLS = COLUMNS[:-1]
ATTRIBUTE, PRICE = "attributes.", "prices."
DELIMITERS = (",", ";", "\t")


class BadFeed(Exception):
    """The feed as a whole cannot be read. `code` is stable; the message says how to mend it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def rows_of_json(document: Any) -> tuple[list[ProductRow], list[RowError]]:
    """Rows of `{"products": [...]}`. Raises BadFeed for another shape or more than 1,000 rows."""
    entries = document.get("products") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BadFeed("feed_shape", 'The body must be a JSON object like {"products": [{"product_id": …, "name": …}]}.')
    if len(entries) > MOST_ROWS:
        raise BadFeed("feed_too_long", f"{len(entries)} products in one request; send at most {MOST_ROWS}.")
    return take(enumerate(entries))


def rows_of_csv(text: str, *, most: int | None = MOST_ROWS) -> tuple[list[ProductRow], list[RowError]]:
    """Rows of a CSV with a header. Raises BadFeed for a header we cannot read or more than `most` rows.

    Columns: those of COLUMNS in any order, product_id at least, `prices.<currency>` and `attributes.<name>`, set apart
    by comma, semicolon or tab. An empty cell tells nothing.
    """
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = _header(next(reader, []))
        entries = [(index, _cells(header, cells)) for index, cells in enumerate(filter(None, reader))]
    except csv.Error as error:
        raise BadFeed("csv_malformed", f"Line {reader.line_num} is not CSV: {error}.") from None
    if most is not None and len(entries) > most:
        raise BadFeed("feed_too_long", f"{len(entries)} products in one request; send at most {most}.")
    return take(entries)


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    if "product_id" not in header:
        found = ", ".join(header[:20]) or "nothing"
        raise BadFeed("csv_header", f"The first line must name the columns, product_id among them; found: {found}.")
    unknown = [name for name in header if name not in CELLS and not name.startswith((ATTRIBUTE, PRICE))]
    if unknown:
        known = ", ".join(CELLS)
        raise BadFeed(
            "csv_header",
            f"Unknown column {unknown[0]!r}. Columns are {known}, prices.<currency> and attributes.<name>.",
        )
    if twice := [name for name in dict.fromkeys(header) if header.count(name) > 1]:
        raise BadFeed("csv_header", f"Column {twice[0]!r} stands there twice.")
    return header


def _cells(header: list[str], cells: list[str]) -> Any:
    """One row as the JSON feed would tell it; a fault when it has another number of cells than the header."""
    if len(cells) != len(header):
        return BadValue("cell_count", f"{len(cells)} cells where the header has {len(header)}.")
    row: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        told = cell.strip()
        if not told:
            continue
        outer, dot, inner = name.partition(".")
        if dot:
            row.setdefault(outer, {})[inner] = told
        else:
            row[name] = told
    return row
