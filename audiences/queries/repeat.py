"""What the likelihood to buy again is learned from: buyers as they stood at an instant, by one query; the gate says of
whom may be learned.

Of the past only what was known then: orders placed until the instant, cancelled or refunded later or not, at the
revenue they were placed with.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from audiences.queries.asking import Question, of_everybody
from audiences.repeat import DAYS, Figures, Numbers
from cdp.lib.clock import to_us
from commerce.models import Order
from consent.contracts import ML_TRAINING
from consent.queries import allows_each, subjects_of
from lake.contracts import Ask
from lake.engines import Statement
from segments.halves import joined
from segments.rules.facts import DAY_US
from segments.rules.scope import HI, LO

CUT, UNTIL = "cut_us", "until_us"
CHUNK = 2_000
ORDERS = Ask("orders", ("identifier_id", "status", "currency", "revenue", "placed_us"))
IDENTIFIERS = Ask("identifiers", ("id", HI, LO, "is_shared"))
COLUMNS = ("last_us", "first_us", "orders", "revenue", "kept", "again")


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Buyers at an instant, in the order of their ids. `kept`: who has an order that is not cancelled today."""

    keys: pa.Table
    figures: Figures
    kept: NDArray[np.bool_]

    def ids(self) -> list[UUID]:
        """Their profiles."""
        return [joined(*key) for key in zip(self.keys[HI].to_pylist(), self.keys[LO].to_pylist(), strict=True)]

    def only(self, wanted: NDArray[np.bool_]) -> "Standing":
        """Those of them."""
        return Standing(self.keys.filter(pa.array(wanted)), self.figures.rows(wanted), self.kept[wanted])


def standing(cut: datetime, now: datetime, currency: str) -> Standing:
    """Everybody who had ordered at `cut`, and whether they bought in the 90 days after, as far as `now`.

    Raises QueryError.
    """
    until = min(cut + timedelta(days=DAYS), now)
    values = {CUT: to_us(cut), UNTIL: to_us(until)}
    found = of_everybody(_question(currency), now, values=values).table
    columns = {name: np.asarray(found[name].cast(pa.float64(), safe=False).to_numpy(), np.float64) for name in COLUMNS}
    everybody = Standing(
        found.select([HI, LO]),
        Figures(
            recency_days=_days(to_us(cut), columns["last_us"]),
            orders=columns["orders"],
            revenue=np.round(columns["revenue"], 6),
            tenure_days=_days(to_us(cut), columns["first_us"]),
            again=columns["again"] > 0,
        ),
        columns["kept"] > 0,
    )
    return _in_order(everybody)


def first_order() -> datetime | None:
    """When the oldest order that is somebody's was placed."""
    orders = Order.objects.filter(placed_at__isnull=False, identifier_id__isnull=False)
    return orders.order_by("placed_at").values_list("placed_at", flat=True).first()


def refused_training(
    people: set[UUID], now: datetime, report: Callable[[int, int], object]
) -> tuple[set[UUID], Mapping[str, int]]:
    """Those of these people who do not allow ml_training, and how many by the gate's reason."""
    ids, refused = sorted(people), dict[UUID, str]()
    for start in range(0, len(ids), CHUNK):
        report(start, len(ids))
        part = ids[start : start + CHUNK]
        subjects = subjects_of(part)
        refused |= {one: "nobody" for one in part if one not in subjects}
        known = [one for one in part if one in subjects]
        decisions = allows_each([subjects[one] for one in known], ML_TRAINING, now)
        refused |= {one: said.reason for one, said in zip(known, decisions, strict=True) if not said.allowed}
    return set(refused), dict(sorted(Counter(refused.values()).items()))


def _days(cut_us: int, at_us: Numbers) -> Numbers:
    return np.asarray((cut_us - at_us) / DAY_US, dtype=np.float64)


def _in_order(people: Standing) -> Standing:
    """By id: sums of the same numbers in another order differ in their last digits."""
    low, high = (people.keys[name].to_numpy().astype(np.int64).view(np.uint64) for name in (LO, HI))
    order = np.lexsort((low, high))
    return Standing(people.keys.take(pa.array(order)), people.figures.rows(order), people.kept[order])


@lru_cache(maxsize=16)
def _question(currency: str) -> Question:
    placed = exp.column("placed_us", table="o")
    is_before = exp.LTE(this=placed, expression=exp.Placeholder(this=CUT))
    is_bought = exp.column("status", table="o").isin(*(exp.Literal.string(one) for one in Order.BOUGHT))
    is_priced = exp.column("currency", table="o").eq(exp.Literal.string(currency))
    priced_before = exp.And(this=is_before.copy(), expression=is_priced)
    bought_before = exp.And(this=is_before.copy(), expression=is_bought.copy())
    bought_after = exp.And(this=exp.Not(this=is_before.copy()), expression=is_bought)
    columns = {
        "last_us": exp.Max(this=_when(is_before, placed)),
        "first_us": exp.Min(this=placed.copy()),
        "orders": exp.Sum(this=_when(is_before, 1, 0)),
        "revenue": exp.Sum(this=_when(priced_before, exp.column("revenue", table="o"), 0)),
        "kept": exp.Max(this=_when(bought_before, 1, 0)),
        "again": exp.Max(this=_when(bought_after, 1, 0)),
    }
    query = (
        exp.select(f"i.{HI}", f"i.{LO}", *(exp.alias_(tree, name) for name, tree in columns.items()))
        .from_(exp.to_table("orders", alias="o"))
        .join(exp.to_table("identifiers", alias="i"), on="i.id = o.identifier_id")
        .where("NOT i.is_shared")
        .where(exp.LTE(this=placed.copy(), expression=exp.Placeholder(this=UNTIL)))
        .group_by(f"i.{HI}", f"i.{LO}")
        .having(exp.GT(this=columns["orders"].copy(), expression=exp.Literal.number(0)))
    )
    return Question(Statement(query), {"orders": ORDERS, "identifiers": IDENTIFIERS})


def _when(condition: exp.Expression, then: exp.Expression | int, otherwise: int | None = None) -> exp.Case:
    told = exp.Literal.number(then) if isinstance(then, int) else then.copy()
    default = None if otherwise is None else exp.Literal.number(otherwise)
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=told)], default=default)
