"""Product feeds: JSON rows and CSV text into product rows, with the reason for each row that cannot be taken. Pure.

A faulty row costs only itself; a faulty header or shape costs the feed (`BadFeed`), since nothing in it can be trusted.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from commerce import amounts
from commerce.contracts import ProductRow, RowError

MOST_ROWS = 1000
COLUMNS = (
    "product_id",
    "name",
    "category",
    "brand",
    "price",
    "currency",
    "url",
    "image_url",
    "in_stock",
    "active",
    "attributes",
)
TEXTS = ("name", "category", "brand", "url", "image_url")
ATTRIBUTE = "attributes."
YES, NO = frozenset({"1", "true", "yes", "y", "t"}), frozenset({"0", "false", "no", "n", "f"})
LARGEST_ATTRIBUTES = 16_384


class BadFeed(Exception):
    """The feed as a whole cannot be read. `code` is stable; the message says how to mend it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _BadValue(Exception):
    """One value of one row. (reason code, sentence)"""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def rows_of_json(document: Any) -> tuple[list[ProductRow], list[RowError]]:
    """Rows of `{"products": [...]}`. Raises BadFeed for another shape or more than 1,000 rows."""
    entries = document.get("products") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BadFeed("feed_shape", 'The body must be a JSON object like {"products": [{"product_id": …, "name": …}]}.')
    if len(entries) > MOST_ROWS:
        raise BadFeed("feed_too_long", f"{len(entries)} products in one request; send at most {MOST_ROWS}.")
    return _take(enumerate(entries))


def rows_of_csv(text: str, *, most: int | None = MOST_ROWS) -> tuple[list[ProductRow], list[RowError]]:
    """Rows of a CSV with a header. Raises BadFeed for a header we cannot read or more than `most` rows.

    Columns: those of COLUMNS in any order, product_id at least, and `attributes.<name>`. An empty cell tells nothing.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = _header(next(reader, []))
        entries = [(index, _cells(header, cells)) for index, cells in enumerate(filter(None, reader))]
    except csv.Error as error:
        raise BadFeed("csv_malformed", f"Line {reader.line_num} is not CSV: {error}.") from None
    if most is not None and len(entries) > most:
        raise BadFeed("feed_too_long", f"{len(entries)} products in one request; send at most {most}.")
    return _take(entries)


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    if "product_id" not in header:
        found = ", ".join(header[:20]) or "nothing"
        raise BadFeed("csv_header", f"The first line must name the columns, product_id among them; found: {found}.")
    unknown = [name for name in header if name not in COLUMNS[:-1] and not name.startswith(ATTRIBUTE)]
    if unknown:
        known = ", ".join(COLUMNS[:-1])
        raise BadFeed("csv_header", f"Unknown column {unknown[0]!r}. Columns are {known}, and attributes.<name>.")
    if twice := [name for name in dict.fromkeys(header) if header.count(name) > 1]:
        raise BadFeed("csv_header", f"Column {twice[0]!r} stands there twice.")
    return header


def _cells(header: list[str], cells: list[str]) -> Any:
    """One row as the JSON feed would tell it; None when it has another number of cells than the header."""
    if len(cells) != len(header):
        return _BadValue("cell_count", f"{len(cells)} cells where the header has {len(header)}.")
    told = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    row: dict[str, Any] = {name: cell for name, cell in told.items() if not name.startswith(ATTRIBUTE)}
    attributes = {name[len(ATTRIBUTE) :]: cell for name, cell in told.items() if name.startswith(ATTRIBUTE)}
    return {**row, "attributes": attributes} if attributes else row


def _take(entries: Iterable[tuple[int, Any]]) -> tuple[list[ProductRow], list[RowError]]:
    """The last of several good rows of one product counts."""
    rows: dict[str, ProductRow] = {}
    errors: list[RowError] = []
    for index, entry in entries:
        try:
            row = _row(entry)
            rows[row.product_id] = row
        except _BadValue as error:
            product_id = amounts.text(entry.get("product_id")) if isinstance(entry, dict) else ""
            errors.append(RowError(index, error.reason, error.detail, product_id[: amounts.LONGEST_ID]))
    return list(rows.values()), errors


def _row(entry: Any) -> ProductRow:
    if isinstance(entry, _BadValue):
        raise entry
    if not isinstance(entry, dict):
        raise _BadValue("row_shape", "A product must be a JSON object.")
    if unknown := [name for name in entry if name not in COLUMNS]:
        detail = f"Unknown field {str(unknown[0])[:100]!r}: put it under attributes. Fields are {', '.join(COLUMNS)}."
        raise _BadValue("field_unknown", detail)
    product_id = amounts.usable_id(entry.get("product_id"))
    if product_id is None:
        raise _BadValue("product_id", f"product_id must be text of 1 to {amounts.LONGEST_ID} characters.")
    return ProductRow(
        product_id=product_id,
        **{name: _read(entry, name, _text) for name in TEXTS},
        price=_read(entry, "price", _price),
        currency=_read(entry, "currency", _currency),
        in_stock=_read(entry, "in_stock", _flag),
        active=_read(entry, "active", _flag),
        attributes=_read(entry, "attributes", _attributes),
    )


def _read(entry: Mapping[str, Any], name: str, read: Callable[[str, Any], Any]) -> Any:
    value = entry.get(name)
    return None if value is None else read(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > amounts.LONGEST_TEXT:
        raise _BadValue(name, f"{name} must be text of at most {amounts.LONGEST_TEXT} characters.")
    if name in ("url", "image_url") and value and not value.startswith(("https://", "http://", "/")):
        raise _BadValue(name, f"{name} must start with https://, http:// or /.")
    return value.strip()


def _price(name: str, value: Any) -> Decimal:
    found = amounts.number(value)
    if found is None or found < 0:
        raise _BadValue(name, "price must be a number from 0 to 100,000,000,000 with a decimal point, as 19.99.")
    return amounts.bounded(found)


def _currency(name: str, value: Any) -> str:
    found = amounts.currency(value)
    if not found:
        raise _BadValue(name, "currency must be three letters of ISO 4217, as EUR.")
    return found


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in YES | NO:
        return value.lower() in YES
    raise _BadValue(name, f"{name} must be true or false.")


def _attributes(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or len(str(value)) > LARGEST_ATTRIBUTES:
        raise _BadValue(name, f"attributes must be a JSON object of at most {LARGEST_ATTRIBUTES} characters.")
    return value
