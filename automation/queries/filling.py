"""What journeys give their mails: the cart, the product, the order, the event and the offer. See mailing/variables.py.

The public write key can say what lies in a cart; words, prices, links and pictures are a feed's or a server's alone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from automation.graph import CartAbandoned
from automation.queries.situations import CartAsked, situations
from automation.queries.ways import Way
from commerce import queries as commerce
from commerce.contracts import OrderWithLines, ProductFacts
from mailing.amounts import Money
from mailing.queries.showing import cart_values, is_presentable, shown

MAX_LINES = 20


def values(ways: Sequence[Way], now: datetime) -> dict[int, Mapping[str, Any]]:
    """{enrollment id: the values of its mails}."""
    carts = _carts(ways)
    products = _products(ways)
    orders = _orders(ways)
    found: dict[int, Mapping[str, Any]] = {}
    for way in ways:
        mine: dict[str, Any] = {}
        if way.row.pk in carts:
            mine["cart"] = carts[way.row.pk]
        if (product := products.get(str(way.facts.get("product_id", "")))) is not None:
            mine["product"] = shown(product)
        listed = [products[str(one)] for one in _listed(way) if str(one) in products]
        if listed:
            mine["products"] = [shown(one) for one in listed]
        if (order := orders.get(str(way.facts.get("order_id", "")))) is not None:
            mine["order"] = order
        if isinstance(way.facts.get("properties"), dict):
            mine["event"] = way.facts["properties"]
        if isinstance(way.facts.get("offer"), dict):
            mine["offer"] = _offer(way.facts["offer"])
        found[way.row.pk] = mine
    return found


def _offer(told: Mapping[str, Any]) -> dict[str, Any]:
    """Its last day is written as the mail's language does."""
    try:
        return {**told, "expires": date.fromisoformat(str(told.get("expires", ""))[:10])}
    except ValueError:
        return dict(told)


def _carts(ways: Sequence[Way]) -> dict[int, dict[str, Any]]:
    mine = [way for way in ways if isinstance(way.graph.trigger, CartAbandoned)]
    asked = [CartAsked(way.cart, way.row.armed_at, way.person.identifier_ids) for way in mine]
    return {way.row.pk: cart_values(one.lines) for way, one in zip(mine, situations(asked), strict=True)}


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
    mine = [one for one in found if one.order_id in wanted]
    known = commerce.believed_products({line.product_id for one in mine for line in one.lines})
    return {one.order_id: _order(one, known) for one in mine}


def _order(order: OrderWithLines, known: Mapping[str, ProductFacts]) -> dict[str, Any]:
    lines = [
        shown(known[line.product_id], quantity=line.quantity)
        for line in order.lines
        if line.kind == "goods" and line.product_id in known and is_presentable(known[line.product_id])
    ]
    return {
        "id": order.order_id,
        "number": order.order_id,
        "lines": lines[:MAX_LINES],
        "total": Money(order.total if order.total is not None else order.revenue, order.currency),
        "refunded": Money(order.refunded, order.currency) if order.refunded else "",
        "status": order.status,
        "placed_at": order.placed_at,
        "url": "",
        "tracking_url": "",
    }
