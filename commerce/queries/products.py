"""Reads of products."""

from collections.abc import Collection
from typing import Any

import msgspec

from commerce.contracts import ProductFacts
from commerce.models import Product

FIELDS = ProductFacts.__struct_fields__  # named as the columns

NOTHING: dict[str, str | None] = {
    "name": "", "category": "", "brand": "", "price": None, "currency": "", "url": "", "image_url": "",
}  # fmt: skip


def products(ids: Collection[str]) -> dict[str, ProductFacts]:
    """The known products among `ids`, by id."""
    rows = Product.objects.filter(product_id__in=list(ids)).values_list(*FIELDS)
    return {row[0]: ProductFacts(*row) for row in rows}


def believed_products(ids: Collection[str]) -> dict[str, ProductFacts]:
    """The trusted ones among `ids` as a feed or a server describes them, for what speaks in the shop's name.

    What only a browser told of such a product is left out: its write key is public.
    """
    rows = Product.objects.filter(product_id__in=list(ids), is_trusted=True)
    return {row[0]: _believed(*row) for row in rows.values_list(*FIELDS, "from_feed", "stamps")}


def _believed(*row: Any) -> ProductFacts:
    *values, from_feed, stamps = row
    facts = ProductFacts(*values)
    if from_feed:
        return facts
    doubtful = {field for field, stamp in stamps.items() if not stamp[0]} & NOTHING.keys()
    return msgspec.structs.replace(facts, **{field: NOTHING[field] for field in doubtful})
