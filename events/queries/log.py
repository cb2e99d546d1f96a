"""Reads of the event log, as structs whose numbers are int or Decimal."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.values import read_number
from events.contracts import StoredEvent

COLUMNS = """id, source_id, server_side, message_hash, type, name, identifier_id, occurred_at, received_at, cart_id,
order_id, properties::text"""
BUSY = """SELECT {column}, count(*) FROM events_event WHERE {column} = ANY(%s::{kind}[]) AND name = ANY(%s::text[])
GROUP BY 1 HAVING count(*) > %s"""
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number)


def events_between(
    first_id: int, last_id: int, names: Collection[str] | None = None, *, with_context: bool = True
) -> list[StoredEvent]:
    """The events of one stored batch (topic events.stored), by id; with `names` only those so named.

    Here and below: without `with_context` their context is empty, which halves what is read and decoded.
    """
    return _select("id BETWEEN %s AND %s", [first_id, last_id], names=names, order="id", with_context=with_context)


def events_of_identifiers(
    ids: Sequence[int],
    names: Collection[str] | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    *,
    with_context: bool = True,
) -> list[StoredEvent]:
    """The events that hang on these identifiers, newest first; `since` is included."""
    if not ids:
        return []
    where = "identifier_id = ANY(%s::bigint[])"
    params: list[Any] = [list(ids)]
    if since is not None:
        where, params = f"{where} AND occurred_at >= %s", [*params, since]
    order = "occurred_at DESC, message_hash DESC"
    return _select(where, params, names=names, order=order, limit=limit, with_context=with_context)


def events_of_cart_ids(
    ids: Collection[str],
    names: Collection[str] | None = None,
    limit: int | None = None,
    *,
    with_context: bool = True,
) -> list[StoredEvent]:
    """The events with one of these cart ids, newest first."""
    where, order = "cart_id = ANY(%s::text[])", "occurred_at DESC, message_hash DESC"
    params = [sorted(ids)]
    return _select(where, params, names=names, order=order, limit=limit, with_context=with_context) if ids else []


def busy_identifiers(ids: Collection[int], names: Collection[str], most: int) -> dict[int, int]:
    """{identifier id: number of its events of these names} of those with more than `most`."""
    return dict(bulk_sql.fetch(BUSY.format(column="identifier_id", kind="bigint"), [sorted(ids), sorted(names), most]))


def busy_carts(cart_ids: Collection[str], names: Collection[str], most: int) -> dict[str, int]:
    """{cart id: number of its events of these names} of those with more than `most`."""
    return dict(bulk_sql.fetch(BUSY.format(column="cart_id", kind="text"), [sorted(cart_ids), sorted(names), most]))


def events_of_order_ids(ids: Collection[str], *, with_context: bool = True) -> list[StoredEvent]:
    """Every event with one of these order ids, in (occurred_at, message hash) order."""
    where, order = "order_id = ANY(%s::text[])", "occurred_at, message_hash"
    return _select(where, [sorted(ids)], order=order, with_context=with_context) if ids else []


def _select(
    where: str,
    params: list[Any],
    *,
    names: Collection[str] | None = None,
    order: str,
    limit: int | None = None,
    with_context: bool,
) -> list[StoredEvent]:
    if names is not None:
        where, params = f"{where} AND name = ANY(%s::text[])", [*params, sorted(names)]
    tail = "" if limit is None else f" LIMIT {int(limit)}"
    columns = f"{COLUMNS}, context::text" if with_context else COLUMNS
    statement = f"SELECT {columns} FROM events_event WHERE {where} ORDER BY {order}{tail}"  # noqa: S608 - ours, no values
    return _structs(bulk_sql.fetch(statement, params), with_context=with_context)


def _structs(rows: Iterable[tuple[Any, ...]], *, with_context: bool) -> list[StoredEvent]:
    decode = _objects.decode
    if with_context:
        return [StoredEvent(*(*row[:11], decode(row[11]), decode(row[12]) if row[12] != "{}" else {})) for row in rows]
    return [StoredEvent(*(*row[:11], decode(row[11]), {})) for row in rows]
