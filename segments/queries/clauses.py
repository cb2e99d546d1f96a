"""A rule and each of its clauses counted by one statement, while somebody edits them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from lake.contracts import Limits, QueryTooLargeError, QueryTooSlowError
from lake.engines import Statement
from segments.queries.everybody import asked, members_now
from segments.rules import Node
from segments.rules.compiled import CompiledRules, compile_rules
from segments.rules.scope import HI, LO

ANSWERED = "answered"
CLAUSES_SECONDS = 4.0
"""So long the count by clause may take before the rule is asked alone."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`keys`: int64 columns profile_hi and profile_lo of everybody in the rule. `clauses`: how many are in each of
    those given, in their order; None where there was no time for it. `as_of`: None = now, exactly."""

    keys: pa.Table
    clauses: tuple[int, ...] | None
    as_of: datetime | None


def count_with_clauses(rule: Node, clauses: Sequence[Node], now: datetime, *, limits: Limits) -> Counted:
    """Who is in the rule, and how many in each of its clauses. Raises QueryError.

    A clause that is the rule itself costs nothing; equal clauses are counted once.
    """
    others = tuple(dict.fromkeys(clause for clause in clauses if clause != rule))
    rows, as_of = asked(*_compiled(rule, others), now, limits)
    is_total = pc.is_null(rows[HI])
    keys, totals = rows.filter(pc.invert(is_total)).select([HI, LO]), rows.filter(is_total)
    counts = {clause: int(totals[_count(index)][0].as_py()) for index, clause in enumerate(others)}
    counts[rule] = keys.num_rows
    return Counted(keys, tuple(counts[clause] for clause in clauses), as_of)


def count_in_time(rule: Node, clauses: Sequence[Node], now: datetime, *, limits: Limits) -> Counted:
    """The same; the rule alone where its clauses take longer than `CLAUSES_SECONDS` or more memory than they may."""
    if any(clause != rule for clause in clauses):
        hurried = replace(limits, seconds=min(CLAUSES_SECONDS, limits.seconds))
        try:
            return count_with_clauses(rule, clauses, now, limits=hurried)
        except (QueryTooSlowError, QueryTooLargeError):
            members = members_now(rule, now, limits=limits)
            return Counted(members.keys, None, members.as_of)
    members = members_now(rule, now, limits=limits)
    return Counted(members.keys, (members.keys.num_rows,) * len(clauses), members.as_of)


@lru_cache(maxsize=64)
def _compiled(rule: Node, others: tuple[Node, ...]) -> tuple[CompiledRules, Statement]:
    compiled = compile_rules([rule, *others], dues=False)
    members, totals = exp.select(HI, LO).from_(ANSWERED).where(exp.column("m0")), exp.select(*_nothing(HI, LO))
    members = members.select(*_nothing(*map(_count, range(len(others)))))
    counted = (exp.alias_(_number_of(f"m{index + 1}"), _count(index)) for index in range(len(others)))
    both = exp.union(members, totals.select(*counted).from_(ANSWERED), distinct=False)
    return compiled, Statement(both.with_(ANSWERED, as_=compiled.tree))


def _count(index: int) -> str:
    return f"n{index}"


def _number_of(answer: str) -> exp.Expression:
    """How many rows answer yes; 0 of none."""
    yes = exp.Case(ifs=[exp.If(this=exp.column(answer), true=exp.Literal.number(1))])
    return exp.Count(this=yes)


def _nothing(*names: str) -> list[exp.Expr]:
    return [exp.alias_(exp.cast(exp.null(), "bigint"), name) for name in names]
