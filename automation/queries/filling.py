"""What journeys give their mails: the cart, the product, the order, the event and the offer. See mailing/variables.py.

The public write key can say what lies in a cart; words, prices, links and pictures are a feed's or a server's alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from automation.graph import CartAbandoned
from automation.queries.situations import CartAsked, Situation, is_presentable, known_lines, situations
from automation.queries.ways import Way
from commerce import queries as commerce
from commerce.contracts import CartLine, OrderWithLines, ProductFacts
from mailing.amounts import price_words, quantity_words
from mailing.links import picture_link, shop_link
from mailing.names import presentable

MAX_LINES = 20


def values(ways: Sequence[Way], now: datetime) -> dict[int, Mapping[str, Any]]:
    """{enrollment id: the values of its mails}."""
    carts = _carts(ways)
    products = _products(ways)
    orders = _orders(ways)
    found = {}
    for way in ways:
        mine: dict[str, Any] = {}
        if way.row.pk in carts:
            mine["cart"] = carts[way.row.pk]
        if (product := products.get(str(way.facts.get("product_id", "")))) is not None:
            mine["product"] = product_values(product)
        listed = [products[str(one)] for one in _listed(way) if str(one) in products]
        if listed:
            mine["products"] = [product_values(one) for one in listed]
        if (order := orders.get(str(way.facts.get("order_id", "")))) is not None:
            mine["order"] = order
        if isinstance(way.facts.get("properties"), dict):
            mine["event"] = way.facts["properties"]
        if isinstance(way.facts.get("offer"), dict):
            mine["offer"] = way.facts["offer"]
        found[way.row.pk] = mine
    return found


def product_values(product: ProductFacts, quantity: Decimal | None = None) -> dict[str, Any]:
    """A product as a feed or a server describes it."""
    return {
        "product_id": product.product_id,
        "name": presentable(product.name or product.product_id),
        "price": price_words(product.price, product.currency),
        "quantity": "" if quantity is None else quantity_words(quantity),
        "url": shop_link(product.url, shop_url=settings.SHOP_URL),
        "image_url": picture_link(product.image_url, shop_url=settings.SHOP_URL, hosts=settings.MAIL_IMAGE_HOSTS),
        "list_price": "",
        "note": "",
    }


def _carts(ways: Sequence[Way]) -> dict[int, dict[str, Any]]:
    mine = [way for way in ways if isinstance(way.graph.trigger, CartAbandoned)]
    asked = [CartAsked(way.cart, way.row.armed_at, way.person.identifier_ids) for way in mine]
    return {way.row.pk: _cart(one) for way, one in zip(mine, situations(asked), strict=True)}


def _cart(found: Situation) -> dict[str, Any]:
    """What it holds, as a feed or a server describes it; the rest is only counted."""
    shown = [_line(line, product) for line, product in known_lines(found.lines)[:MAX_LINES]]
    left_out = len(found.lines) - len(shown)
    if left_out:
        shown.append({"product_id": "", "name": f"{left_out} more product{'' if left_out == 1 else 's'}", "price": ""})
    return {
        "lines": shown,
        "total": _total(found),
        "url": f"{settings.SHOP_URL}/cart",
        "count": len(found.lines),
    }


def _line(line: CartLine, product: ProductFacts) -> dict[str, Any]:
    """Only the quantity is the cart's: its texts and prices may come from anybody with the public key."""
    return product_values(product, line.quantity)


def _total(found: Situation) -> str:
    """The sum of what is shown, only when all of the cart is and every price is known in one currency."""
    known = known_lines(found.lines)
    amounts = [product.price * line.quantity for line, product in known if product.price is not None]
    currencies = {product.currency for _, product in known}
    if len(amounts) < len(found.lines) or len(amounts) > MAX_LINES or len(currencies) != 1:
        return ""
    return price_words(sum(amounts[1:], amounts[0]), currencies.pop())


def _listed(way: Way) -> list[Any]:
    told = way.facts.get("product_ids")
    return told[:MAX_LINES] if isinstance(told, list) else []


def _products(ways: Sequence[Way]) -> dict[str, ProductFacts]:
    """{product id: it} of those that a mail may name."""
    ids = {str(one) for way in ways for one in (way.facts.get("product_id", ""), *_listed(way))} - {""}
    return {key: one for key, one in commerce.believed_products(ids).items() if is_presentable(one)} if ids else {}


def _orders(ways: Sequence[Way]) -> dict[str, dict[str, Any]]:
    about = [way for way in ways if way.facts.get("order_id")]
    if not about:
        return {}
    found = commerce.orders_with_lines({pk for way in about for pk in way.person.identifier_ids})
    wanted = {str(way.facts["order_id"]) for way in about}
    return {one.order_id: _order(one) for one in found if one.order_id in wanted}


def _order(order: OrderWithLines) -> dict[str, Any]:
    known = commerce.believed_products({line.product_id for line in order.lines})
    lines = [
        product_values(known[line.product_id], line.quantity)
        for line in order.lines
        if line.product_id in known and is_presentable(known[line.product_id])
    ]
    return {
        "id": order.order_id,
        "number": order.order_id,
        "lines": lines[:MAX_LINES],
        "total": price_words(order.total if order.total is not None else order.revenue, order.currency),
        "refunded": price_words(order.refunded, order.currency) if order.refunded else "",
        "status": order.status,
        "placed_at": order.placed_at.date().isoformat() if order.placed_at else "",
        "url": "",
        "tracking_url": "",
    }
