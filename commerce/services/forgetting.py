"""Erasing a person from carts and orders, under the refold's own locks, so that no refold under way undoes it.

An order kept without a person has the digest `KEPT`: refolds leave it as it stands, since most of its events are gone.
What was ordered a moment ago and is not folded yet is folded first, so that the books miss nothing.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from cdp.lib.conflicts import retrying
from commerce import amounts
from commerce.carts import cart_key
from commerce.models import Cart, Order
from commerce.orders import ORDER_NAMES
from commerce.services.locking import lock_carts_and_orders, lock_identifiers
from commerce.services.refolding import refold
from commerce.services.writing import KEPT
from events import queries as events


def delete_carts(identifier_ids: Collection[int]) -> int:
    """Delete every cart that hangs on these identifiers; how many."""
    return retrying(lambda: _delete(list(identifier_ids)))


def part_orders(identifier_ids: Collection[int], now: datetime) -> int:
    """Take the person out of their orders, which stay for the books; how many."""
    return retrying(lambda: _part(list(identifier_ids), now))


@transaction.atomic
def _delete(ids: list[int]) -> int:
    lock_identifiers(ids)
    named = Cart.objects.filter(identifier_id__in=ids, cart_id__isnull=False).values_list("key", flat=True)
    prefix = len(cart_key(""))
    lock_carts_and_orders([key[prefix:] for key in named], ())
    return Cart.objects.filter(identifier_id__in=ids).delete()[0]


@transaction.atomic
def _part(ids: list[int], now: datetime) -> int:
    lock_identifiers(ids)
    named = _ordered(ids)
    known = list(Order.objects.filter(identifier_id__in=ids).values_list("order_id", flat=True))
    lock_carts_and_orders((), {*named, *known})
    _fold(named, ids, now)
    theirs = Order.objects.filter(identifier_id__in=ids, order_id__in={*named, *known})
    emptied: dict[str, object] = {"cart_id": None, "country": "", "coupon": "", "redemptions": []}
    return theirs.update(identifier_id=None, **emptied, digest=KEPT, updated_at=now)


def _ordered(ids: list[int]) -> set[str]:
    found = events.events_of_identifiers(ids, ORDER_NAMES, with_context=False)
    usable = {amounts.usable_id(event.order_id) for event in found if event.order_id}
    return {order_id for order_id in usable if order_id}


def _fold(order_ids: set[str], ids: list[int], now: datetime) -> None:
    """An identifier without its name no longer tells whose account it was: what is known of that stays."""
    guests = dict(Order.objects.filter(order_id__in=order_ids).values_list("order_id", "is_guest"))
    refold(order_ids=order_ids, now=now)
    for is_guest in (True, False):
        before = [order_id for order_id, was_guest in guests.items() if was_guest is is_guest]
        rows = Order.objects.filter(order_id__in=before, identifier_id__in=ids).exclude(is_guest=is_guest)
        rows.update(is_guest=is_guest)
