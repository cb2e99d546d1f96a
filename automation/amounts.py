"""Amounts and quantities as a mail shows them. Pure."""

from decimal import ROUND_HALF_EVEN, Decimal

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF"})


def price_words(amount: Decimal | None, currency: str) -> str:
    """`€18.99`, `1,204.50 CHF`; empty when the amount is not known."""
    if amount is None:
        return ""
    unit = Decimal(1) if currency in NO_CENTS else Decimal("0.01")
    number = f"{amount.quantize(unit, rounding=ROUND_HALF_EVEN):,}"
    if currency in SYMBOLS:
        return f"{SYMBOLS[currency]}{number}"
    return f"{number} {currency}".strip()


def quantity_words(quantity: Decimal) -> str:
    """`2`, `0.5`: no trailing zeros."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
