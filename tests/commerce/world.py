"""A small world for database tests: sources, and events sent through the real inbox, processed and refolded."""

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from commerce.models import Cart, Order
from events.models import Source
from events.queries import source_by_id
from events.services import record
from tests.commerce.facts import START

_numbers = itertools.count(1)
Drain = Callable[..., int]
WORK = frozenset({"events.process", "commerce.refold", "commerce.rejoin"})


def make_source(kind: str = "server") -> Source:
    """A source of this kind."""
    return Source.objects.create(name=f"{kind} shop", kind=kind)


def track(
    event: str, minutes: float = 0, /, *, user: str | None = None, anonymous: str | None = None, **properties: Any
) -> dict[str, Any]:
    """A track call."""
    who = {"userId": user} if user else {}
    who |= {"anonymousId": anonymous} if anonymous else {}
    at = (START + timedelta(minutes=minutes)).isoformat()
    return {
        "type": "track",
        "event": event,
        "messageId": f"m{next(_numbers)}",
        "timestamp": at,
        "properties": properties,
        **who,
    }


def identify(user: str, anonymous: str, minutes: float = 0) -> dict[str, Any]:
    """An identify call that links a browser with an account."""
    at = (START + timedelta(minutes=minutes)).isoformat()
    return {
        "type": "identify",
        "messageId": f"m{next(_numbers)}",
        "timestamp": at,
        "userId": user,
        "anonymousId": anonymous,
    }


def send(source: Source, *items: dict[str, Any]) -> None:
    """Put calls into the inbox."""
    facts = source_by_id(source.pk)
    assert facts is not None
    assert all(not answer.rejected for answer in record(facts, items))


def send_and_work(drain: Drain, source: Source, batches: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Send batch by batch, each processed and refolded before the next."""
    for batch in batches:
        if batch:
            send(source, *batch)
            drain(only=WORK)


def carts() -> dict[str, tuple[str, dict[str, str]]]:
    """{key with the identifier's number left out: (state, {product: quantity})}."""
    return {
        (f"run:{cart.key.split(':')[2]}" if cart.cart_id is None else cart.key): (
            cart.state,
            {line["product_id"]: line["quantity"] for line in cart.lines},
        )
        for cart in Cart.objects.all()
    }


def cart_states() -> list[str]:
    """The states of all carts, in order of opening."""
    return list(Cart.objects.order_by("opened_at").values_list("state", flat=True))


def everything() -> dict[str, Any]:
    """All carts and orders with their lines, free of row ids."""
    return {
        "carts": {
            key: (cart.lines, cart.value, cart.opened_at, cart.last_added_at, cart.last_activity_at, cart.order_id,
                  cart.state)
            for cart, key in ((cart, cart.cart_id or cart.key.split(":")[2]) for cart in Cart.objects.all())
        },
        "orders": {
            order.order_id: (
                order.status, order.revenue, order.refunded, order.is_guest, order.placed_at, order.currency,
                [(line.position, line.kind, line.product_id, line.quantity, line.amount, line.occurred_at)
                 for line in order.lines.order_by("position")],
            )
            for order in Order.objects.all()
        },
    }  # fmt: skip
