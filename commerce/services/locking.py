"""Locks of the refold: advisory, held to the end of the transaction, taken in sorted order.

Keys fall into 1,024 stripes a namespace, because a batch may touch tens of thousands of keys and PostgreSQL's lock
table is small. Every identifier is locked before any cart or order, so two refolds never wait for each other in a
circle.
"""

from collections.abc import Iterable

from django.db import connection

IDENTIFIERS = 20_501  # namespaces: the first of the two integers of a PostgreSQL advisory lock
KEYS = 20_502
LOCK = """
SELECT pg_advisory_xact_lock(%s, stripe) FROM (
  SELECT DISTINCT (hashtextextended(key, 0) & 1023)::int AS stripe FROM unnest(%s::text[]) AS key ORDER BY stripe
) AS stripes
"""


def lock_identifiers(ids: Iterable[int]) -> None:
    """Nobody else refolds a run of these identifiers until this transaction ends."""
    _lock(IDENTIFIERS, [str(identifier_id) for identifier_id in ids])


def lock_carts_and_orders(cart_ids: Iterable[str], order_ids: Iterable[str]) -> None:
    """Nobody else refolds these carts and orders until this transaction ends. Call it once, after the identifiers."""
    _lock(KEYS, [*(f"cart:{key}" for key in cart_ids), *(f"order:{key}" for key in order_ids)])


def _lock(namespace: int, keys: list[str]) -> None:
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [namespace, keys])
