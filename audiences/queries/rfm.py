"""What RFM is made of: every buyer's last order, orders and money, by one query; who has which scores now."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import numpy as np
import pyarrow as pa
from sqlglot import exp

from audiences.models import RfmRun, RfmSettings
from audiences.queries.asking import NOW, Question, of_everybody, of_some
from audiences.rfm import Edges, Numbers, Settings, infinite
from cdp.lib.clock import to_us
from commerce.models import Order
from lake.contracts import Ask, Facet, Value
from lake.engines import Statement
from segments.halves import joined
from segments.rules.facts import DAY_US
from segments.rules.scope import HI, LO

SINCE = "since_us"
LONGEST_DAYS = 36_500
LAST_ORDERS = 500
ORDERS = Ask("orders", ("identifier_id", "status", "currency", "revenue", "refunded", "placed_us"))
IDENTIFIERS = Ask("identifiers", ("id", HI, LO, "is_shared"))
GROUP, REVENUE, R, FM = (
    Value(name, frozenset({facet}))
    for name, facet in (
        ("rfm.group", Facet.TEXT),
        ("rfm.revenue", Facet.NUMBER),
        ("rfm.r", Facet.NUMBER),
        ("rfm.fm", Facet.NUMBER),
    )
)
SCORED = Ask("computed", (HI, LO), (GROUP, REVENUE, R, FM))


@dataclass(frozen=True, slots=True, eq=False)
class Buyers:
    """Everybody with an order in the window, a row each: `keys` profile_hi and profile_lo, then their three figures.

    `revenue`: net of refunds, in the settings' currency; `priced`: how many of the orders are in it. Days are whole.
    """

    keys: pa.Table
    recency_days: Numbers
    orders: Numbers
    revenue: Numbers
    priced: Numbers
    as_of: datetime | None = None


def settings_now() -> Settings:
    """How people are scored; until somebody changes it the shipped way, in the currency most of the last orders had."""
    row = RfmSettings.objects.first()
    if row is not None:
        return Settings.from_json(row.chosen)
    latest = Order.objects.filter(placed_at__isnull=False).exclude(currency="").order_by("-placed_at")
    found = Counter(latest.values_list("currency", flat=True)[:LAST_ORDERS])
    return replace(Settings(), currency=found.most_common(1)[0][0]) if found else Settings()


def latest_run() -> RfmRun | None:
    """The newest refresh."""
    return RfmRun.objects.order_by("-at", "-pk").first()


def edges_of_run(run: RfmRun) -> Edges:
    """By what it scored people."""
    return Edges(*(infinite(run.edges[name]) for name in ("recency", "orders", "revenue")))


def buyers(settings: Settings, now: datetime) -> Buyers:
    """Every buyer, by one query of the lake. Raises QueryError."""
    answer = of_everybody(_question(settings.currency), now, values={SINCE: _since(settings, now)})
    return _figures(answer.table, now, answer.as_of)


def buyers_of(profile_ids: Collection[UUID], settings: Settings, now: datetime) -> Buyers:
    """Those of these people who are buyers, by the same query of PostgreSQL's rows."""
    found = of_some(_question(settings.currency), profile_ids, now, values={SINCE: _since(settings, now)})
    return _figures(found, now, None)


def moves(groups: pa.Table, now: datetime) -> dict[str, int]:
    """{"from>to": people} between the groups as they stand in the lake and these (profile_hi, profile_lo, group)."""
    found = of_everybody(_MOVES, now, beside={"news": groups}).table
    rows = zip(found["before"].to_pylist(), found["after"].to_pylist(), found["people"].to_pylist(), strict=True)
    return {f"{before or ''}>{after or ''}": people for before, after, people in rows if before != after}


def richest(now: datetime, *, group: str = "", cell: tuple[int, int] | None = None, limit: int = 20) -> list[UUID]:
    """Those of a group or a cell (R, FM) who brought most; the same ones each time."""
    people = exp.to_table("people", alias="c")
    query = exp.select(f"c.{HI}", f"c.{LO}").from_(people).order_by("c.v1_number DESC", f"c.{LO}", f"c.{HI}")
    if group:
        query = query.where(exp.column("v0_text", table="c").eq(exp.Literal.string(group)))
    if cell is not None:
        for column, wanted in zip(("v2_number", "v3_number"), cell, strict=True):
            query = query.where(exp.column(column, table="c").eq(exp.Literal.number(wanted)))
    found = of_everybody(Question(Statement(query.limit(limit)), {"people": SCORED}), now).table
    return [joined(*key) for key in zip(found[HI].to_pylist(), found[LO].to_pylist(), strict=True)]


def _since(settings: Settings, now: datetime) -> int:
    return to_us(now) - (settings.window_days or LONGEST_DAYS) * DAY_US


@lru_cache(maxsize=16)
def _question(currency: str) -> Question:
    is_priced = exp.column("currency", table="o").eq(exp.Literal.string(currency))
    net = exp.Sub(this=exp.column("revenue", table="o"), expression=exp.column("refunded", table="o"))
    nothing = exp.Literal.number(0)
    query = (
        exp.select(f"i.{HI}", f"i.{LO}", "MAX(o.placed_us) AS last_us", "COUNT(*) AS orders")
        .select(exp.alias_(exp.Sum(this=exp.Case(ifs=[exp.If(this=is_priced, true=net)], default=nothing)), "revenue"))
        .select(exp.alias_(exp.Sum(this=exp.Case(ifs=[exp.If(this=is_priced.copy(), true=exp.Literal.number(1))],
                                                 default=nothing.copy())), "priced"))
        .from_(exp.to_table("orders", alias="o"))
        .join(exp.to_table("identifiers", alias="i"), on="i.id = o.identifier_id")
        .where("NOT i.is_shared")
        .where(exp.column("status", table="o").isin(*(exp.Literal.string(one) for one in Order.BOUGHT)))
        .where(exp.LTE(this=exp.column("placed_us", table="o"), expression=exp.Placeholder(this=NOW)))
        .where(exp.GT(this=exp.column("placed_us", table="o"), expression=exp.Placeholder(this=SINCE)))
        .group_by(f"i.{HI}", f"i.{LO}")
    )  # fmt: skip
    return Question(Statement(query), {"orders": ORDERS, "identifiers": IDENTIFIERS})


def _figures(found: pa.Table, now: datetime, as_of: datetime | None) -> Buyers:
    last, orders, revenue, priced = (
        np.asarray(found[name].cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
        for name in ("last_us", "orders", "revenue", "priced")
    )
    days = np.floor((to_us(now) - last) / DAY_US)
    return Buyers(found.select([HI, LO]), days, orders, np.round(revenue, 6), priced, as_of)


def _moves_statement() -> Statement:
    known = exp.select(f"c.{HI}", f"c.{LO}", "c.v0_text AS grouped").from_(exp.to_table("people", alias="c"))
    known = known.where("NOT c.v0_text IS NULL")
    query = (
        exp.select("b.grouped AS before", "a.grouped AS after", "COUNT(*) AS people")
        .from_(known.subquery("b"))
        .join(
            exp.to_table("news", alias="a"), on=f"a.{HI} = b.{HI} AND a.{LO} = b.{LO}", join_type="full"
        )
        .group_by("b.grouped", "a.grouped")
    )  # fmt: skip
    return Statement(query)


_MOVES = Question(_moves_statement(), {"people": Ask("computed", (HI, LO), (GROUP,))})
