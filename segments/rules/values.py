"""Values as rules compare them: numbers are Decimal, text is exact, true and false are their own kind.

Built on `events.values`, which made the stored values canonical, so 18.99 and "18.99" are the same number here too.
"""

from decimal import Decimal
from typing import Any

from events import values as canonical

Scalar = Decimal | str | bool


def comparable(raw: Any) -> Scalar | None:
    """A number, a text or a truth value; None for what is missing or has no comparison (lists, objects)."""
    if isinstance(raw, bool):
        return raw
    found = canonical.number(raw)
    if found is not None:
        return found
    return canonical.text(raw) if isinstance(raw, str) else None


def folded(raw: Any) -> str | None:
    """Text with its case folded, as it was written ("01067" keeps its zero); a number as plain digits; else None."""
    found = canonical.as_text(canonical.number(raw) if isinstance(raw, float) else raw)
    return None if found is None else found.casefold()


def instant_us(raw: Any) -> int | None:
    """An instant in µs since the epoch: ISO-8601 text (no zone means UTC) or an epoch number; else None."""
    return canonical.instant_us(canonical.number(raw) if isinstance(raw, float) else raw)


def said(value: Scalar) -> str:
    """A value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value
