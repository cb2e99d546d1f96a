"""Amounts and texts read from event properties: whatever a tracker sent, these never raise.

Numbers are Decimals with six places. What is not a number, or too large for the database's numeric(18,6), is None.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any

from cdp.lib.values import as_text
from cdp.lib.values import number as canonical_number

PLACES = Decimal("0.000001")
LIMIT = Decimal("1e11")
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)
ZERO = Decimal(0)
ONE = Decimal(1)
LONGEST_TEXT = 2000
LONGEST_ID = 200
NO_IDS = frozenset(
    {"undefined", "null", "none", "nil", "nan", "false", "true", "[object object]", "0", "-1", "unknown"}
)


def number(value: Any) -> Decimal | None:
    """The amount a property holds, or None. Integers and decimals keep their digits; text must be a plain number."""
    if type(value) is int:
        return Decimal(value) if -LIMIT < value < LIMIT else None
    found = canonical_number(value)
    return found if found is not None and -LIMIT < found < LIMIT else None


def multiply(quantity: Decimal, price: Decimal) -> Decimal:
    """quantity × price with six places, held within what the database can store."""
    return bounded(quantity * price)


def bounded(amount: Decimal) -> Decimal:
    """`amount` with six places at most, held within ±10^11."""
    if not -LIMIT < amount < LIMIT:
        return LIMIT if amount > 0 else -LIMIT
    return amount.quantize(PLACES, context=_EXACT)


def text(value: Any) -> str:
    """Text stripped and cut to 2,000 characters; numbers as text; anything else is empty."""
    if isinstance(value, str):
        return value.strip()[:LONGEST_TEXT]
    return "" if value is None else as_text(value) or ""


def usable_id(value: Any) -> str | None:
    """An id that names one thing: not empty, not overlong, not what trackers send for "none"."""
    if type(value) is str and len(value) <= LONGEST_ID:
        return _remembered(value)
    return None if value is None else _usable(text(value))


def _usable(value: str) -> str | None:
    found = value.strip()
    return found if found and len(found) <= LONGEST_ID and found.lower() not in NO_IDS else None


_remembered = lru_cache(maxsize=65_536)(_usable)  # the same products and carts come again and again


def currency(value: Any) -> str:
    """A currency code of three letters in capitals, else empty."""
    return value.upper() if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() else ""


def products(properties: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The entries of `products` that are objects; None where there is no such list."""
    found = properties.get("products")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else None


def product_id(entry: dict[str, Any]) -> str | None:
    """The product an entry is about: its product_id, else its sku."""
    return usable_id(entry.get("product_id")) or usable_id(entry.get("sku"))
