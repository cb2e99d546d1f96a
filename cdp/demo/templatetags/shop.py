"""How the demo shop writes prices and events into its pages."""

from typing import Any

import msgspec
from django import template

from cdp.demo.catalog import Product

register = template.Library()


@register.filter
def euros(cents: int) -> str:
    """E.g. €1,204.90."""
    return f"€{cents / 100:,.2f}"


@register.filter
def as_event(product: Product, position: int = 0) -> str:
    """The product's properties for an event, as JSON for a data attribute."""
    more = {"position": position} if position else {}
    return msgspec.json.encode(product.as_property(url=product.path, **more)).decode()


@register.filter
def field(form: Any, name: str) -> Any:
    """A form's field by its name."""
    return form[name]


@register.filter
def said_of(sentences: dict[str, str] | str, product: Product) -> str:
    """Why a product stands where it does; "" where nothing is said."""
    return sentences.get(product.product_id, "") if isinstance(sentences, dict) else ""
