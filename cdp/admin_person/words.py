"""Carts and amounts on one line. Pure; pages other than the person's use it too."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any


def money(amount: Decimal, currency: str) -> str:
    """E.g. 18.99 EUR."""
    return f"{amount:,.2f} {currency}".rstrip()


def contents(lines: Sequence[dict[str, Any]]) -> str:
    """E.g. “2 × Mug, Teapot”; at most three lines."""
    words = []
    for line in lines[:3]:
        quantity = str(line.get("quantity") or "1")
        name = str(line.get("name") or line.get("product_id") or "?")
        words.append(name if quantity in ("1", "1.000000") else f"{quantity.removesuffix('.000000')} × {name}")
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return ", ".join(words) + more
