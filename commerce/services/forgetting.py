"""Erasing a person from carts and orders, under the refold's own locks, so that no refold under way undoes it.

An order kept without a person has the digest `KEPT`: refolds leave it as it stands, since most of its events are gone.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from cdp.lib.conflicts import retrying
from commerce.carts import cart_key
from commerce.models import Cart, Order
from commerce.services.locking import lock_carts_and_orders, lock_identifiers
from commerce.services.writing import KEPT


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
    order_ids = list(Order.objects.filter(identifier_id__in=ids).values_list("order_id", flat=True))
    lock_carts_and_orders((), order_ids)
    theirs = Order.objects.filter(identifier_id__in=ids, order_id__in=order_ids)
    return theirs.update(identifier_id=None, cart_id=None, country="", digest=KEPT, updated_at=now)
