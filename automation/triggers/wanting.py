"""Who is told that a product is back or cheaper: who wanted it lately, or asked for just that. Pure."""

from decimal import Decimal

LOOKED = frozenset({"Product Viewed", "Product Added", "Product Added to Wishlist"})
ASKED = frozenset({"Back In Stock Requested", "Product Alert Requested"})
ASKED_DAYS = 365
"""Who asked is told for a year, however long a journey looks back for those who only looked."""


def has_dropped(old: Decimal, new: Decimal, percent: int) -> bool:
    """Whether a price fell by at least so many percent."""
    return Decimal(0) <= new < old and (old - new) * 100 >= old * percent
