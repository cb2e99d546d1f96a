"""What placements earn: counts and money by placement, side of its holdout, model run and day, and of which products.

A day is the day an answer was given (company's time zone): what became of it later counts there too, so that every
share is of the same answers, and the latest seven days still grow. Shares are of answers of which something was seen;
answers to one person hang together, so intervals that take answers for independent are somewhat too narrow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import experiments.queries
from cdp.lib import bulk_sql
from recommendations.comparing import Difference, difference
from recommendations.placements import experiment_key
from recommendations.queries.holdouts import HOLDOUT, TREATED

COUNTS = """
SELECT {keys}, currency, sum(answers)::bigint, sum(clicked)::bigint, sum(added)::bigint, sum(ordered)::bigint,
  sum(impressions)::bigint, sum(clicks)::bigint, sum(adds)::bigint, sum(orders)::bigint, sum(revenue)
FROM recommendations_earning
WHERE day BETWEEN %s::date AND %s::date AND (%s::text = '' OR placement = %s::text)
GROUP BY {keys}, currency ORDER BY {keys}, currency
"""
SHOWN = """
SELECT product_id, sum(impressions)::bigint, sum(clicks)::bigint FROM recommendations_shownproduct
WHERE day BETWEEN %s::date AND %s::date GROUP BY 1 ORDER BY 2 DESC, 1
"""
API = "api:"
COUNTED = ("answers", "clicked", "added", "ordered", "impressions", "clicks", "adds", "orders")


@dataclass(frozen=True, slots=True)
class Money:
    """Revenue of order lines in one currency, less what was given back; `per_thousand` impressions."""

    currency: str
    revenue: Decimal
    per_thousand: Decimal | None


@dataclass(frozen=True, slots=True)
class Earned:
    """What some answers brought. Of `answers` something was seen; `clicked`, `added` and `ordered` are the answers of
    which something was; `impressions`, `clicks`, `adds` and `orders` (order lines) count products."""

    answers: int = 0
    clicked: int = 0
    added: int = 0
    ordered: int = 0
    impressions: int = 0
    clicks: int = 0
    adds: int = 0
    orders: int = 0
    money: tuple[Money, ...] = ()

    @property
    def ctr(self) -> float | None:
        """Clicks an impression: of products."""
        return _share(self.clicks, self.impressions)

    @property
    def click_rate(self) -> float | None:
        """The share of answers of which something was clicked."""
        return _share(self.clicked, self.answers)

    @property
    def add_rate(self) -> float | None:
        """The share of answers of which something was put into the cart."""
        return _share(self.added, self.answers)

    @property
    def order_rate(self) -> float | None:
        """The share of answers of which something was bought."""
        return _share(self.ordered, self.answers)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a holdout ("treated", "holdout"; "" = nobody was split). `heads`: units ever exposed to it."""

    variant: str
    heads: int
    earned: Earned


@dataclass(frozen=True, slots=True)
class OfModel:
    """What the answers of one model run earned, on the treated side and where nobody was split; 0 = none was live."""

    model_run: int
    earned: Earned


@dataclass(frozen=True, slots=True)
class OfDay:
    """What the answers of one day earned, on one side."""

    day: date
    variant: str
    earned: Earned


@dataclass(frozen=True, slots=True)
class OfPlacement:
    """What one placement earned in a period. `placement` is its key, or `api:<strategy>` of answers without one.

    `clicks`, `adds`, `orders`: the treated side's share of answers against the holdout's; None without both sides, and
    where the holdout was shown nothing: nobody clicks an empty place, which says nothing of what it would have earned.
    """

    placement: str
    earned: Earned
    sides: tuple[Side, ...]
    models: tuple[OfModel, ...]
    clicks: Difference | None
    adds: Difference | None
    orders: Difference | None

    @property
    def is_placement(self) -> bool:
        """Whether it was named in the admin; else these are answers without a placement."""
        return not self.placement.startswith(API)


@dataclass(frozen=True, slots=True)
class Shown:
    """How often a product was seen and clicked in answers."""

    product_id: str
    impressions: int
    clicks: int


def earnings(since: date, until: date, placement: str = "") -> list[OfPlacement]:
    """What each placement earned with the answers of these days, both included, by key; with `placement` that one."""
    grouped = _grouped("placement, variant, model_run", since, until, placement)
    found: dict[str, dict[tuple[str, int], Earned]] = {}
    for (key, variant, run), earned in grouped.items():
        found.setdefault(str(key), {})[str(variant), int(str(run))] = earned
    return [_of_placement(key, parts) for key, parts in found.items()]


def earnings_by_day(placement: str, since: date, until: date) -> list[OfDay]:
    """One placement's days and sides, the earliest first; days without answers are left out."""
    rows = _grouped("day, variant", since, until, placement)
    return [OfDay(day, str(variant), earned) for (day, variant), earned in rows.items() if isinstance(day, date)]


def shown_products(since: date, until: date) -> list[Shown]:
    """Every product seen in the answers of these days, the most seen first."""
    return [Shown(*row) for row in bulk_sql.fetch(SHOWN, [since, until])]


def _of_placement(key: str, parts: Mapping[tuple[str, int], Earned]) -> OfPlacement:
    variants = sorted({variant for variant, _ in parts}, key=("", TREATED, HOLDOUT).index)
    sides = {variant: _sum(earned for (side, _), earned in parts.items() if side == variant) for variant in variants}
    runs = sorted({run for variant, run in parts if variant != HOLDOUT})
    heads = experiments.queries.heads(experiment_key(key)) if {HOLDOUT, TREATED} & sides.keys() else {}
    treated, held = sides.get(TREATED, Earned()), sides.get(HOLDOUT, Earned())
    held = held if held.impressions else Earned()
    return OfPlacement(
        placement=key,
        earned=_sum(parts.values()),
        sides=tuple(Side(variant, heads.get(variant, 0), earned) for variant, earned in sides.items()),
        models=tuple(
            OfModel(run, _sum(earned for (side, one), earned in parts.items() if one == run and side != HOLDOUT))
            for run in runs
        ),
        clicks=difference(treated.clicked, treated.answers, held.clicked, held.answers),
        adds=difference(treated.added, treated.answers, held.added, held.answers),
        orders=difference(treated.ordered, treated.answers, held.ordered, held.answers),
    )


def _grouped(keys: str, since: date, until: date, placement: str) -> dict[tuple[object, ...], Earned]:
    """{values of `keys`: earned}: the row without a currency holds the counts, those with one the money."""
    width = keys.count(",") + 1
    found: dict[tuple[object, ...], Earned] = {}
    # `keys` are ours, no values.
    for row in bulk_sql.fetch(COUNTS.format(keys=keys), [since, until, placement, placement]):
        key, currency, revenue = row[:width], row[width], row[-1]
        counts = dict(zip(COUNTED, row[width + 1 : -1], strict=True))
        one = Earned(**counts, money=(Money(currency, revenue, None),) if currency else ())
        found[key] = _sum([found[key], one]) if key in found else one
    return {key: _sum([one]) for key, one in found.items()}


def _sum(parts: Iterable[Earned]) -> Earned:
    """All of them together; money by currency."""
    counts = dict.fromkeys(COUNTED, 0)
    money: dict[str, Decimal] = {}
    for part in parts:
        for name in counts:
            counts[name] += getattr(part, name)
        for one in part.money:
            money[one.currency] = money.get(one.currency, Decimal(0)) + one.revenue
    seen = counts["impressions"]
    shown = tuple(
        Money(currency, revenue, revenue * 1000 / seen if seen else None) for currency, revenue in sorted(money.items())
    )
    return Earned(
        answers=counts["answers"],
        clicked=counts["clicked"],
        added=counts["added"],
        ordered=counts["ordered"],
        impressions=counts["impressions"],
        clicks=counts["clicks"],
        adds=counts["adds"],
        orders=counts["orders"],
        money=shown,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
