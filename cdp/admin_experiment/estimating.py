"""What goals came to lately, for the calculator: how many come, how many of them reach the goal, what they bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from cdp.lib import bulk_sql
from experiments.metrics import CONVERSION, ORDERS, REVENUE, Metric
from lake.contracts import QueryError
from segments.queries.previewing import preview_with_clauses
from segments.queries.turns import PreviewBusyError
from segments.rules import RuleError, parse_rule

DAYS = 28
MOST_KEPT = 200
SPENT = """
SELECT count(*), coalesce(sum(spent), 0)::float8, coalesce(sum(spent * spent), 0)::float8, max(currency) FROM (
  SELECT o.currency, i.profile_id, sum(greatest(o.revenue - o.refunded, 0)) AS spent
  FROM commerce_order AS o JOIN profiles_identifier AS i ON i.id = o.identifier_id
  WHERE o.placed_at >= %s::timestamptz AND o.status <> 'cancelled' GROUP BY 1, 2
) AS people
"""


@dataclass(frozen=True, slots=True)
class Base:
    """`mean` of a person (a share for a conversion); `deviation` None for a share; `words` say where it comes from."""

    mean: float
    deviation: float | None
    people_a_day: float
    words: str
    currency: str = ""


_kept: dict[tuple[str, str], Base] = {}


def base_of(metric: Metric, audience: Mapping[str, Any] | None, now: datetime) -> Base | str:
    """As the last weeks were, kept for the company's day in this process; a sentence where it cannot be told."""
    key = (f"{now:%Y-%m-%d}", f"{metric!r} {audience!r}")
    if key not in _kept:
        try:
            found = _base(metric, audience, now)
        except PreviewBusyError:
            return "The last weeks are being counted for somebody else: change something, and it is tried again."
        except (QueryError, RuleError) as error:
            return f"The last weeks cannot be counted now ({error}): type what you know."
        if isinstance(found, str):
            return found
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return _kept[key]


def forget_bases() -> None:
    """Count the last weeks afresh, in this process."""
    _kept.clear()


def _base(metric: Metric, audience: Mapping[str, Any] | None, now: datetime) -> Base | str:
    came, lately, did = _counted(metric, audience, now)
    if not came or not lately:
        return f"Nobody it is about came in the last {DAYS} days: type what you expect."
    a_day = came / DAYS
    who = "visitors" if audience is None else "visitors it is about"
    if metric.kind == CONVERSION:
        share = did / lately
        words = (
            f"In the last {metric.within_days} days {did:,} of {lately:,} {who} did “{metric.measure.event}”:"
            f" {share:.2%}. {came:,} came in {DAYS} days, {a_day:,.0f} a day."
        )
        return Base(share, None, a_day, words)
    if metric.kind == REVENUE and metric.measure.event == ORDERS:
        return _spent(metric, lately, came, who, now)
    return "For goals of this kind type what a person does on average, and by how much people differ."


def _counted(metric: Metric, audience: Mapping[str, Any] | None, now: datetime) -> tuple[int, int, int]:
    """(came in four weeks, came in the goal's window, and of these did the goal's event in it)."""
    also = [dict(audience)] if audience else []
    window = {"days": metric.within_days}
    rules = [
        {"all": [{"did": "*", "within": {"days": DAYS}}, *also]},
        {"all": [{"did": "*", "within": window}, *also]},
        {"all": [{"did": metric.measure.event, "within": window}, *also]},
    ]
    nodes = [parse_rule(rule) for rule in rules]
    found, counts = preview_with_clauses(nodes[0], nodes, segment_id=None, now=now)
    return found.count, counts[1] or 0, counts[2] or 0


def _spent(metric: Metric, lately: int, came: int, who: str, now: datetime) -> Base | str:
    since = now - timedelta(days=metric.within_days)
    buyers, total, squares, currency = bulk_sql.fetch(SPENT, [since])[0]
    if not buyers:
        return "Nobody bought in that time: type what you expect."
    heads = max(lately, buyers)
    mean = total / heads
    spread = sqrt(max(squares / heads - mean**2, 0.0))
    words = (
        f"In the last {metric.within_days} days {lately:,} {who} brought {mean:,.2f} {currency} each on average, and"
        f" people differ by {spread:,.2f} (standard deviation). {came / DAYS:,.0f} come a day."
    )
    return Base(mean, spread, came / DAYS, words, currency)
