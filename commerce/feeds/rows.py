"""One product of a feed, told by our own field names, as a row of the catalog; or the reason why it is none. Pure."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from commerce import amounts
from commerce.categories import DEEPEST, LONGEST_STEP, path_of
from commerce.contracts import ProductRow, RowError

TEXTS = ("name", "category", "brand", "url", "image_url", "group_id")
AMOUNTS = ("price", "list_price", "quantity", "cost")
FLAGS = ("in_stock", "active")
LISTS = ("categories", "images")
COLUMNS = ("product_id", *TEXTS, *LISTS, *AMOUNTS, "currency", "prices", *FLAGS, "attributes")
_KNOWN = frozenset(COLUMNS)
ADDRESSES = ("https://", "http://", "/")
YES, NO = frozenset({"1", "true", "yes", "y", "t"}), frozenset({"0", "false", "no", "n", "f"})
LARGEST_ATTRIBUTES = 16_384
MOST_IMAGES = 20
MOST_CURRENCIES = 50
BETWEEN_IMAGES = re.compile(r"\s*[|\n]\s*|\s*,\s*(?=https?://|/)|\s+(?=https?://)")


class BadValue(Exception):
    """One value of one row. (reason code, sentence)"""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def take(entries: Iterable[tuple[int, Any]]) -> tuple[list[ProductRow], list[RowError]]:
    """Rows of (index, entry or BadValue). The last of several good rows of one product counts."""
    rows: dict[str, ProductRow] = {}
    errors: list[RowError] = []
    for index, entry in entries:
        try:
            row = row_of(entry)
            rows[row.product_id] = row
        except BadValue as error:
            product_id = amounts.text(entry.get("product_id")) if isinstance(entry, dict) else ""
            errors.append(RowError(index, error.reason, error.detail, product_id[: amounts.LONGEST_ID]))
    return list(rows.values()), errors


def row_of(entry: Any) -> ProductRow:
    """The row of one entry by the names of COLUMNS. Raises BadValue.

    A path gives its last step as the category, a quantity says whether the product is in stock, unless told otherwise.
    """
    if isinstance(entry, BadValue):
        raise entry
    if not isinstance(entry, dict):
        raise BadValue("row_shape", "A product must be a JSON object.")
    if not entry.keys() <= _KNOWN:
        unknown = [name for name in entry if name not in _KNOWN]
        detail = f"Unknown field {str(unknown[0])[:100]!r}: put it under attributes. Fields are {', '.join(COLUMNS)}."
        raise BadValue("field_unknown", detail)
    product_id = amounts.usable_id(entry.get("product_id"))
    if product_id is None:
        raise BadValue("product_id", f"product_id must be text of 1 to {amounts.LONGEST_ID} characters.")
    told = {name: read(name, value) for name, read in _READERS.items() if (value := entry.get(name)) is not None}
    if "category" not in told and told.get("categories"):
        told["category"] = told["categories"][-1]
    if "in_stock" not in told and "quantity" in told:
        told["in_stock"] = told["quantity"] > 0
    return ProductRow(product_id=product_id, **told)


def _text(name: str, value: Any) -> str:
    if name == "group_id" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = amounts.text(value)
    if not isinstance(value, str) or len(value) > amounts.LONGEST_TEXT:
        raise BadValue(name, f"{name} must be text of at most {amounts.LONGEST_TEXT} characters.")
    if name in ("url", "image_url") and value and not value.startswith(ADDRESSES):
        raise BadValue(name, f"{name} must start with https://, http:// or /.")
    return value.strip()


def _amount(name: str, value: Any) -> Decimal:
    found = amounts.number(value)
    if found is None or found < 0:
        raise BadValue(name, f"{name} must be a number from 0 to 100,000,000,000 with a decimal point, as 19.99.")
    return amounts.bounded(found)


def _currency(name: str, value: Any) -> str:
    found = amounts.currency(value)
    if not found:
        raise BadValue(name, f"{name} must be three letters of ISO 4217, as EUR.")
    return found


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in YES | NO:
        return value.lower() in YES
    raise BadValue(name, f"{name} must be true or false.")


def _path(name: str, value: Any) -> list[str]:
    found = path_of(_list_in(value) if isinstance(value, str) else value)
    if found is None:
        shape = f"of at most {DEEPEST} steps of {LONGEST_STEP} characters"
        raise BadValue(name, f'{name} must be a path {shape}, as "Home > Kitchen > Cups" or ["Home", "Kitchen"].')
    return found


def _images(name: str, value: Any) -> list[str]:
    found = _list_in(value) if isinstance(value, str) else value
    if isinstance(found, str):
        found = [one for one in BETWEEN_IMAGES.split(found) if one]
    is_list = isinstance(found, list) and len(found) <= MOST_IMAGES
    if not is_list or not all(
        isinstance(one, str) and len(one) <= amounts.LONGEST_TEXT and one.startswith(ADDRESSES) for one in found
    ):
        raise BadValue(name, f"{name} must be a list of at most {MOST_IMAGES} addresses with https://, http:// or /.")
    return list(dict.fromkeys(one.strip() for one in found))


def _prices(name: str, value: Any) -> dict[str, str]:
    found = _object_in(value) if isinstance(value, str) else value
    if not isinstance(found, dict) or len(found) > MOST_CURRENCIES:
        raise BadValue(name, f'{name} must be an object of amounts by currency, as {{"USD": 13.90}}.')
    return {_currency(name, code): format(_amount(name, amount).normalize(), "f") for code, amount in found.items()}


def _attributes(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or len(str(value)) > LARGEST_ATTRIBUTES:
        raise BadValue(name, f"attributes must be a JSON object of at most {LARGEST_ATTRIBUTES} characters.")
    return value


def _list_in(text: str) -> Any:
    """The list a cell of CSV holds as JSON; else the text itself."""
    return _json_in(text, "[")


def _object_in(text: str) -> Any:
    return _json_in(text, "{")


def _json_in(text: str, begins: str) -> Any:
    if not text.lstrip().startswith(begins):
        return text
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError):
        return text


_READERS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(AMOUNTS, _amount),
    **dict.fromkeys(FLAGS, _flag),
    "categories": _path,
    "images": _images,
    "currency": _currency,
    "prices": _prices,
    "attributes": _attributes,
}
