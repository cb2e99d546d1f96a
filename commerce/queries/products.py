"""Reads of products."""

from collections.abc import Collection
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from commerce.contracts import ProductFacts
from commerce.models import Product

FIELDS = ProductFacts.__struct_fields__  # named as the columns
BELIEVED = f"""
SELECT {", ".join(FIELDS)}, CASE WHEN NOT from_feed THEN stamps END
FROM commerce_product WHERE product_id = ANY(%s::text[]) AND is_trusted
"""  # noqa: S608 - our own columns

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
    return {row[0]: _believed(row) for row in bulk_sql.fetch_often(BELIEVED, [list(ids)])} if ids else {}


def _believed(row: tuple[Any, ...]) -> ProductFacts:
    facts, stamps = ProductFacts(*row[:-1]), row[-1]
    if stamps is None:  # a feed's word
        return facts
    doubtful = {field for field, stamp in stamps.items() if not stamp[0]} & NOTHING.keys()
    return msgspec.structs.replace(facts, **{field: NOTHING[field] for field in doubtful})
