"""What people did before and after they met an experiment, by person and quarter of an hour: one statement a measure.

Events come from the lake, orders as commerce has them: only bought ones, revenue less what was given back. What was
done in the `BEFORE_DAYS` before stands in the quarter BEFORE; all else within the metric's days after.
"""

from datetime import datetime
from functools import lru_cache

import pyarrow as pa
from sqlglot import exp

from audiences.queries.asking import Question, of_everybody
from cdp.lib.clock import to_us
from commerce.models import Order
from experiments.metrics import Measure
from lake.contracts import Ask, Facet, Value
from lake.engines import Statement
from segments.rules.facts import DAY_US

BEFORE_DAYS = 30
QUARTER_US = 900_000_000
"""Every zone of the world begins its days at one."""
BEFORE = -1
NET = "o.revenue - COALESCE(o.refunded, 0)"


def done(
    measure: Measure, owned: pa.Table, *, within_days: int, currency: str, since_us: int, now: datetime
) -> pa.Table:
    """place, quarter and amount (float64) of everybody who did anything. Raises QueryError.

    `owned`: identifier_id, place and from_us of everybody asked about; `since_us`: when the first of them met it;
    `currency`: of the orders whose money is summed.
    """
    begin = since_us - BEFORE_DAYS * DAY_US
    values = {"within_us": within_days * DAY_US, "before_us": BEFORE_DAYS * DAY_US, "now_us": to_us(now)}
    if measure.is_of_orders:
        question = _of_orders(measure.amount, currency)
    else:
        question = _of_events(measure.event, measure.amount, begin)
    found = of_everybody(question, now, beside={"owned": owned}, values=values).table
    return pa.table(
        {
            "place": found["place"].cast(pa.int64()),
            "quarter": found["quarter"].cast(pa.int64()),
            "amount": found["amount"].cast(pa.float64(), safe=False),
        }
    )


@lru_cache(maxsize=64)
def _of_orders(amount: str, currency: str) -> Question:
    columns = ["identifier_id", "status", "placed_us"]
    counted: exp.Expression = exp.Count(this=exp.Star())
    query = exp.select().from_(exp.to_table("orders", alias="o"))
    if amount:
        columns += ["currency", *(("revenue", "refunded") if amount == "revenue" else (amount,))]
        net = exp.maybe_parse(NET) if amount == "revenue" else exp.column(amount, table="o")
        counted = exp.Sum(this=exp.Coalesce(this=net, expressions=[exp.Literal.number(0)]))
        query = query.where(exp.column("currency", table="o").eq(exp.Literal.string(currency)))
    query = query.where(exp.column("status", table="o").isin(*(exp.Literal.string(one) for one in Order.BOUGHT)))
    ask = Ask("orders", tuple(columns))
    return Question(_windowed(query, exp.column("placed_us", table="o"), "o", counted), {"orders": ask})


@lru_cache(maxsize=64)
def _of_events(event: str, amount: str, begin_us: int) -> Question:
    values = (Value(amount, frozenset({Facet.NUMBER})),) if amount else ()
    number = exp.Coalesce(this=exp.column("v0_number", table="e"), expressions=[exp.Literal.number(0)])
    counted = exp.Sum(this=number) if amount else exp.Count(this=exp.Star())
    query = exp.select().from_(exp.to_table("events", alias="e"))
    query = query.where(exp.column("name", table="e").eq(exp.Literal.string(event)))
    ask = Ask("events", ("identifier_id", "name", "occurred_us"), values, frozenset({event}), begin_us - 1)
    return Question(_windowed(query, exp.column("occurred_us", table="e"), "e", counted), {"events": ask})


def _windowed(query: exp.Select, at: exp.Expression, alias: str, counted: exp.Expression) -> Statement:
    """By person and quarter, from the days before they met it to the end of their window."""
    met = exp.column("from_us", table="x")
    begin = exp.Sub(this=met.copy(), expression=exp.Placeholder(this="before_us"))
    end = exp.Add(this=met.copy(), expression=exp.Placeholder(this="within_us"))
    is_before = exp.LT(this=at.copy(), expression=met)
    quarter = exp.Case(
        ifs=[exp.If(this=is_before, true=exp.Literal.number(BEFORE))],
        default=exp.IntDiv(this=at.copy(), expression=exp.Literal.number(QUARTER_US)),
    )
    place = exp.column("place", table="x")
    return Statement(
        query.join(exp.to_table("owned", alias="x"), on=f"x.identifier_id = {alias}.identifier_id")
        .select(place, exp.alias_(quarter, "quarter"), exp.alias_(counted, "amount"))
        .where(exp.GTE(this=at.copy(), expression=begin))
        .where(exp.LT(this=at.copy(), expression=end))
        .where(exp.LTE(this=at.copy(), expression=exp.Placeholder(this="now_us")))
        .group_by(place.copy(), quarter.copy())
    )
