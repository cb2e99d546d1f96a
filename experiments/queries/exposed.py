"""Who an experiment's result counts: exposures as rows, people put together from their identifiers, the gate asked.

All of it in columns: a million exposures stay numbers, never objects. A person is whoever their identifiers belong to
now; their time is their first exposure's. Whoever met two variants before we knew is left out, and counted; where
shares are uneven they count where they met it first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from audiences.queries.asking import Question, of_everybody
from cdp.lib.clock import to_us
from consent.contracts import ANALYTICS
from consent.purposes_in_force import purposes_now
from lake.contracts import Ask, Column, Projection
from lake.engines import Statement
from lake.reading import read_rows
from segments.halves import ids_of
from segments.queries.activating import MembersAsked, spoken_of
from segments.queries.consenting import THESE, consents_of
from segments.rules.scope import HI, LO

Places = NDArray[np.int64]
Report = Callable[[int, int, str], object]
CHUNK = 20_000
CROSSED, REFUSED, UNASKED, SHARED, UNKNOWN = "crossed", "refused", "unasked", "shared", "unknown"
BEFORE = "before"
ROOM = 16
"""More variants than an experiment can have: time and variant stand in one number."""
# Read from PostgreSQL alone: the lake keeps no exposures.
EXPOSURES = Projection(
    name="exposures",
    table="experiments_exposure",
    columns=(
        Column("identifier_id", pa.int64(), "t.identifier_id"),
        Column("variant", pa.string(), "t.variant"),
        Column("exposed_us", pa.int64(), "lake_us(t.exposed_at)"),
    ),
    is_append_only=True,
)
EXPOSED = Ask("exposures", ("identifier_id", "variant", "exposed_us"))
OF_EXPERIMENT = "t.experiment_id = %s::bigint AND t.exposed_at <= %s::timestamptz AND t.variant = ANY(%s::text[])"
IDENTIFIERS = Ask("identifiers", ("id", HI, LO, "is_shared"))


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everybody who counts, in the order of their ids: `keys` (profile_hi, profile_lo), the place of their variant, and
    when they met it (µs). `left_out`: {reason: people, or exposures of nobody known}; `as_of`: if the lake is behind.
    """

    keys: pa.Table
    variant: Places
    from_us: Places
    left_out: dict[str, int]
    exposures: int
    as_of: datetime | None = None

    @property
    def table(self) -> pa.Table:
        """profile_hi, profile_lo, place and from_us, for statements."""
        places = pa.array(np.arange(self.variant.size, dtype=np.int64))
        return self.keys.append_column("place", places).append_column("from_us", pa.array(self.from_us))


def exposed_people(
    experiment_id: int,
    variants: Sequence[str],
    now: datetime,
    report: Report,
    *,
    counts_crossed: bool = False,
    since: datetime | None = None,
) -> People:
    """Who met the experiment in one of these variants and allows analytics. Raises QueryError.

    `counts_crossed`: who met several counts in the first. Of uneven shares leaving them out would take most of the
    small side's people with many browsers, who are not like others. `since`: who met it before is left out.
    """
    report(0, 1, "reading who met the experiment")
    rows = read_rows(EXPOSURES, EXPOSED, where=OF_EXPERIMENT, params=[experiment_id, now, list(variants)])
    variant = pc.index_in(rows["variant"], value_set=pa.array(variants, pa.string())).cast(pa.int64())
    columns = {"identifier_id": rows["identifier_id"], "variant": variant, "exposed_us": rows["exposed_us"]}
    met = pa.table({**columns, "first": pc.add(pc.multiply(rows["exposed_us"], ROOM), variant)})
    answer = of_everybody(_PEOPLE, now, beside={"met": met})
    found = answer.table
    of = {
        name: found[name].to_numpy().astype(np.int64) for name in ("variant", "other", "shared", "exposures", "first")
    }
    shared = of["shared"] > 0
    crossed = ~shared & (of["variant"] != of["other"]) & (not counts_crossed)
    before = ~shared & ~crossed & (of["first"] // ROOM < (to_us(since) if since else 0))
    left_out = {
        CROSSED: int(crossed.sum()),
        SHARED: int(shared.sum()),
        BEFORE: int(before.sum()),
        UNKNOWN: met.num_rows - int(of["exposures"].sum()),
    }
    own = _in_order(found.filter(pa.array(~shared & ~crossed & ~before)))
    allowed = _allowing(own.select([HI, LO]), now, report)
    denied = own.filter(pa.array(~allowed))
    left_out[REFUSED] = _refusing(denied)
    left_out[UNASKED] = denied.num_rows - left_out[REFUSED]
    kept = own.filter(pa.array(allowed))
    first = kept["first"].to_numpy().astype(np.int64)
    return People(
        keys=kept.select([HI, LO]),
        variant=first % ROOM,
        from_us=first // ROOM,
        left_out={reason: count for reason, count in left_out.items() if count},
        exposures=met.num_rows,
        as_of=answer.as_of,
    )


def identifiers_of(people: People, now: datetime) -> pa.Table:
    """identifier_id, place and from_us of every identifier of these people. Raises QueryError."""
    return of_everybody(_IDENTIFIERS, now, beside={"people": people.table}).table


def first_exposed_us(people: People, now: datetime) -> int:
    """When the first of them met it; now where there is nobody."""
    return int(people.from_us.min()) if people.from_us.size else to_us(now)


def _in_order(found: pa.Table) -> pa.Table:
    """By id: sums of the same numbers in another order differ in their last digits."""
    hi, lo = (found[name].to_numpy().astype(np.int64).view(np.uint64) for name in (HI, LO))
    return found.take(pa.array(np.lexsort((lo, hi))))


def _allowing(keys: pa.Table, now: datetime, report: Report) -> NDArray[np.bool_]:
    """Of each, in order, whether they allow analytics."""
    allowed = np.zeros(keys.num_rows, dtype=np.bool_)
    for start in range(0, keys.num_rows, CHUNK):
        report(start, keys.num_rows, "asking who allows analytics")
        ids = ids_of(keys.slice(start, CHUNK))
        said = consents_of(ids, [ANALYTICS], now)[ANALYTICS]
        allowed[start : start + len(ids)] = [one in said and said[one].allowed for one in ids]
    return allowed


def _refusing(denied: pa.Table) -> int:
    """How many of those whom the gate does not allow ever said anything: of the others nothing is known."""
    chain = purposes_now().chain(ANALYTICS)
    parts = (ids_of(denied.slice(start, CHUNK)) for start in range(0, denied.num_rows, CHUNK))
    return sum(len(spoken_of(MembersAsked(THESE, (ids,)), chain)) for ids in parts)


def _people_statement() -> Statement:
    met, own = exp.to_table("met", alias="x"), exp.to_table("identifiers", alias="i")
    shared = exp.Case(ifs=[exp.If(this=exp.column("is_shared", table="i"), true=exp.Literal.number(1))])
    shared.set("default", exp.Literal.number(0))
    query = (
        exp.select(f"i.{HI}", f"i.{LO}", "MIN(x.first) AS first", "MIN(x.variant) AS variant")
        .select("MAX(x.variant) AS other", "COUNT(*) AS exposures")
        .select(exp.alias_(exp.Max(this=shared), "shared"))
        .from_(met)
        .join(own, on="i.id = x.identifier_id")
        .group_by(f"i.{HI}", f"i.{LO}")
    )
    return Statement(query)


def _identifiers_statement() -> Statement:
    query = (
        exp.select("i.id AS identifier_id", "p.place", "p.from_us")
        .from_(exp.to_table("identifiers", alias="i"))
        .join(exp.to_table("people", alias="p"), on=f"p.{HI} = i.{HI} AND p.{LO} = i.{LO}")
        .where("NOT i.is_shared")
    )
    return Statement(query)


_PEOPLE = Question(_people_statement(), {"identifiers": IDENTIFIERS})
_IDENTIFIERS = Question(_identifiers_statement(), {"identifiers": IDENTIFIERS})
