"""Tables that compiled rules are given beside the lake's: memberships, lists, consents and the catalog, as of now.

Of some people (touched ones) or of everybody; only what the rules mention is read.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import pyarrow as pa

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from lake.contracts import Column, Limits, Relation, Value
from lake.engines import Statement
from lake.queries import snapshot
from lake.queries.engine import engine
from lake.reading import copy_rows
from segments.halves import joined
from segments.queries.catalog import catalog_table
from segments.queries.consenting import consents_table
from segments.queries.live import company_zone
from segments.rules import Node
from segments.rules.any_of import AnyOf
from segments.rules.calendar import placeholders
from segments.rules.compiled import CompiledRules, answers_of, members_of
from segments.rules.hopeful import EVERYBODY, hopeful
from segments.rules.node import MAX_EXACT_HEIGHT
from segments.rules.scope import CATALOG, CONSENTS, HI, LISTED, LO, MEMBERSHIPS

LIMITS = Limits(seconds=50.0)

INT, TEXT = pa.int64(), pa.string()
OPEN = """(SELECT s.slug, m.profile_id FROM segments_membership AS m JOIN segments_segment AS s ON s.id = m.segment_id
WHERE m.left_at IS NULL)"""
MEMBERSHIP = (
    Column("segment", TEXT, "t.slug"),
    Column(HI, INT, "lake_hi(t.profile_id)"),
    Column(LO, INT, "lake_lo(t.profile_id)"),
)
NOBODY = pa.schema([(column.name, column.type) for column in MEMBERSHIP]).empty_table()
ON_LISTS = """(SELECT s.slug, l.identifier_id FROM segments_listed AS l
JOIN segments_segment AS s ON s.id = l.segment_id)"""
LISTING = (Column("list", TEXT, "t.slug"), Column("identifier_id", INT, "t.identifier_id"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What one table is wanted for. `profile_ids` and `identifier_ids` are None for everybody."""

    rules: CompiledRules
    values: tuple[Value, ...]
    now: datetime
    profile_ids: Collection[UUID] | None
    identifier_ids: Collection[int] | None
    just_now: Mapping[str, pa.Table]


def given_tables(
    rules: CompiledRules,
    now: datetime,
    profile_ids: Collection[UUID] | None = None,
    identifier_ids: Collection[int] | None = None,
    just_now: Mapping[str, pa.Table] | None = None,
) -> dict[str, pa.Table]:
    """The tables these rules are to be given, of some people (both ids) or, with None, of everybody.

    `just_now`: {slug: profile_hi and profile_lo of who is in it}, of segments answered already; of others the stored
    memberships count.
    """
    return {
        name: TABLES[name](Asked(rules, values, now, profile_ids, identifier_ids, just_now or {}))
        for name, values in rules.given.items()
    }


def _memberships(asked: Asked) -> pa.Table:
    wanted = asked.rules.mentions.segments
    found = [_inside(slug, asked.just_now[slug]) for slug in sorted(wanted & asked.just_now.keys())]
    if stored := sorted(wanted - asked.just_now.keys()):
        where = "t.slug = ANY(%s::text[])"
        found.append(_of(OPEN, MEMBERSHIP, where, [stored], "t.profile_id = ANY(%s::uuid[])", asked.profile_ids))
    return pa.concat_tables(found) if found else NOBODY


def _inside(slug: str, keys: pa.Table) -> pa.Table:
    return pa.Table.from_arrays([pa.repeat(slug, keys.num_rows), keys[HI], keys[LO]], schema=NOBODY.schema)


def _listed(asked: Asked) -> pa.Table:
    where, params = "t.slug = ANY(%s::text[])", [sorted(asked.rules.mentions.lists)]
    return _of(ON_LISTS, LISTING, where, params, "t.identifier_id = ANY(%s::bigint[])", asked.identifier_ids)


def _of(
    table: str, columns: tuple[Column, ...], where: str, params: list[Any], own: str, ids: Collection[Any] | None
) -> pa.Table:
    if ids is None:
        return copy_rows(table, columns, where=where, params=params)
    return copy_rows(table, columns, where=f"{where} AND {own}", params=[*params, list(ids)])


def _consents(asked: Asked) -> pa.Table:
    people = _whom_to_ask(asked) if asked.profile_ids is None else asked.profile_ids
    return consents_table(people, asked.rules.mentions.purposes, asked.now)


def _catalog(asked: Asked) -> pa.Table:
    return catalog_table(asked.values)


def _whom_to_ask(asked: Asked) -> list[UUID]:
    """Those whose consents make a difference: whom the rules take in, or may in time, if all is allowed as wished."""
    wished = AnyOf(tuple(hopeful(rule) for rule in asked.rules.rules))
    # What is due of higher trees depends on clauses that do not decide (`Node.due`).
    takes_in_all = wished.height() > MAX_EXACT_HEIGHT if asked.rules.dues else False
    if takes_in_all or EVERYBODY in wished.clauses:
        return [row[0] for row in bulk_sql.fetch("SELECT id FROM profiles_profile WHERE NOT is_shared")]
    compiled, statement = _wished(wished, asked.rules.dues)
    asks = compiled.asks(to_us(asked.now))
    with snapshot(asks) as snap:
        relations: dict[str, Relation | pa.Table] = {name: snap.relation(ask) for name, ask in asks.items()}
        relations |= given_tables(compiled, asked.now, just_now=asked.just_now)
        values = placeholders(to_us(asked.now), company_zone())
        found = engine().query(statement, relations, limits=LIMITS, values=values)
    return [joined(*key) for key in zip(found[HI].to_pylist(), found[LO].to_pylist(), strict=True)]


@lru_cache(maxsize=256)
def _wished(rule: Node, dues: bool) -> tuple[CompiledRules, Statement]:
    compiled = answers_of(rule) if dues else members_of(rule)
    return compiled, Statement(compiled.tree)


TABLES: Mapping[str, Callable[[Asked], pa.Table]] = {
    MEMBERSHIPS: _memberships,
    LISTED: _listed,
    CONSENTS: _consents,
    CATALOG: _catalog,
}
