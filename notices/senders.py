"""Order mails as mailing asks about them at the hand-over: still wanted, and filled with the order as it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from commerce import queries as commerce
from commerce.contracts import LineState, OrderWithLines, ProductFacts
from mailing.amounts import Money, quantity_words
from mailing.contracts import END, GO, WAIT, Said
from mailing.links import picture_link, shop_link
from mailing.models import Message
from mailing.names import presentable
from notices.models import Reached

FOLDED_WITHIN = timedelta(minutes=2)
"""An order's read model follows its event within seconds; after this the mail goes with what the event told."""
LOOK_AGAIN = timedelta(seconds=5)
MAX_LINES = 30
Orders = Mapping[str, OrderWithLines]


@dataclass(frozen=True, slots=True)
class _About:
    reached: Reached | None
    order: OrderWithLines | None


class Notices:
    """The sender `notice`."""

    def ask(self, messages: Sequence[Message], now: datetime) -> list[Said]:
        """Goes unless it was turned off, is about nothing any more, or its order has not been put together yet."""
        return [_said(one, now) for one in _about(messages)]

    def fill(self, messages: Sequence[Message], now: datetime) -> list[Mapping[str, Any]]:
        """The order: its lines by the shop's server and feed, its amounts, what the event told."""
        found = _about(messages)
        ids = {line.product_id for one in found if one.order for line in one.order.lines}
        products = commerce.believed_products(ids)
        return [{"order": _order(one, products)} for one in found]

    def concluded(self, messages: Sequence[Message], now: datetime) -> None:
        """Nothing follows an order mail; its message says what became of it."""


def _about(messages: Sequence[Message]) -> list[_About]:
    rows = Reached.objects.select_related("notice").in_bulk([one.about_id for one in messages if one.about_id])
    known = commerce.orders_with_lines_by_ids({row.order_id for row in rows.values()})
    orders = {order.order_id: order for order in known}
    found = [rows.get(one.about_id or 0) for one in messages]
    return [_About(row, orders.get(row.order_id) if row else None) for row in found]


def _said(one: _About, now: datetime) -> Said:
    row = one.reached
    if row is None:
        return Said(END, "gone")
    if not row.notice.enabled:
        return Said(END, "notice_off")
    if one.order is None and now - row.made_at < FOLDED_WITHIN:
        return Said(WAIT, "order_not_ready", now + LOOK_AGAIN)
    if one.order is not None and row.notice.stage == "confirmed" and one.order.status == "cancelled":
        return Said(END, "order_canceled")
    return Said(GO)


def _order(one: _About, products: Mapping[str, ProductFacts]) -> dict[str, Any]:
    row, order = one.reached, one.order
    assert row is not None  # `ask` ended those
    told = row.facts
    amount = Decimal(told["amount"]) if row.notice.stage == "refunded" and "amount" in told else None
    values: dict[str, Any] = {
        "id": row.order_id,
        "number": row.order_id,
        "url": _page_of(told),
        "tracking_url": shop_link(told.get("tracking_url", ""), shop_url=settings.SHOP_URL)
        or _https(told.get("tracking_url", "")),
        "tracking_number": presentable(told.get("tracking_number", "")),
        "carrier": presentable(told.get("carrier", "")),
        "expected_at": presentable(told.get("expected_at", "")),
        "status": row.notice.stage,
        "lines": [],
    }
    if order is None:
        return values
    goods = [line for line in order.lines if line.kind == "goods"]
    refunded = amount if amount is not None else order.refunded
    return values | {
        "placed_at": order.placed_at,
        "lines": [_line(line, order.currency, products.get(line.product_id)) for line in goods[:MAX_LINES]],
        "total": Money(order.total if order.total is not None else order.revenue, order.currency),
        "refunded": Money(refunded, order.currency) if refunded else None,
    }


def _page_of(told: Mapping[str, str]) -> str:
    """The order's page where the shop's server names one of the shop's, else the account's."""
    said = (shop_link(told.get(name, ""), shop_url=settings.SHOP_URL) for name in ("order_url", "status_url"))
    return next(filter(None, said), f"{settings.SHOP_URL}/account")


def _line(line: LineState, currency: str, product: ProductFacts | None) -> dict[str, Any]:
    name = product.name if product and product.name else line.name
    return {
        "product_id": line.product_id,
        "name": presentable(name or line.product_id) or line.product_id,
        "price": Money(line.price, currency),
        "quantity": quantity_words(line.quantity),
        "url": shop_link(product.url, shop_url=settings.SHOP_URL) if product else "",
        "image_url": _picture(product) if product else "",
    }


def _picture(product: ProductFacts) -> str:
    return picture_link(product.image_url, shop_url=settings.SHOP_URL, hosts=settings.MAIL_IMAGE_HOSTS)


def _https(url: str) -> str:
    """Parcels are followed on their carrier's pages: a server's https address is taken as it is."""
    usable = url.startswith("https://") and len(url) < 2_000 and not any(c.isspace() or c in "\"'<>\\" for c in url)
    return url if usable else ""
