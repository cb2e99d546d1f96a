"""Orders from rows: one row an order, or one row a line, however far apart the lines of an order stand. Pure.

A row becomes an `OrderRow`; all rows of one order, in the order of the file, become one Order Completed. An order of
which one row cannot be read is not placed at all: half an order would be a wrong one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from commerce.amounts import usable_id
from imports import values
from imports.building import Fields, Plan, order_message_id, who, written
from imports.contracts import BadValue, Built, Row
from imports.targets import LINE, ORDER_AMOUNTS

MOST_LINES = 5_000
MOST_BYTES = 1_500_000
HEAD = (*ORDER_AMOUNTS, "currency", "coupon", "cart_id", "country", "products")


class OrderRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one row tells of its order; also the shape of the spooled bytes."""

    number: int
    keys: dict[str, str] = {}
    at: datetime | None = None
    head: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    line: dict[str, Any] = {}
    fault: bool = False


def read_row(plan: Plan, row: Row) -> tuple[str, OrderRow]:
    """(order id, what the row tells of it). Raises BadValue; `order_id_of` then says which order it spoils."""
    told = plan.read(row)
    order_id = usable_id(told.fields.get("order_id"))
    if order_id is None:
        raise BadValue("order_id", "The order id is missing, or is longer than 200 characters.")
    head = {name: told.fields[name] for name in HEAD if name in told.fields}
    if "products" in head and not _is_lines(head["products"]):
        raise BadValue("products", 'The lines must be a JSON list of objects like [{"product_id": "…"}].')
    line = {("name" if name == "product_name" else name): told.fields[name] for name in LINE if name in told.fields}
    line |= told.named_as("line_property")
    if told.currency:
        head.setdefault("currency", told.currency)
    properties = {**told.rest, **told.named_as("property")} if told.rest else dict(told.named_as("property"))
    return order_id, OrderRow(row.number, told.keys, told.at, head, properties, line)


def order_id_of(plan: Plan, row: Row) -> str | None:
    """The order a row belongs to, if that much can be read of it."""
    for place, column, parse in plan.reads:
        if column.target == "order_id" and len(row.cells) > place and not values.is_nothing(row.cells[place]):
            return usable_id(parse(row.cells[place]))
    return None


def build_order(plan: Plan, order_id: str, rows: Sequence[OrderRow]) -> Built:
    """The Order Completed of all rows of one order. Raises BadValue where they cannot be one order."""
    if any(row.fault for row in rows):
        raise BadValue("order_incomplete", "Another row of this order cannot be used: an order is imported whole.")
    if len(rows) > MOST_LINES:
        raise BadValue("order_too_long", f"The order has more than {MOST_LINES:,} rows.")
    keys = _keys(rows)
    at = min((row.at for row in rows if row.at is not None), default=None)
    if at is None:
        raise BadValue("time_missing", "The order has no time.")
    properties: Fields = {"order_id": order_id}
    for row in reversed(rows):
        properties |= row.properties
    for row in reversed(rows):
        properties |= row.head
    if lines := [row.line for row in rows if row.line]:
        properties["products"] = lines
    currency = properties.get("currency") or plan.options.currency
    if currency:
        properties["currency"] = str(currency).strip().upper()
    properties["order_id"] = order_id
    traits: Fields = {}
    if keys:
        call = who(keys, traits)
    else:
        call = {"anonymousId": f"guest-of-order-{order_id}"}
        properties["is_guest"] = True
    if traits:
        call["context"] = {**call.get("context", {}), "traits": traits}
    message_id = order_message_id(order_id)
    item = {
        "type": "track",
        "event": "Order Completed",
        **call,
        "properties": properties,
        "timestamp": written(at),
        "messageId": message_id,
    }
    return Built(rows[0].number, message_id, item, tuple(keys.items()))


def _keys(rows: Sequence[OrderRow]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for row in rows:
        for kind, value in row.keys.items():
            if keys.setdefault(kind, value) != value:
                raise BadValue("order_of_two", f"Rows of this order name different people ({kind.replace('_', ' ')}).")
    return keys


def _is_lines(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(entry, dict) for entry in found)
