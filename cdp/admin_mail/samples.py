"""The sample person and what a sender would give: products of the shop's own catalog, so that a preview looks real.

A chosen person keeps what is theirs (name, language, cart); what only a sender knows (an order, an offer) is made up.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.timezone import localdate

from commerce.contracts import ProductFacts
from commerce.models import Product
from commerce.queries import carts_of, products
from mailing.amounts import Money, quantity_words
from mailing.links import picture_link, shop_link
from mailing.names import presentable
from mailing.variables import VARIABLES

FIELDS = ProductFacts.__struct_fields__
LINES, LIST = 2, 3


def sample_person(locale: str) -> dict[str, Any]:
    """The values of `person` for somebody made up."""
    given = {one.path.removeprefix("person."): one.example for one in VARIABLES if one.group == "person"}
    return {name: value for name, value in given.items() if "." not in name} | {"locale": locale, "traits": {}}


def sample_values(*, identifier_ids: Sequence[int] = ()) -> dict[str, Any]:
    """What senders give: cart, order, products, offer. With ids, the open cart of that person where there is one."""
    shown = [_shown(facts) for facts in _catalog()] or [_example(n) for n in range(1, LIST + 1)]
    lines = _lines(shown[:LINES])
    cart = _cart(identifier_ids) or {"lines": lines, "total": _total(lines), "count": len(lines)}
    return {
        "cart": cart | {"url": f"{settings.SHOP_URL}/cart"},
        "order": {
            "id": "10024",
            "number": "10024",
            "lines": lines,
            "total": _total(lines),
            "refunded": lines[0]["price"],
            "status": "shipped",
            "placed_at": localdate(),
            "url": f"{settings.SHOP_URL}/orders/10024",
            "tracking_url": f"{settings.SHOP_URL}/orders/10024",
        },
        "product": _listed(shown[0]),
        "products": [_listed(one) for one in shown[:LIST]],
        "event": {},
        "offer": {"title": "10 % off", "code": "BACK10", "expires": localdate()},
    }


def _catalog() -> list[ProductFacts]:
    rows = Product.objects.filter(active=True, in_stock=True, price__isnull=False).exclude(image_url="")
    return [ProductFacts(*row) for row in rows.order_by("product_id").values_list(*FIELDS)[:LIST]]


def _cart(identifier_ids: Sequence[int]) -> dict[str, Any] | None:
    """The latest cart that holds something known."""
    for cart in carts_of(identifier_ids) if identifier_ids else ():
        known = products([line.product_id for line in cart.lines])
        lines = [
            _listed(_shown(known[line.product_id])) | {"quantity": quantity_words(line.quantity)}
            for line in cart.lines
            if line.product_id in known
        ]
        if lines:
            return {"lines": lines, "total": _total(lines), "count": len(lines)}
    return None


def _shown(facts: ProductFacts) -> dict[str, Any]:
    hosts = settings.MAIL_IMAGE_HOSTS
    return {
        "product_id": facts.product_id,
        "name": presentable(facts.name or facts.product_id),
        "price": Money(facts.price, facts.currency) if facts.price is not None else "",
        "url": shop_link(facts.url, shop_url=settings.SHOP_URL),
        "image_url": picture_link(facts.image_url, shop_url=settings.SHOP_URL, hosts=hosts),
    }


def _example(number: int) -> dict[str, Any]:
    name = ("Blue wool hat", "Long scarf", "Warm gloves")[number - 1]
    price = Money(Decimal(19 + 5 * number), "EUR")
    return {"product_id": f"example-{number}", "name": name, "price": price, "url": settings.SHOP_URL, "image_url": ""}


def _lines(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_listed(one) | {"quantity": "1"} for one in shown]


def _listed(one: dict[str, Any]) -> dict[str, Any]:
    return {"list_price": "", "quantity": "", "note": "", **one}


def _total(lines: Sequence[dict[str, Any]]) -> Any:
    """The sum, where every price is known in one currency; empty texts are what a sender gives otherwise."""
    prices = [line["price"] for line in lines]
    if not all(isinstance(price, Money) for price in prices) or len({price.currency for price in prices}) != 1:
        return ""
    amounts = [price.amount * Decimal(line["quantity"] or "1") for price, line in zip(prices, lines, strict=True)]
    return Money(sum(amounts, Decimal(0)), prices[0].currency)
