"""What commerce holds of a person: carts, which go, and orders, which stay for the books and name nobody."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch

from cdp.lib.rights import Erased, Part, Person, Row, Store
from commerce.models import Cart, Order, OrderLine
from commerce.services import forgetting

PAGE = 200


def export_carts(person: Person) -> Iterator[Part]:
    """Every cart."""
    yield Part("carts", "What lay in your carts, when, and which order closed them.", _carts(person))


def export_orders(person: Person) -> Iterator[Part]:
    """Every order with its lines and refunds."""
    yield Part("orders", "What you ordered and gave back, with amounts.", _orders(person))


def erase_carts(person: Person, now: datetime) -> Erased:
    """Gone; their events are erased too, so that nothing folds them again."""
    return Erased({"carts deleted": forgetting.delete_carts(person.ids)})


def erase_orders(person: Person, now: datetime) -> Erased:
    """Kept as they stood, without a person."""
    return Erased({"orders made nobody's, kept for the books": forgetting.part_orders(person.ids, now)})


def carts_remain(person: Person) -> int:
    """Carts that hang on their identifiers."""
    return Cart.objects.filter(identifier_id__in=person.ids).count()


def orders_remain(person: Person) -> int:
    """Orders that do."""
    return Order.objects.filter(identifier_id__in=person.ids).count()


def _carts(person: Person) -> Iterator[Row]:
    rows = Cart.objects.filter(identifier_id__in=person.ids).order_by("opened_at", "pk")
    for row in rows.iterator(chunk_size=PAGE):
        yield {
            "cart_id": row.cart_id,
            "state": row.state,
            "lines": row.lines,
            "value": str(row.value),
            "currency": row.currency,
            "opened_at": row.opened_at.isoformat(),
            "last_activity_at": row.last_activity_at.isoformat(),
            "order_id": row.order_id,
        }


def _orders(person: Person) -> Iterator[Row]:
    lines = Prefetch("lines", OrderLine.objects.order_by("position"))
    rows = Order.objects.filter(identifier_id__in=person.ids).order_by("placed_at", "pk").prefetch_related(lines)
    for row in rows.iterator(chunk_size=PAGE):
        yield {
            "order_id": row.order_id,
            "status": row.status,
            "placed_at": row.placed_at.isoformat() if row.placed_at else None,
            "currency": row.currency,
            "country": row.country,
            "revenue": str(row.revenue),
            "refunded": str(row.refunded),
            "total": _amount(row.total),
            "tax": _amount(row.tax),
            "shipping": _amount(row.shipping),
            "discount": _amount(row.discount),
            "cart_id": row.cart_id,
            "coupon": row.coupon or None,
            "lines": [
                {
                    "kind": line.kind,
                    "product_id": line.product_id,
                    "name": line.name,
                    "quantity": str(line.quantity),
                    "price": str(line.price),
                    "amount": str(line.amount),
                    "at": line.occurred_at.isoformat(),
                }
                for line in row.lines.all()
            ],
        }


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


STORES: tuple[Store, ...] = (
    Store(
        name="carts",
        title="Carts",
        stage=30,
        erase=erase_carts,
        remains=carts_remain,
        export=export_carts,
        models=("commerce.Cart",),
    ),
    Store(
        name="orders",
        title="Orders",
        stage=25,
        erase=erase_orders,
        remains=orders_remain,
        export=export_orders,
        models=("commerce.Order", "commerce.OrderLine"),
    ),
)
"""An order is a business record: it stays with its amounts, and nothing in it leads to the person any more. It is
parted before the events go, or a refold in between would find nothing and delete it."""
