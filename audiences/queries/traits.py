"""Computed traits of everybody, or of some people: one statement a definition, as tables that can be written."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from audiences.queries.asking import EVERYBODY, Question, of_everybody, of_some
from audiences.traits import CompiledTrait, compile_trait, names_of
from cdp.lib.clock import from_us, to_us
from cdp.lib.values import SIXTH
from lake.engines import Statement
from people.figures import DAYS_SINCE, MOST_FREQUENT, Definition
from segments.rules.facts import DAY_US
from segments.rules.scope import HI, LO

KEYS = [HI, LO]
_encode = msgspec.json.Encoder(decimal_format="number").encode


def trait_values(definition: Definition, now: datetime, profile_ids: Collection[UUID] | None = None) -> pa.Table:
    """profile_hi, profile_lo and a column computed.<name> (one a currency), a row for each person with a value.

    Of everybody by the lake, or of these people by PostgreSQL. Raises NotForEverybody and QueryError.
    """
    compiled = compile_trait(definition, to_us(now))
    question = Question(Statement(compiled.tree), compiled.asks)
    values = compiled.values(to_us(now))
    if profile_ids is None:
        found = of_everybody(question, now, values=values, limits=EVERYBODY).table
    else:
        found = of_some(question, profile_ids, now, values=values)
    return _by_currency(compiled, found, now) if definition.by_currency else _named(compiled, found, now)


def side_by_side(tables: Sequence[pa.Table]) -> pa.Table:
    """One row a person with all columns of these."""
    empty = pa.table({HI: pa.array([], pa.int64()), LO: pa.array([], pa.int64())})
    joined = tables[0] if tables else empty
    for table in tables[1:]:
        joined = joined.join(table, keys=KEYS, join_type="full outer")
    return joined


def _by_currency(compiled: CompiledTrait, found: pa.Table, now: datetime) -> pa.Table:
    name = names_of(compiled.definition)
    parts = []
    for currency in sorted(found["currency"].unique().to_pylist()):
        mine = found.filter(pc.equal(found["currency"], currency)).select(KEYS)
        value = _value(compiled, found.filter(pc.equal(found["currency"], currency)), now)
        parts.append(mine.append_column(f"{name}.{currency}", value))
    return side_by_side(parts)


def _named(compiled: CompiledTrait, found: pa.Table, now: datetime) -> pa.Table:
    return found.select(KEYS).append_column(names_of(compiled.definition), _value(compiled, found, now))


def _value(compiled: CompiledTrait, found: pa.Table, now: datetime) -> Any:
    """The column as it is written: numbers, ISO instants, whole days, or JSON of values of several kinds."""
    names, definition = set(found.column_names), compiled.definition
    if "value" in names:
        return found["value"]
    if "count" in names:
        pairs = zip(found["total"].to_pylist(), found["count"].to_pylist(), strict=True)
        return pa.array([_average(*pair) for pair in pairs], pa.decimal128(38, 6))
    if "at" in names and definition.kind == DAYS_SINCE:
        now_us = to_us(now)
        return pa.array([max(0, (now_us - at) // DAY_US) for at in found["at"].to_pylist()], pa.int64())
    if "at" in names:
        return pa.array([from_us(at).isoformat() for at in found["at"].to_pylist()], pa.string())
    rows = zip(*(found[name].to_pylist() for name in ("number", "text", "flag")), strict=True)
    return pa.array([_json(definition, *row) for row in rows], pa.binary())


def _average(total: Decimal, count: int) -> Decimal:
    return (total / count).quantize(SIXTH, ROUND_HALF_EVEN)


def _json(definition: Definition, number: Decimal | None, text: str | None, flag: bool | None) -> bytes:
    """The value that there is; the most frequent one is told as text, like on a person's page."""
    if definition.kind != MOST_FREQUENT:
        return _encode(number.normalize() if number is not None else text if text is not None else flag)
    if number is not None:
        return _encode(format(number.normalize(), "f") if number else "0")
    return _encode(text if text is not None else "true" if flag else "false")
