"""Tables that compiled rules are given beside the lake's: memberships, lists, consents and the catalog, as of now.

Of some people (touched ones) or of everybody; only what the rules mention is read.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa

from lake.contracts import Column, Value
from lake.reading import copy_rows
from segments.rules.compiled import CompiledRules
from segments.rules.scope import HI, LISTED, LO, MEMBERSHIPS

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


TABLES: Mapping[str, Callable[[Asked], pa.Table]] = {MEMBERSHIPS: _memberships, LISTED: _listed}
