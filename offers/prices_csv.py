"""Rows of a price list as a CSV file: read with every line that cannot be used named, and written. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from cdp.lib.delimiters import likeliest_delimiter
from cdp.lib.money import exponent

DELIMITERS = (",", ";", "\t", "|")
COLUMNS = ("product_id", "from_quantity", "price", "currency")
ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("product_id", "product", "sku", "id", "item_id", "article"), "product_id"),
    **dict.fromkeys(("from_quantity", "min_quantity", "quantity", "from", "qty"), "from_quantity"),
    **dict.fromkeys(("price", "unit_price", "amount"), "price"),
    "currency": "currency",
}
MOST_LINES, LONGEST_ID = 100_000, 200
MOST_PRICE, MOST_QUANTITY = Decimal("1e11"), Decimal("1e9")
ONE = Decimal(1)
THOUSANDS = 3  # 1.000 may be a thousand: not guessed at where the currency has fewer decimals
FORMULAS = ("=", "+", "-", "@")


class NotPricesError(ValueError):
    """The file is no list of prices at all; nothing of it can be used. The text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The price of one piece of a product from this quantity on."""

    product_id: str
    from_quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not taken: its number in the file (the header is 1), what stood there, why."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadPrices:
    """What a file says."""

    rows: tuple[PriceRow, ...]
    rejected: tuple[RejectedLine, ...]


def read_prices(data: bytes, currency: str) -> ReadPrices:
    """The rows of a file in UTF-8, for a list in this currency. Raises NotPricesError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotPricesError(f"The file is not UTF-8 (byte {error.start}): save it as “CSV UTF-8”.") from None
    lines = text.replace("\0", "").splitlines()
    delimiter = likeliest_delimiter([line for line in lines[:20] if line.strip()], DELIMITERS)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        places = _header(next(reader, []))
        return _read(reader, places, currency, delimiter)
    except csv.Error as error:
        raise NotPricesError(f"Line {reader.line_num} cannot be read as CSV: {error}.") from None


def written(rows: Iterable[PriceRow], currency: str) -> Iterator[str]:
    """The file's text by pieces, which `read_prices` takes again."""
    yield ",".join(COLUMNS) + "\r\n"
    for row in rows:
        line = io.StringIO()
        cells = (
            _harmless(row.product_id),
            f"{row.from_quantity.normalize():f}",
            _amount(row.price, currency),
            currency,
        )
        csv.writer(line).writerow(cells)
        yield line.getvalue()


def row_of(cells: Mapping[str, str], currency: str) -> PriceRow:
    """A row as typed; raises ValueError that says what is wrong with it."""
    product_id = _as_meant(cells.get("product_id", "").strip())
    if not product_id:
        raise ValueError("It has no product id.")
    if len(product_id) > LONGEST_ID:
        raise ValueError(f"The product id has more than {LONGEST_ID} signs.")
    named = cells.get("currency", "").strip().upper()
    if named and named != currency:
        raise ValueError(f"The list is in {currency}, this line in {named}.")
    quantity_text = cells.get("from_quantity", "").strip()
    quantity = _number(quantity_text, "quantity") if quantity_text else ONE
    if not 0 < quantity < MOST_QUANTITY or _places(quantity.normalize()) > 3:
        raise ValueError(f"“{quantity_text}” is no quantity: a number above 0 with at most 3 decimals.")
    price = _number(cells.get("price", "").strip(), "price")
    if not 0 <= price < MOST_PRICE:
        raise ValueError("A price is 0 or more, and no 100 billion.")
    if _places(price.normalize()) > exponent(currency) or _places(price) == THOUSANDS > exponent(currency):
        raise ValueError(f"{currency} has {exponent(currency)} decimals, this price more.")
    return PriceRow(product_id, quantity, price)


def _header(cells: list[str]) -> dict[str, int]:
    names = [ALIASES.get(cell.strip().lower().replace(" ", "_"), "") for cell in cells]
    places = {name: place for place, name in reversed(list(enumerate(names))) if name}
    if missing := [name for name in ("product_id", "price") if name not in places]:
        raise NotPricesError(
            f"The first line lacks the column {' and '.join(missing)}. It should be: {','.join(COLUMNS)}"
            " (from_quantity and currency may be left out)."
        )
    return places


def _read(reader: Iterator[list[str]], places: Mapping[str, int], currency: str, delimiter: str) -> ReadPrices:
    rows: dict[tuple[str, Decimal], tuple[int, PriceRow]] = {}
    rejected: list[RejectedLine] = []
    for cells in reader:
        number: int = reader.line_num  # type: ignore[attr-defined]  # csv's own reader
        if number > MOST_LINES + 1:
            raise NotPricesError(f"The file has more than {MOST_LINES:,} lines: part it and merge the parts.")
        if not any(cell.strip() for cell in cells):
            continue
        try:
            named = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
            row = row_of(named, currency)
            first = rows.setdefault((row.product_id, row.from_quantity), (number, row))[0]
            if first != number:
                raise ValueError(f"Line {first} tells this product's price from this quantity already.")
        except ValueError as error:
            rejected.append(RejectedLine(number, delimiter.join(cells)[:120], str(error)))
    return ReadPrices(tuple(row for _, row in rows.values()), tuple(rejected))


def _number(text: str, what: str) -> Decimal:
    plain = text.replace("\u00a0", "").replace(" ", "")
    plain = plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"“{text}” is no {what}: a number like 19.90.") from None
    if not found.is_finite():
        raise ValueError(f"“{text}” is no {what}: a number like 19.90.")
    return found


def _places(amount: Decimal) -> int:
    shown = amount.as_tuple().exponent
    return max(0, -shown) if isinstance(shown, int) else 0


def _amount(price: Decimal, currency: str) -> str:
    return f"{price:.{exponent(currency)}f}"


def _harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula begins with an apostrophe there."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def _as_meant(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULAS) else text
