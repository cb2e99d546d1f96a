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


def given_tables(
    rules: CompiledRules,
    now: datetime,
    profile_ids: Collection[UUID] | None = None,
    identifier_ids: Collection[int] | None = None,
) -> dict[str, pa.Table]:
    """The tables these rules are to be given, of some people (both ids) or, with None, of everybody."""
    return {
        name: TABLES[name](Asked(rules, values, now, profile_ids, identifier_ids))
        for name, values in rules.given.items()
    }


def _memberships(asked: Asked) -> pa.Table:
    where, params = "t.slug = ANY(%s::text[])", [sorted(asked.rules.mentions.segments)]
    return _of(OPEN, MEMBERSHIP, where, params, "t.profile_id = ANY(%s::uuid[])", asked.profile_ids)


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
