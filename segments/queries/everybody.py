"""A rule asked of everybody: answers, members and differences from one snapshot of the lake, exact as of now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from cdp.lib.clock import to_us
from lake.contracts import Column, LakeNotReadyError, Limits, Relation
from lake.engines import Statement
from lake.queries import snapshot
from lake.queries.engine import engine
from lake.reading import copy_rows
from segments.queries.given import given_tables
from segments.queries.live import company_zone
from segments.rules import NEVER, Node
from segments.rules.calendar import placeholders
from segments.rules.compiled import CompiledRules, answers_of, members_of
from segments.rules.scope import HI, LO

RECOMPUTING = Limits(seconds=50.0)  # a job says that it lives at least once a minute
LAST_DUE_US = 221_845_392_000_000_000  # the year 9000: what is due past this is due never
KEYS = (Column(HI, pa.int64(), f"t.{HI}"), Column(LO, pa.int64(), f"t.{LO}"))
STATE = (*KEYS, Column("is_member", pa.bool_(), "t.is_member"), Column("due_us", pa.int64(), "t.due_us"))
STORED = """(
  SELECT lake_hi(profile_id) AS profile_hi, lake_lo(profile_id) AS profile_lo, m.id IS NOT NULL AS is_member,
    lake_us(d.due_at) AS due_us
  FROM (SELECT id, profile_id FROM segments_membership WHERE segment_id = {0} AND left_at IS NULL) AS m
  FULL JOIN (SELECT profile_id, due_at FROM segments_dueanswer WHERE segment_id = {0}) AS d USING (profile_id))"""
PRESENT = """(
  SELECT lake_hi(profile_id) AS profile_hi, lake_lo(profile_id) AS profile_lo
  FROM segments_membership WHERE segment_id = {0} AND left_at IS NULL)"""


@dataclass(frozen=True, slots=True)
class Members:
    """Everybody for whom a rule holds: int64 columns profile_hi and profile_lo. `as_of`: None = now, exactly."""

    keys: pa.Table
    as_of: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """Those whose stored membership or due answer is not what the rule says: profile_hi, profile_lo, m0 (is it so),
    d0 (µs, NEVER = 2^63 - 1).

    What was not seen of the lake's `tables` was written by transaction `xmin` or a later one. `given`: the tables that
    the rule was given beside those; `uses`: slugs of the segments it asks about.
    """

    rows: pa.Table
    xmin: int
    tables: frozenset[str]
    uses: frozenset[str]
    given: Mapping[str, pa.Table]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What a statement answered, and from what. `as_of`: None = now."""

    rows: pa.Table
    as_of: datetime | None
    xmin: int
    given: Mapping[str, pa.Table]


def members_now(
    rule: Node, now: datetime, *, limits: Limits, just_now: Mapping[str, pa.Table] | None = None
) -> Members:
    """Who is in it now. `just_now`: see `given_tables`. Raises QueryError (LakeNotReadyError: it is being built)."""
    found, as_of = asked(*_members(rule), now, limits, None, just_now)
    return Members(found, as_of)


def differing(
    segment_id: int,
    rule: Node,
    now: datetime,
    *,
    just_now: Mapping[str, pa.Table] | None = None,
    limits: Limits = RECOMPUTING,
) -> pa.Table:
    """The profiles (profile_hi, profile_lo) whose stored membership or due answer is not what the rule says now.

    `just_now`: see `given_tables`. Raises QueryError; LakeNotReadyError too where the lake cannot answer exactly as of
    now.
    """
    return differences(segment_id, rule, now, just_now=just_now, limits=limits).rows.select([HI, LO])


def differences(
    segment_id: int,
    rule: Node,
    now: datetime,
    *,
    just_now: Mapping[str, pa.Table] | None = None,
    limits: Limits = RECOMPUTING,
) -> Differences:
    """The same with what the rule says of each. Raises what `differing` raises."""
    stored = copy_rows(STORED.format(int(segment_id)), STATE)
    compiled, statement = _differences(rule)
    found = _asked(compiled, statement, now, limits, {"stored": stored}, just_now)
    if found.as_of is not None:
        raise LakeNotReadyError(f"the lake is behind: it knows what was there until {found.as_of:%Y-%m-%d %H:%M} UTC")
    return Differences(found.rows, found.xmin, frozenset(compiled.tables), compiled.mentions.segments, found.given)


def entering_and_leaving(segment_id: int, members: pa.Table, *, limits: Limits) -> tuple[int, int]:
    """How many of these are not in the segment now, and how many who are in it now are not among these."""
    present = copy_rows(PRESENT.format(int(segment_id)), KEYS)
    both = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_("members").join("present", using=[HI, LO])
    staying = engine().query(both, {"members": members, "present": present}, limits=limits)["n"][0].as_py()
    return members.num_rows - staying, present.num_rows - staying


def first_of(keys: pa.Table, number: int) -> list[tuple[int, int]]:
    """A few of them, the same ones each time: those with the smallest random half of their id."""
    chosen = keys.take(pc.select_k_unstable(keys, number, [(LO, "ascending"), (HI, "ascending")]))
    return list(zip(chosen[HI].to_pylist(), chosen[LO].to_pylist(), strict=True))


@lru_cache(maxsize=256)
def _members(rule: Node) -> tuple[CompiledRules, Statement]:
    compiled = members_of(rule)
    return compiled, Statement(compiled.tree)


@lru_cache(maxsize=256)
def _differences(rule: Node) -> tuple[CompiledRules, Statement]:
    compiled = answers_of(rule)
    return compiled, Statement(_against_stored(compiled.tree))


def _against_stored(answers: exp.Select) -> exp.Select:
    """What the rule says against what is stored: of those that differ the keys and what it says."""
    keys = [
        exp.alias_(exp.Coalesce(this=exp.column(key, table="a"), expressions=[exp.column(key, table="s")]), key)
        for key in (HI, LO)
    ]
    same = exp.and_(*(exp.column(key, table="a").eq(exp.column(key, table="s")) for key in (HI, LO)))
    due = exp.Case(
        ifs=[exp.If(this=exp.LT(this=_col("d0", "a"), expression=_number(LAST_DUE_US)), true=_col("d0", "a"))],
        default=_number(NEVER),
    )
    stored_due = exp.Coalesce(this=_col("due_us", "s"), expressions=[_number(NEVER)])
    is_in = exp.Coalesce(this=_col("m0", "a"), expressions=[exp.false()])
    was_in = exp.Coalesce(this=_col("is_member", "s"), expressions=[exp.false()])
    differs = exp.Or(this=exp.NEQ(this=is_in, expression=was_in), expression=exp.NEQ(this=due, expression=stored_due))
    joined = exp.to_table("stored", alias="s")
    says = (exp.alias_(is_in.copy(), "m0"), exp.alias_(due.copy(), "d0"))
    return exp.select(*keys, *says).from_(answers.subquery("a")).join(joined, on=same, join_type="full").where(differs)


def asked(
    compiled: CompiledRules,
    statement: Statement,
    now: datetime,
    limits: Limits,
    beside: Mapping[str, pa.Table] | None = None,
    just_now: Mapping[str, pa.Table] | None = None,
) -> tuple[pa.Table, datetime | None]:
    """A statement over what these compiled rules read, and tables `beside`: its rows, and as of when (None = now)."""
    found = _asked(compiled, statement, now, limits, beside, just_now)
    return found.rows, found.as_of


def _asked(
    compiled: CompiledRules,
    statement: Statement,
    now: datetime,
    limits: Limits,
    beside: Mapping[str, pa.Table] | None,
    just_now: Mapping[str, pa.Table] | None,
) -> _Found:
    asks = compiled.asks(to_us(now))
    with snapshot(asks) as snap:
        relations: dict[str, Relation | pa.Table] = {name: snap.relation(ask) for name, ask in asks.items()}
        given = given_tables(compiled, now, just_now=just_now)
        values = placeholders(to_us(now), company_zone())
        rows = engine().query(statement, {**relations, **given, **(beside or {})}, limits=limits, values=values)
        return _Found(rows, snap.as_of, snap.xmin, given)


def _col(name: str, table: str) -> exp.Column:
    return exp.column(name, table=table)


def _number(value: int) -> exp.Expression:
    return exp.Literal.number(value)
