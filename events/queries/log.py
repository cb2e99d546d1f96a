"""Reads of the event log, as structs whose numbers are int or Decimal."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from events.contracts import StoredEvent
from events.values import read_number

COLUMNS = """id, source_id, server_side, message_hash, type, name, identifier_id, occurred_at, received_at, cart_id,
order_id,
properties::text, context::text"""
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number)


def events_between(first_id: int, last_id: int, names: Collection[str] | None = None) -> list[StoredEvent]:
    """The events of one stored batch (topic events.stored), by id; with `names` only those so named."""
    return _select("id BETWEEN %s AND %s", [first_id, last_id], names=names, order="id")


def events_of_identifiers(
    ids: Sequence[int], names: Collection[str] | None = None, since: datetime | None = None, limit: int | None = None
) -> list[StoredEvent]:
    """The events that hang on these identifiers, newest first; `since` is included."""
    if not ids:
        return []
    where = "identifier_id = ANY(%s::bigint[])"
    params: list[Any] = [list(ids)]
    if since is not None:
        where, params = f"{where} AND occurred_at >= %s", [*params, since]
    return _select(where, params, names=names, order="occurred_at DESC, message_hash DESC", limit=limit)


def events_of_cart_ids(ids: Collection[str]) -> list[StoredEvent]:
    """Every event with one of these cart ids, in (occurred_at, message hash) order."""
    return _select("cart_id = ANY(%s::text[])", [sorted(ids)], order="occurred_at, message_hash") if ids else []


def events_of_order_ids(ids: Collection[str]) -> list[StoredEvent]:
    """Every event with one of these order ids, in (occurred_at, message hash) order."""
    return _select("order_id = ANY(%s::text[])", [sorted(ids)], order="occurred_at, message_hash") if ids else []


def _select(
    where: str, params: list[Any], *, names: Collection[str] | None = None, order: str, limit: int | None = None
) -> list[StoredEvent]:
    if names is not None:
        where, params = f"{where} AND name = ANY(%s::text[])", [*params, sorted(names)]
    tail = "" if limit is None else f" LIMIT {int(limit)}"
    statement = f"SELECT {COLUMNS} FROM events_event WHERE {where} ORDER BY {order}{tail}"  # noqa: S608 - ours, no values
    return _structs(bulk_sql.fetch(statement, params))


def _structs(rows: Iterable[tuple[Any, ...]]) -> list[StoredEvent]:
    decode = _objects.decode
    return [StoredEvent(*(*row[:11], decode(row[11]), decode(row[12]) if row[12] != "{}" else {})) for row in rows]
