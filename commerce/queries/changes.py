"""Reads of what changed: a product's history of prices and stock, and its variants."""

from commerce.contracts import PriceChange, ProductFacts
from commerce.models import Product, ProductChange
from commerce.queries.products import FIELDS


def changes_of(product_id: str, *, limit: int = 100) -> list[PriceChange]:
    """The newest changes of a product's prices and stock, newest first."""
    rows = ProductChange.objects.filter(product_id=product_id).order_by("-at", "-id")
    return [PriceChange(*row) for row in rows.values_list("what", "old", "new", "currency", "at", "topic")[:limit]]


def variants_of(product: ProductFacts, *, limit: int = 50) -> list[ProductFacts]:
    """The other products of its group, by id; none for a product without one."""
    if not product.group_id:
        return []
    rows = Product.objects.filter(group_id=product.group_id).exclude(product_id=product.product_id)
    return [ProductFacts(*row) for row in rows.order_by("product_id").values_list(*FIELDS)[:limit]]
