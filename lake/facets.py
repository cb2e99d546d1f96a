"""Facets: the canonical readings of one JSON value, computed once so that no engine parses or folds case. Pure.

The reference meaning of rules (`segments.rules`) and every engine compare these and nothing else.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from cdp.lib import values

Scalar = Decimal | str | bool
# Smaller numbers are prices and counts, not instants: as epoch seconds they would all lie before March 1973.
SMALLEST_EPOCH = 100_000_000
_decode: Callable[[str], Any] = msgspec.json.Decoder(float_hook=values.read_number).decode


class Facets(NamedTuple):
    """Every reading of one value; None where it has none. `instant` in µs since the epoch."""

    number: Decimal | None = None
    text: str | None = None
    folded: str | None = None
    instant: int | None = None
    flag: bool | None = None
    present: bool | None = None


NOTHING = Facets()


def read(json: str) -> Facets:
    """The facets of one JSON value given as text."""
    return facets_of(_decode(json))


def facets_of(value: Any) -> Facets:
    """The facets of one decoded JSON value; a list or an object is only present."""
    if value is None:
        return NOTHING
    scalar = comparable(value)
    return Facets(
        scalar if isinstance(scalar, Decimal) else None,
        scalar if isinstance(scalar, str) else None,
        folded(value),
        instant_us(value),
        value if isinstance(value, bool) else None,
        True,
    )


def comparable(value: Any) -> Scalar | None:
    """A number, a text or a truth value; None for what is missing or has no comparison (lists, objects)."""
    if isinstance(value, bool):
        return value
    found = values.number(value)
    if found is not None:
        return found
    return values.text(value) if isinstance(value, str) else None


def folded(value: Any) -> str | None:
    """Text with its case folded, as it was written ("01067" keeps its zero); a number as plain digits; else None."""
    found = values.as_text(values.number(value) if isinstance(value, float) else value)
    return None if found is None else found.casefold()


def instant_us(value: Any) -> int | None:
    """An instant in µs since the epoch: ISO-8601 text (no zone means UTC) or a number that can be an epoch; or None."""
    plain = values.number(value) if isinstance(value, float) else value
    if isinstance(plain, int | Decimal) and -SMALLEST_EPOCH < plain < SMALLEST_EPOCH:
        return None
    return values.instant_us(plain)
