"""Who touched which product when, as Arrow columns for training: what was bought and what events tell, by person.

Made for millions of rows: texts are written once each, people may be sampled while reading, and nothing is a Python
object a row. Who is nobody (shared identifiers) or no person (guest orders) is left out. The lake's engine answers;
where the lake is being built or is behind, the database's own rows do, which say the same.
"""

import io
import struct
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import sqlglot
from django.db import connection, transaction
from numpy.typing import NDArray
from sqlglot import exp

from cdp.lib.clock import to_us
from commerce.models import Order
from lake.contracts import Ask, Facet, LakeNotReadyError, Limits, Value
from lake.engines import Statement
from lake.queries import snapshot
from lake.queries.engine import engine

BOUGHT = "bought"
BUCKETS = 65_536  # people are sampled by the last 16 bits of the profile id, which are random
LIMITS = Limits(seconds=1_800.0)
PEOPLE = Ask("identifiers", ("id", "profile_hi", "profile_lo", "is_shared"))
ORDERS = Ask("orders", ("id", "identifier_id", "status", "is_guest", "country", "placed_us"))
LINES = Ask("order_lines", ("id", "order_row", "kind", "product_id", "occurred_us"))
PRODUCT = Value("product_id", frozenset({Facet.TEXT, Facet.FOLDED}))  # as written: text, or the digits of a number
FROM_LINES = """
FROM order_lines AS l JOIN orders AS o ON o.id = l.order_row JOIN identifiers AS i ON i.id = o.identifier_id
WHERE l.kind = 'goods' AND l.product_id <> '' AND NOT o.is_guest AND NOT i.is_shared
  AND o.status IN ('placed', 'refunded', 'partly_refunded')
  AND l.occurred_us < $until_us AND (i.profile_lo & 65535) < $buckets
"""
FROM_EVENTS = """
FROM events AS e JOIN identifiers AS i ON i.id = e.identifier_id
WHERE NOT i.is_shared AND COALESCE(e.v0_text, e.v0_folded) <> ''
  AND e.occurred_us >= $since_us AND e.occurred_us < $until_us AND (i.profile_lo & 65535) < $buckets
"""
LINES_OF_LAKE = "SELECT i.profile_hi, i.profile_lo, l.product_id, l.occurred_us, 'bought' AS what" + FROM_LINES
EVENTS_OF_LAKE = (
    "SELECT i.profile_hi, i.profile_lo, COALESCE(e.v0_text, e.v0_folded) AS product_id, e.occurred_us, e.name AS what"
    + FROM_EVENTS
)
COUNT_LINES = "SELECT COUNT(*) AS n, MAX(l.occurred_us) AS newest_us" + FROM_LINES
COUNT_EVENTS = "SELECT COUNT(*) AS n, MAX(e.occurred_us) AS newest_us" + FROM_EVENTS
COUNTRIES_OF_LAKE = """
SELECT i.profile_hi, i.profile_lo, o.country, o.placed_us
FROM orders AS o JOIN identifiers AS i ON i.id = o.identifier_id
WHERE o.country <> '' AND NOT o.is_guest AND NOT i.is_shared AND o.status IN ('placed', 'refunded', 'partly_refunded')
  AND o.placed_us < $until_us AND (i.profile_lo & 65535) < $buckets
"""
OF_LINES = """
FROM commerce_orderline AS l JOIN commerce_order AS o ON o.id = l.order_id
  JOIN profiles_identifier AS i ON i.id = o.identifier_id
WHERE l.kind = 'goods' AND l.product_id <> '' AND NOT o.is_guest AND NOT i.is_shared
  AND o.status = ANY(%(bought)s::text[]) AND l.occurred_at < %(until)s::timestamptz
  AND ('x' || right(i.profile_id::text, 4))::bit(16)::int < %(buckets)s
"""
OF_EVENTS = """
FROM events_event AS e JOIN profiles_identifier AS i ON i.id = e.identifier_id
WHERE e.name = ANY(%(names)s::text[]) AND NOT i.is_shared AND e.properties->>'product_id' <> ''
  AND e.occurred_at >= %(since)s::timestamptz AND e.occurred_at < %(until)s::timestamptz
  AND ('x' || right(i.profile_id::text, 4))::bit(16)::int < %(buckets)s
"""
LINES_OF_ROWS = "SELECT i.profile_id, l.product_id, lake_us(l.occurred_at), 'bought'" + OF_LINES
EVENTS_OF_ROWS = "SELECT i.profile_id, e.properties->>'product_id', lake_us(e.occurred_at), e.name" + OF_EVENTS
COUNT_OF_LINES = "SELECT count(*), max(lake_us(l.occurred_at))" + OF_LINES
COUNT_OF_EVENTS = "SELECT count(*), max(lake_us(e.occurred_at))" + OF_EVENTS
COUNTRIES_OF_ROWS = """
SELECT i.profile_id, o.country, lake_us(o.placed_at)
FROM commerce_order AS o JOIN profiles_identifier AS i ON i.id = o.identifier_id
WHERE o.country <> '' AND NOT o.is_guest AND NOT i.is_shared AND o.status = ANY(%(bought)s::text[])
  AND o.placed_at < %(until)s::timestamptz AND ('x' || right(i.profile_id::text, 4))::bit(16)::int < %(buckets)s
"""
WORD = pa.dictionary(pa.int32(), pa.string())
TOUCHES = pa.schema([("person", WORD), ("product_id", WORD), ("occurred_us", pa.int64()), ("what", WORD)])
COUNTRIES = pa.schema([("person", WORD), ("country", pa.string()), ("placed_us", pa.int64())])


def purchases(*, until: datetime, share: float = 1.0) -> pa.Table:
    """Goods of placed orders before `until`, in any order: person (profile id), product_id, occurred_us, what.

    `share` of the people, always the same ones: below 1 to bound memory. `what` is BOUGHT.
    """
    values = {"until_us": to_us(until), "buckets": _buckets(share)}
    try:
        return _touches(_of_lake(LINES_OF_LAKE, (LINES, ORDERS, PEOPLE), values))
    except LakeNotReadyError:
        params = {"bought": list(Order.BOUGHT), "until": until, "buckets": values["buckets"]}
        return _of_rows(LINES_OF_ROWS, params, TOUCHES)


def product_events(names: Sequence[str], *, since: datetime, until: datetime, share: float = 1.0) -> pa.Table:
    """Events about one product in [since, until), as `purchases` gives them; `what` is the event's name."""
    values = {"since_us": to_us(since), "until_us": to_us(until), "buckets": _buckets(share)}
    try:
        return _touches(_of_lake(EVENTS_OF_LAKE, (_events(names, since), PEOPLE), values))
    except LakeNotReadyError:
        params = {"names": list(names), "since": since, "until": until, "buckets": values["buckets"]}
        return _of_rows(EVENTS_OF_ROWS, params, TOUCHES)


def count_purchases(*, until: datetime) -> tuple[int, int | None]:
    """How many rows `purchases` gives for everybody, and the newest's time (µs)."""
    try:
        return _counted(_of_lake(COUNT_LINES, (LINES, ORDERS, PEOPLE), {"until_us": to_us(until), "buckets": BUCKETS}))
    except LakeNotReadyError:
        return _count_of_rows(COUNT_OF_LINES, {"bought": list(Order.BOUGHT), "until": until, "buckets": BUCKETS})


def count_product_events(names: Sequence[str], *, since: datetime, until: datetime) -> tuple[int, int | None]:
    """How many rows `product_events` gives for everybody, and the newest's time (µs)."""
    values = {"since_us": to_us(since), "until_us": to_us(until), "buckets": BUCKETS}
    try:
        return _counted(_of_lake(COUNT_EVENTS, (_events(names, since), PEOPLE), values))
    except LakeNotReadyError:
        params = {"names": list(names), "since": since, "until": until, "buckets": BUCKETS}
        return _count_of_rows(COUNT_OF_EVENTS, params)


def countries(*, until: datetime, share: float = 1.0) -> dict[str, str]:
    """The country of each person's latest order that names one, by profile id."""
    values = {"until_us": to_us(until), "buckets": _buckets(share)}
    try:
        found = _of_lake(COUNTRIES_OF_LAKE, (ORDERS, PEOPLE), values)
        table = pa.table([_people(found), found["country"], found["placed_us"]], names=COUNTRIES.names)
    except LakeNotReadyError:
        params = {"bought": list(Order.BOUGHT), "until": until, "buckets": values["buckets"]}
        table = _of_rows(COUNTRIES_OF_ROWS, params, COUNTRIES)
    ordered = table.sort_by([("placed_us", "ascending"), ("country", "ascending")])
    return dict(zip(ordered["person"].to_pylist(), ordered["country"].to_pylist(), strict=True))


def _events(names: Sequence[str], since: datetime) -> Ask:
    columns = ("id", "identifier_id", "name", "occurred_us")
    return Ask("events", columns, (PRODUCT,), frozenset(names), to_us(since) - 1)


def _buckets(share: float) -> int:
    return min(BUCKETS, max(1, round(share * BUCKETS)))


def _of_lake(text: str, asks: Sequence[Ask], values: dict[str, int]) -> pa.Table:
    with snapshot([ask.table for ask in asks]) as snap:
        relations = {ask.table: snap.relation(ask) for ask in asks}
        if snap.as_of is not None:
            raise LakeNotReadyError(f"the lake knows what was there until {snap.as_of}")
        return engine().query(_statement(text), relations, limits=LIMITS, values=values)


def _touches(found: pa.Table) -> pa.Table:
    columns = [_people(found), _words(found["product_id"]), found["occurred_us"], _words(found["what"])]
    return pa.table(columns, names=TOUCHES.names)


def _words(column: pa.ChunkedArray) -> pa.Array:
    encoded = pc.dictionary_encode(column.cast(pa.string())).combine_chunks()
    return encoded if isinstance(encoded, pa.Array) else pa.array([], WORD)


def _people(found: pa.Table) -> pa.Array:
    """The profile ids of the rows as text; each is written once."""
    pairs = np.stack([found["profile_hi"].to_numpy(), found["profile_lo"].to_numpy()], axis=1)
    if not len(pairs):
        return pa.array([], WORD)
    places, each = _factorized(pairs)
    names = pa.array([str(UUID(bytes=struct.pack(">qq", hi, lo))) for hi, lo in each.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), names)


def _factorized(pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Place of each row among the distinct rows, and these."""
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (pairs[order[1:]] != pairs[order[:-1]]).any(axis=1)
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.cumsum(new) - 1
    return places, pairs[order[new]]


@cache
def _statement(text: str) -> Statement:
    return Statement(sqlglot.parse_one(text, dialect="duckdb", into=exp.Select))


def _counted(found: pa.Table) -> tuple[int, int | None]:
    return int(found["n"][0].as_py()), found["newest_us"][0].as_py()


def _count_of_rows(statement: str, params: dict[str, Any]) -> tuple[int, int | None]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        n, newest_us = cursor.fetchone()
    return int(n), newest_us


def _of_rows(statement: str, params: dict[str, Any], schema: pa.Schema) -> pa.Table:
    buffer = io.BytesIO()
    with transaction.atomic(), connection.cursor() as cursor:
        # Everything is read once. Right after an import the planner may still believe the tables empty and nest loops.
        cursor.execute("SET LOCAL enable_nestloop = off")
        with cursor.copy(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv)", params) as copy:
            for block in copy:
                buffer.write(block)
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    if not buffer.tell():
        return schema.empty_table()
    buffer.seek(0)
    table = pacsv.read_csv(
        buffer,
        read_options=pacsv.ReadOptions(column_names=schema.names),
        convert_options=pacsv.ConvertOptions(
            column_types={field.name: field.type for field in schema}, strings_can_be_null=False
        ),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
    )
    return table.unify_dictionaries().combine_chunks()
