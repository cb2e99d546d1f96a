"""Reads of products."""

from collections.abc import Collection

from commerce.contracts import ProductFacts
from commerce.models import Product

FIELDS = (
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
    "is_trusted",
)


def products(ids: Collection[str]) -> dict[str, ProductFacts]:
    """The known products among `ids`, by id."""
    rows = Product.objects.filter(product_id__in=list(ids)).values_list(*FIELDS)
    return {row[0]: ProductFacts(*row) for row in rows}


def in_stock_ids() -> set[str]:
    """Every product that may be offered: in stock and active."""
    return set(Product.objects.filter(in_stock=True, active=True).values_list("product_id", flat=True))
