"""Writing: folded carts and orders against what is stored, whole sets at a time; only what differs is written."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from cdp.lib import bulk_sql
from commerce.carts import cart_key
from commerce.contracts import CartLine, CartState, LineState, OrderState

CART_COLUMNS = {
    "key": "text",
    "identifier_id": "bigint",
    "cart_id": "text",
    "state": "text",
    "lines": "jsonb",
    "currency": "text",
    "value": "numeric",
    "opened_at": "timestamptz",
    "last_added_at": "timestamptz",
    "last_activity_at": "timestamptz",
    "order_id": "text",
    "digest": "bytea",
    "updated_at": "timestamptz",
}
ORDER_COLUMNS = {
    "order_id": "text",
    "identifier_id": "bigint",
    "status": "text",
    "is_guest": "boolean",
    "currency": "text",
    "country": "text",
    "revenue": "numeric",
    "total": "numeric",
    "tax": "numeric",
    "shipping": "numeric",
    "discount": "numeric",
    "refunded": "numeric",
    "cart_id": "text",
    "coupon": "text",
    "coupon_is_trusted": "boolean",
    "redemptions": "jsonb",
    "cancel_is_trusted": "boolean",
    "placed_at": "timestamptz",
    "digest": "bytea",
    "updated_at": "timestamptz",
}
# Of an order whose person was erased: it stays as it stood, whatever comes for it.
KEPT = b"\xff" * 16
STORED_CARTS = """
SELECT key, digest FROM commerce_cart WHERE key = ANY(%s)
UNION ALL
SELECT key, digest FROM commerce_cart AS cart
JOIN unnest(%s::bigint[], %s::timestamptz[]) AS whose(identifier_id, since) USING (identifier_id)
WHERE cart.cart_id IS NULL AND (since IS NULL OR cart.last_activity_at >= since)
"""
# What the fold does not tell: the version counts changes of what is stored, and who comes back abandons nothing yet.
CART_STORY = """
  version = commerce_cart.version
    + ((commerce_cart.lines, commerce_cart.currency) IS DISTINCT FROM (EXCLUDED.lines, EXCLUDED.currency))::int,
  abandoned_at = CASE WHEN {stays} THEN commerce_cart.abandoned_at END,
  unmailed_reason = CASE WHEN {stays} THEN commerce_cart.unmailed_reason ELSE '' END
""".format(stays="EXCLUDED.state = 'ordered' OR EXCLUDED.last_activity_at = commerce_cart.last_activity_at")
COPY_LINES = """
COPY commerce_orderline (order_id, position, kind, product_id, name, quantity, price, amount, occurred_at) FROM STDIN
"""
_pack = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder(decimal_format="string").encode


def write_carts(
    states: Mapping[str, CartState],
    since: Mapping[int, datetime | None],
    cart_ids: Collection[str],
    now: datetime,
) -> list[str]:
    """Make the stored carts of these ids equal to `states`. Returns the keys written or deleted.

    `since`: the identifiers whose runs are among `states`; runs that ended before the time given are left as they are.
    """
    digests = {key: _digest(state) for key, state in states.items()}
    keys = sorted({*states, *map(cart_key, cart_ids)})
    with connection.cursor() as cursor:
        cursor.execute(STORED_CARTS, [keys, list(since), list(since.values())])
        stored = {key: bytes(digest) for key, digest in cursor.fetchall()}
        gone = sorted(stored.keys() - states.keys())
        if gone:
            cursor.execute("DELETE FROM commerce_cart WHERE key = ANY(%s)", [gone])
        changed = sorted(key for key, digest in digests.items() if stored.get(key) != digest)
        if changed:
            rows = [_cart_row(states[key], digests[key], now) for key in changed]
            bulk_sql.execute(_upsert("commerce_cart", CART_COLUMNS, "key", CART_STORY), _columns(rows))
    return gone + changed


def write_orders(states: Sequence[tuple[OrderState, bool]], order_ids: Collection[str], now: datetime) -> list[str]:
    """Make the stored orders of these ids, with their lines, equal to `states`. Returns the ids written or deleted.

    Those kept without a person (see KEPT) stay as they are.
    """
    folded = {state.order_id: (state, is_guest, _digest((state, is_guest))) for state, is_guest in states}
    with connection.cursor() as cursor:
        cursor.execute("SELECT order_id, digest FROM commerce_order WHERE order_id = ANY(%s)", [sorted(order_ids)])
        stored = {order_id: bytes(digest) for order_id, digest in cursor.fetchall()}
        kept = {order_id for order_id, digest in stored.items() if digest == KEPT}
        gone = sorted(stored.keys() - folded.keys() - kept)
        differing = {order_id for order_id, (_, _, digest) in folded.items() if stored.get(order_id) != digest}
        changed = sorted(differing - kept)
        if stale := [*gone, *(order_id for order_id in changed if order_id in stored)]:
            cursor.execute(
                "DELETE FROM commerce_orderline USING commerce_order AS o "
                "WHERE commerce_orderline.order_id = o.id AND o.order_id = ANY(%s)",
                [stale],
            )
        if gone:
            cursor.execute("DELETE FROM commerce_order WHERE order_id = ANY(%s)", [gone])
        if changed:
            rows = [_order_row(*folded[order_id], now) for order_id in changed]
            statement = _upsert("commerce_order", ORDER_COLUMNS, "order_id") + " RETURNING order_id, id"
            ids = dict(bulk_sql.fetch(statement, _columns(rows)))
            _copy_lines(cursor, [(ids[order_id], folded[order_id][0].lines) for order_id in changed])
    return gone + changed


def _copy_lines(cursor: Any, orders: Sequence[tuple[int, Sequence[LineState]]]) -> None:
    with cursor.copy(COPY_LINES) as copy:
        for order, lines in orders:
            for position, line in enumerate(lines):
                copy.write_row(
                    (
                        order,
                        position,
                        line.kind,
                        line.product_id,
                        line.name,
                        line.quantity,
                        line.price,
                        line.amount,
                        line.occurred_at,
                    )
                )


def _upsert(table: str, columns: Mapping[str, str], key: str, more: str = "") -> str:
    names = ", ".join(columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    updates = ", ".join([*(f"{name} = EXCLUDED.{name}" for name in columns if name != key), *filter(None, [more])])
    return (
        f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - names of our own columns
        f"ON CONFLICT ({key}) DO UPDATE SET {updates}"
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _cart_row(state: CartState, digest: bytes, now: datetime) -> tuple[Any, ...]:
    return (
        state.key,
        state.identifier_id,
        state.cart_id,
        state.state,
        encode_lines(state.lines),
        state.currency,
        state.value,
        state.opened_at,
        state.last_added_at,
        state.last_activity_at,
        state.order_id,
        digest,
        now,
    )


def _order_row(state: OrderState, is_guest: bool, digest: bytes, now: datetime) -> tuple[Any, ...]:
    return (
        state.order_id,
        state.identifier_id,
        state.status,
        is_guest,
        state.currency,
        state.country,
        state.revenue,
        state.total,
        state.tax,
        state.shipping,
        state.discount,
        state.refunded,
        state.cart_id,
        state.coupon,
        state.coupon_is_trusted,
        _json(state.redemptions).decode(),
        state.cancel_is_trusted,
        state.placed_at,
        digest,
        now,
    )


def encode_lines(lines: Sequence[CartLine]) -> str:
    """Cart lines as stored: JSON, amounts as text so that no digit is lost."""
    return _json(lines).decode()


def _digest(state: Any) -> bytes:
    return hashlib.blake2b(_pack(state), digest_size=16).digest()
