"""One statement asked of everybody in the lake, or of some people from PostgreSQL's rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from commerce.projections import ORDERS
from events.projections import EVENTS
from lake.contracts import Ask, Limits, Projection, Relation
from lake.engines import Statement
from lake.queries import snapshot
from lake.queries.engine import engine, engine_in_process
from lake.reading import read_rows
from profiles.projections import IDENTIFIERS, PROFILES

NOW = "now_us"
EVERYBODY = Limits(seconds=55.0)  # a job says that it lives at least once a minute
FEW = Limits(seconds=30.0, threads=1)
OF_IDENTIFIERS = "t.identifier_id = ANY(%s::bigint[])"
# table → its projection, and which of its rows are some people's.
OF_SOME: Mapping[str, tuple[Projection, str]] = {
    "events": (EVENTS, OF_IDENTIFIERS),
    "orders": (ORDERS, OF_IDENTIFIERS),
    "identifiers": (IDENTIFIERS, "t.profile_id = ANY(%s::uuid[])"),
    "profiles": (PROFILES, "t.id = ANY(%s::uuid[])"),
}
IDS = "SELECT id FROM profiles_identifier WHERE profile_id = ANY(%s::uuid[])"


@dataclass(frozen=True, slots=True)
class Question:
    """A statement, and what it asks of each table by the table's name in it."""

    statement: Statement
    asks: Mapping[str, Ask]


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows. `as_of`: None = now, exactly; else the lake is behind and answers for that time."""

    table: pa.Table
    as_of: datetime | None = None


def of_everybody(
    question: Question,
    now: datetime,
    *,
    beside: Mapping[str, pa.Table] | None = None,
    values: Mapping[str, int] | None = None,
    limits: Limits = EVERYBODY,
) -> Answer:
    """The answer from a snapshot of the lake; `beside` are further tables. Raises QueryError."""
    with snapshot({ask.table for ask in question.asks.values()}) as snap:
        relations: dict[str, Any] = {name: snap.relation(ask) for name, ask in question.asks.items()}
        found = engine().query(
            question.statement,
            relations | dict(beside or {}),
            limits=limits,
            values={NOW: to_us(now), **(values or {})},
        )
        return Answer(found, snap.as_of)


def of_some(
    question: Question, profile_ids: Collection[UUID], now: datetime, *, values: Mapping[str, int] | None = None
) -> pa.Table:
    """The same statement's answer of these people, from PostgreSQL's rows, exactly as of now."""
    people = sorted(profile_ids)
    ids = [row[0] for row in bulk_sql.fetch(IDS, [people])]
    relations: dict[str, Relation | pa.Table] = {}
    for name, ask in question.asks.items():
        projection, where = OF_SOME[ask.table]
        whose: list[Any] = ids if where == OF_IDENTIFIERS else people
        rows = read_rows(projection, ask, where=where, params=[whose])
        relations[name] = Relation(ask, projection, (), rows, pa.table({}))
    return engine_in_process().query(
        question.statement, relations, limits=FEW, values={NOW: to_us(now), **(values or {})}
    )
