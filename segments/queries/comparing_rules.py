"""Two rules asked of everybody at one instant: whom both take in, and whom only one of them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

import pyarrow as pa
import sqlglot
from sqlglot import exp

from lake.engines import Statement
from lake.queries.engine import engine
from segments.halves import joined
from segments.queries.everybody import first_of, members_now
from segments.queries.turns import LIMITS, alone
from segments.rules import Node
from segments.rules.scope import HI, LO

SAMPLE = 5
ONLY_ONE = """
SELECT a.profile_hi, a.profile_lo FROM one AS a ANTI JOIN other AS b
ON a.profile_hi = b.profile_hi AND a.profile_lo = b.profile_lo
"""


@dataclass(frozen=True, slots=True)
class TwoRules:
    """How many both take in, only the older, only the newer; and up to five of those by whom they differ.

    `as_of`: None = exactly now.
    """

    both: int
    only_old: int
    only_new: int
    old_sample: tuple[UUID, ...]
    new_sample: tuple[UUID, ...]
    as_of: datetime | None


def two_rules(old: Node, new: Node, now: datetime) -> TwoRules:
    """Raises QueryError and PreviewBusyError, as a preview does."""
    with alone():
        before, after = members_now(old, now, limits=LIMITS), members_now(new, now, limits=LIMITS)
        only_old, only_new = _only(before.keys, after.keys), _only(after.keys, before.keys)
    return TwoRules(
        before.keys.num_rows - only_old.num_rows,
        only_old.num_rows,
        only_new.num_rows,
        _few(only_old),
        _few(only_new),
        min((each for each in (before.as_of, after.as_of) if each is not None), default=None),
    )


def _only(one: pa.Table, other: pa.Table) -> pa.Table:
    relations = {"one": one.select([HI, LO]), "other": other.select([HI, LO])}
    return engine().query(_statement(), relations, limits=LIMITS)


@cache
def _statement() -> Statement:
    return Statement(sqlglot.parse_one(ONLY_ONE, dialect="duckdb", into=exp.Select))


def _few(keys: pa.Table) -> tuple[UUID, ...]:
    return tuple(joined(*key) for key in first_of(keys, min(SAMPLE, keys.num_rows))) if keys.num_rows else ()
