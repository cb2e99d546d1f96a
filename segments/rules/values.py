"""Values as rules compare them: numbers are Decimal, text is exact, true and false are their own kind.

The readings are the lake's facets, so 18.99 and "18.99" are the same number here and in every engine.
"""

from decimal import Decimal

from lake.facets import Scalar, comparable, folded, instant_us

__all__ = ["Scalar", "comparable", "folded", "instant_us", "said"]


def said(value: Scalar) -> str:
    """A value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value
