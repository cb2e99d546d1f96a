"""Frames for training and analysis: order lines and product interactions, a row each, by person.

`person` is the profile id as text; who is nobody (shared identifiers) or no person (guest orders) is not in them.
Amounts are floats here: for exact sums ask the tables. The lake's engine answers; where the lake is being built or is
behind, the database's own rows do, which say the same.
"""

import io
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import sqlglot
from django.db import connection, transaction
from sqlglot import exp

from cdp.lib.clock import to_us
from commerce.models import Order
from lake.contracts import Ask, Facet, LakeNotReadyError, Limits, Value
from lake.engines import Statement
from lake.queries import snapshot
from lake.queries.engine import engine

LIMITS = Limits(seconds=600.0)  # a job's: years of orders
LONG_AGO_US, FAR_AWAY_US = -(2**62), 2**62
PEOPLE = Ask("identifiers", ("id", "profile_hi", "profile_lo", "is_shared"))
ORDERS = Ask("orders", ("id", "identifier_id", "order_id", "status", "is_guest"))
LINES = Ask("order_lines", ("id", "order_row", "kind", "product_id", "occurred_us", "quantity", "amount"))
PRODUCT = Value("product_id", frozenset({Facet.TEXT, Facet.FOLDED}))  # as written: text, or the digits of a number
LINES_OF_LAKE = """
SELECT i.profile_hi, i.profile_lo, l.product_id, l.occurred_us, l.quantity, l.amount
FROM order_lines AS l JOIN orders AS o ON o.id = l.order_row JOIN identifiers AS i ON i.id = o.identifier_id
WHERE l.kind = 'goods' AND l.product_id <> '' AND NOT o.is_guest AND NOT i.is_shared
  AND o.status IN ('placed', 'refunded', 'partly_refunded')
  AND l.occurred_us >= $since_us AND l.occurred_us < $until_us
ORDER BY l.occurred_us, o.order_id, l.id
"""
INTERACTIONS_OF_LAKE = """
SELECT i.profile_hi, i.profile_lo, COALESCE(e.v0_text, e.v0_folded) AS product_id, e.occurred_us, e.name
FROM events AS e JOIN identifiers AS i ON i.id = e.identifier_id
WHERE NOT i.is_shared AND COALESCE(e.v0_text, e.v0_folded) <> ''
  AND e.occurred_us >= $since_us AND e.occurred_us < $until_us
ORDER BY e.occurred_us, e.id
"""
ORDER_LINES = """
SELECT i.profile_id, l.product_id, l.occurred_at, l.quantity, l.amount
FROM commerce_orderline AS l JOIN commerce_order AS o ON o.id = l.order_id
  JOIN profiles_identifier AS i ON i.id = o.identifier_id
WHERE l.kind = 'goods' AND l.product_id <> '' AND NOT o.is_guest AND NOT i.is_shared
  AND o.status = ANY(%s::text[])
  AND l.occurred_at >= %s::timestamptz AND l.occurred_at < %s::timestamptz
ORDER BY l.occurred_at, o.order_id, l.id
"""
INTERACTIONS = """
SELECT i.profile_id, e.properties->>'product_id', e.occurred_at, e.name
FROM events_event AS e JOIN profiles_identifier AS i ON i.id = e.identifier_id
WHERE e.name = ANY(%s::text[]) AND NOT i.is_shared AND e.properties->>'product_id' <> ''
  AND e.occurred_at >= %s::timestamptz AND e.occurred_at < %s::timestamptz
ORDER BY e.occurred_at, e.id
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
    try:
        return _frame_of_lake(LINES_OF_LAKE, (LINES, ORDERS, PEOPLE), since, until, columns)
    except LakeNotReadyError:
        return _frame(ORDER_LINES, [list(Order.BOUGHT), since or EVER, until or NEVER], columns)


def interactions_frame(
    names: Sequence[str] = ("Product Viewed", "Product Added"),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Events about one product in [since, until): person, product_id, occurred_at, name; oldest first."""
    columns = {"person": TEXT, "product_id": TEXT, "occurred_at": TIME, "name": TEXT}
    reach = None if since is None else to_us(since) - 1
    events = Ask("events", ("id", "identifier_id", "name", "occurred_us"), (PRODUCT,), frozenset(names), reach)
    try:
        return _frame_of_lake(INTERACTIONS_OF_LAKE, (events, PEOPLE), since, until, columns)
    except LakeNotReadyError:
        return _frame(INTERACTIONS, [list(names), since or EVER, until or NEVER], columns)


def _frame_of_lake(
    text: str, asks: Sequence[Ask], since: datetime | None, until: datetime | None, columns: Mapping[str, pa.DataType]
) -> pd.DataFrame:
    values = {
        "since_us": LONG_AGO_US if since is None else to_us(since),
        "until_us": FAR_AWAY_US if until is None else to_us(until),
    }
    with snapshot([ask.table for ask in asks]) as snap:
        relations = {ask.table: snap.relation(ask) for ask in asks}
        if snap.as_of is not None:
            raise LakeNotReadyError(f"the lake knows what was there until {snap.as_of}")
        found = engine().query(_statement(text), relations, limits=LIMITS, values=values)
    made = {"person": _people(found), "occurred_at": found["occurred_us"].cast(pa.timestamp("us")).cast(TIME)}
    arrays = [made[name] if name in made else found[name].cast(kind) for name, kind in columns.items()]
    return pa.Table.from_arrays(arrays, names=list(columns)).to_pandas()


def _people(found: pa.Table) -> pa.Array:
    """The profile ids of the rows as text; each is written once."""
    pairs = pd.MultiIndex.from_arrays([found["profile_hi"].to_numpy(), found["profile_lo"].to_numpy()])
    places, people = pairs.factorize()
    names = pa.array([str(UUID(bytes=struct.pack(">qq", hi, lo))) for hi, lo in people], TEXT)
    return names.take(pa.array(places.astype(np.int64)))


@cache
def _statement(text: str) -> Statement:
    return Statement(sqlglot.parse_one(text, dialect="duckdb", into=exp.Select))


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
