"""Frames for training and analysis: order lines and product interactions, a row each, by person.

`person` is the profile id as text; who is nobody (shared identifiers) or no person (guest orders) is not in them.
Amounts are floats here: for exact sums ask the tables. The database streams CSV and Arrow reads it: a million lines
take seconds and little memory.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
from django.db import connection, transaction

from commerce.models import Order

ORDER_LINES = """
SELECT i.profile_id, l.product_id, l.occurred_at, l.quantity, l.amount
FROM commerce_orderline AS l JOIN commerce_order AS o ON o.id = l.order_id
  JOIN profiles_identifier AS i ON i.id = o.identifier_id
WHERE l.kind = 'goods' AND l.product_id <> '' AND NOT o.is_guest AND NOT i.is_shared
  AND o.status = ANY(%s::text[])
  AND l.occurred_at >= %s::timestamptz AND l.occurred_at < %s::timestamptz
ORDER BY l.occurred_at, o.order_id, l.position
"""
INTERACTIONS = """
SELECT i.profile_id, e.properties->>'product_id', e.occurred_at, e.name
FROM events_event AS e JOIN profiles_identifier AS i ON i.id = e.identifier_id
WHERE e.name = ANY(%s::text[]) AND NOT i.is_shared AND e.properties->>'product_id' <> ''
  AND e.occurred_at >= %s::timestamptz AND e.occurred_at < %s::timestamptz
ORDER BY e.occurred_at, e.message_hash
"""
TIME = pa.timestamp("us", "UTC")
TEXT = pa.string()
EVER, NEVER = "-infinity", "infinity"


def order_lines_frame(*, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
    """Goods of placed orders in [since, until), oldest first: person, product_id, occurred_at, quantity, amount."""
    columns = {
        "person": TEXT,
        "product_id": TEXT,
        "occurred_at": TIME,
        "quantity": pa.float64(),
        "amount": pa.float64(),
    }
    return _frame(ORDER_LINES, [list(Order.BOUGHT), since or EVER, until or NEVER], columns)


def interactions_frame(
    names: Sequence[str] = ("Product Viewed", "Product Added"),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Events about one product in [since, until): person, product_id, occurred_at, name; oldest first."""
    columns = {"person": TEXT, "product_id": TEXT, "occurred_at": TIME, "name": TEXT}
    return _frame(INTERACTIONS, [list(names), since or EVER, until or NEVER], columns)


def _frame(statement: str, params: list[Any], columns: dict[str, pa.DataType]) -> pd.DataFrame:
    buffer = io.BytesIO()
    copying = f"COPY ({statement}) TO STDOUT WITH (FORMAT csv)"
    with transaction.atomic(), connection.cursor() as cursor:
        # Everything is read once. Right after an import the planner may still believe the tables empty and nest loops.
        cursor.execute("SET LOCAL enable_nestloop = off")
        with cursor.copy(copying, params) as copy:
            for block in copy:
                buffer.write(block)
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    if not buffer.tell():
        return pa.schema(list(columns.items())).empty_table().to_pandas()
    buffer.seek(0)
    table = pacsv.read_csv(
        buffer,
        read_options=pacsv.ReadOptions(column_names=list(columns)),
        convert_options=pacsv.ConvertOptions(
            column_types={name: TEXT if kind == TIME else kind for name, kind in columns.items()},
            strings_can_be_null=False,
        ),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
    )
    frame = table.to_pandas()
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], utc=True, format="ISO8601")
    return frame
