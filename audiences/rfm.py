"""RFM: scores of 1 to 5 for recency, frequency and money, and the eleven groups they make. Pure.

Scores are by quantile (a fifth of the buyers each) or by fixed thresholds. Both are four edges on a line: a score is 1
and one more for each edge that is reached, so equal values always get equal scores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILE, FIXED = "quantile", "fixed"
SCORES = 5
Numbers = NDArray[np.float64]
Scores = NDArray[np.int64]

# group → (what people call it, what it says, what to do)
GROUPS: Mapping[str, tuple[str, str, str]] = {
    "champions": ("Champions", "bought lately, often, and for much", "thank them; first to see what is new"),
    "loyal": ("Loyal", "buy often and for much, not always lately", "offer what goes with what they have"),
    "potential_loyalists": ("Potential loyalists", "bought lately, more than once or for more", "win the next order"),
    "new_customers": ("New customers", "bought just now, little so far", "welcome them; help with the first order"),
    "promising": ("Promising", "bought not long ago, little so far", "show them what others like"),
    "need_attention": ("Need attention", "average in all three, and cooling", "give a reason to come back soon"),
    "about_to_sleep": ("About to sleep", "below average, and cooling", "remind them before they forget"),
    "at_risk": ("At risk", "bought often or for much, long ago", "write to them with something of their own"),
    "cant_lose": ("Can't lose them", "were among the best, and have not been for very long", "call on them in person"),
    "hibernating": ("Hibernating", "bought little, long ago", "little effort: a season's best sellers"),
    "lost": ("Lost", "bought least and longest ago", "leave them in peace, or one last try"),
}
# R from 5 (lately) down to 1, and in each row (F + M) / 2 from 1 up to 5.
TABLE: Mapping[int, tuple[str, str, str, str, str]] = {
    5: ("new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"),
    4: ("promising", "potential_loyalists", "loyal", "loyal", "champions"),
    3: ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "at_risk"),
    1: ("lost", "lost", "at_risk", "cant_lose", "cant_lose"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How people are scored. `window_days` None: orders of all time. `currency`: money in others is not counted.

    The thresholds are of the fixed method: days that are at most so many score 5, 4, 3, 2; orders and money of at least
    so much score 2, 3, 4, 5.
    """

    method: str = QUANTILE
    window_days: int | None = None
    currency: str = "EUR"
    recency_days: tuple[int, int, int, int] = (30, 90, 180, 365)
    orders: tuple[int, int, int, int] = (2, 3, 5, 10)
    revenue: tuple[float, float, float, float] = (50.0, 150.0, 300.0, 1000.0)

    def __post_init__(self) -> None:
        if self.method not in (QUANTILE, FIXED):
            raise ValueError(f"the method is {QUANTILE} or {FIXED}, not {self.method!r}")
        for name in ("recency_days", "orders", "revenue"):
            given = getattr(self, name)
            if len(given) != SCORES - 1 or any(a >= b for a, b in pairwise(given)):
                raise ValueError(f"{name} takes four numbers, each larger than the one before")

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Settings":
        """As they were kept; raises ValueError for what cannot be."""
        made: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        return cls(**made)

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Edges:
    """The four edges of each score, ascending; of recency they are of days until today, negated: later is larger."""

    recency: tuple[float, ...]
    orders: tuple[float, ...]
    revenue: tuple[float, ...]

    @classmethod
    def fixed(cls, settings: Settings) -> "Edges":
        """Those of thresholds."""
        recency = tuple(-float(days) for days in reversed(settings.recency_days))
        return cls(recency, tuple(map(float, settings.orders)), tuple(map(float, settings.revenue)))

    @classmethod
    def of(cls, recency_days: Numbers, orders: Numbers, revenue: Numbers) -> "Edges":
        """Those of the quantiles of these people."""
        return cls(*(quantile_edges(each) for each in (-recency_days, orders, revenue)))


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Of each person, in the order they came: the three scores, (F + M) / 2 rounded half up, and the group's slug."""

    r: Scores
    f: Scores
    m: Scores
    fm: Scores
    group: list[str]


def score(recency_days: Numbers, orders: Numbers, revenue: Numbers, edges: Edges) -> Scored:
    """The scores of these people by these edges."""
    r, f, m = (
        1 + np.searchsorted(np.asarray(edge), values, side="right")
        for edge, values in ((edges.recency, -recency_days), (edges.orders, orders), (edges.revenue, revenue))
    )
    fm = (f + m + 1) // 2
    return Scored(r, f, m, fm, [group_of(*cell) for cell in zip(r.tolist(), fm.tolist(), strict=True)])


def edges_of(settings: Settings, recency_days: Numbers, orders: Numbers, revenue: Numbers) -> Edges:
    """The edges by which these people are scored under these settings."""
    return Edges.fixed(settings) if settings.method == FIXED else Edges.of(recency_days, orders, revenue)


def group_of(r: int, fm: int) -> str:
    """The group of a cell of the table."""
    return TABLE[r][fm - 1]


def cells_of(group: str) -> list[tuple[int, int]]:
    """The cells (R, FM) of a group."""
    return [(r, place + 1) for r, row in TABLE.items() for place, name in enumerate(row) if name == group]


def quantile_edges(values: Numbers) -> tuple[float, ...]:
    """The least value that scores 2, 3, 4 and 5, where a score is 1 + floor(5 × the share of people below it).

    The same in pandas: `1 + (values.rank(method="min") - 1) * 5 // len(values)`. Where so many are equal that nobody
    gets a score, its edge is that of the next one; past the last, infinity.
    """
    if not len(values):
        return (np.inf,) * (SCORES - 1)
    different, first = np.unique(np.sort(values), return_index=True)
    scored = 1 + first * SCORES // len(values)
    reached = [np.searchsorted(scored, wanted) for wanted in range(2, SCORES + 1)]
    return tuple(float(different[place]) if place < len(different) else np.inf for place in reached)


def finite(edges: Sequence[float]) -> list[float | None]:
    """Edges for JSON, which knows no infinity."""
    return [None if np.isinf(edge) else float(edge) for edge in edges]


def infinite(edges: Sequence[float | None]) -> tuple[float, ...]:
    """Edges as they were before `finite`."""
    return tuple(np.inf if edge is None else float(edge) for edge in edges)
