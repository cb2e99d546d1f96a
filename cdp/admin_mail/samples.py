"""The sample person and what a sender would give: products of the shop's own catalog, so that a preview looks real.

A chosen person keeps what is theirs (name, language, cart); what only a sender knows (an order, an offer) is made up.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.conf import settings

from commerce.contracts import ProductFacts
from commerce.models import Product
from commerce.queries import carts_of, products
from mailing.amounts import Money, quantity_words
from mailing.contracts import ProductShown
from mailing.links import picture_link, shop_link
from mailing.names import presentable
from mailing.samples import full_values

FIELDS = ProductFacts.__struct_fields__
LINES, LIST = 2, 3


def sample_person(locale: str) -> dict[str, Any]:
    """The values of `person` for somebody made up."""
    found: dict[str, Any] = full_values(locale)["person"]
    return found


def sample_values(locale: str, identifier_ids: Sequence[int] = ()) -> dict[str, Any]:
    """What senders give. With ids, the latest cart of that person instead of a made-up one."""
    values = full_values(locale, settings.SHOP_URL)
    some = [_shown(facts) for facts in _catalog()]
    if some:
        lines = [replace(one, quantity="1") for one in some[:LINES]]
        values["cart"] = values["cart"] | _cart_of(lines)
        values["order"] = values["order"] | {"lines": lines, "total": _total(lines)}
        values |= {"product": some[0], "products": some}
    if theirs := _cart(identifier_ids):
        values["cart"] = values["cart"] | _cart_of(theirs)
    del values["recommendations"]
    return values


def _cart_of(lines: Sequence[ProductShown]) -> dict[str, Any]:
    return {"lines": lines, "count": len(lines), "total": _total(lines), "url": f"{settings.SHOP_URL}/cart"}


def _catalog() -> list[ProductFacts]:
    rows = Product.objects.filter(active=True, in_stock=True, price__isnull=False).exclude(image_url="")
    return [ProductFacts(*row) for row in rows.order_by("product_id").values_list(*FIELDS)[:LIST]]


def _cart(identifier_ids: Sequence[int]) -> list[ProductShown]:
    """The lines of the latest cart that holds something known."""
    for cart in carts_of(identifier_ids) if identifier_ids else ():
        known = products([line.product_id for line in cart.lines])
        lines = [
            replace(_shown(known[line.product_id]), quantity=quantity_words(line.quantity))
            for line in cart.lines
            if line.product_id in known
        ]
        if lines:
            return lines
    return []


def _shown(facts: ProductFacts) -> ProductShown:
    return ProductShown(
        product_id=facts.product_id,
        name=presentable(facts.name or facts.product_id),
        price=Money(facts.price, facts.currency) if facts.price is not None else "",
        url=shop_link(facts.url, shop_url=settings.SHOP_URL),
        image_url=picture_link(facts.image_url, shop_url=settings.SHOP_URL, hosts=settings.MAIL_IMAGE_HOSTS),
    )


def _total(lines: Sequence[ProductShown]) -> Any:
    """The sum, where every price is known in one currency; else what a sender gives then."""
    prices = [line.price for line in lines if isinstance(line.price, Money)]
    if len(prices) < len(lines) or len({price.currency for price in prices}) != 1:
        return ""
    amounts = [price.amount * Decimal(line.quantity or "1") for price, line in zip(prices, lines, strict=True)]
    return Money(sum(amounts, Decimal(0)), prices[0].currency)
