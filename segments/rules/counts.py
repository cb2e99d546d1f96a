"""How many: at least, at most, exactly, or between two whole numbers (both included)."""

from dataclasses import dataclass
from typing import Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.node import Place

MAX_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Count:
    """A range of whole numbers; `high` None = no upper bound."""

    low: int
    high: int | None

    def __post_init__(self) -> None:
        if self.low < 0 or (self.high is not None and self.high < self.low):
            raise ValueError(f"not a range of counts: {self.low} to {self.high}")

    @classmethod
    def parse(cls, raw: object, place: Place) -> Self:
        if not isinstance(raw, dict) or len(raw) != 1:
            place.refuse('takes one of {"gte": n}, {"lte": n}, {"eq": n}, {"between": [low, high]}')
        ((kind, bound),) = raw.items()
        if kind == "between":
            if not isinstance(bound, list) or len(bound) != 2:
                place.at(kind).refuse("takes two whole numbers, the lower first")
            low, high = (_whole(each, place.at(kind).at(i)) for i, each in enumerate(bound))
            if high < low:
                place.at(kind).refuse("takes the lower number first")
            return cls(low, high)
        if kind not in {"gte", "lte", "eq"}:
            place.refuse(f"unknown count {kind!r}; it takes gte, lte, eq or between")
        number = _whole(bound, place.at(kind))
        return cls(0 if kind == "lte" else number, None if kind == "gte" else number)

    def holds(self, number: int) -> bool:
        return self.low <= number and (self.high is None or number <= self.high)

    def compile(self, number: exp.Expression) -> exp.Expression:
        """SQL of `holds`."""
        bounds: list[exp.Expression] = []
        if self.low:
            bounds.append(exp.GTE(this=number, expression=sql.whole(self.low)))
        if self.high is not None:
            bounds.append(exp.LTE(this=number.copy(), expression=sql.whole(self.high)))
        return sql.both(bounds)

    def due(
        self, number: exp.Expression, entering: exp.Expression, first: exp.Expression, last: exp.Expression
    ) -> exp.Expression:
        """SQL of a bound on when the answer changes, by when the next event enters and the first and last one leave."""
        branches: list[tuple[exp.Expression, exp.Expression]] = []
        if self.low:
            branches.append((exp.LT(this=number, expression=sql.whole(self.low)), entering))
        if self.high is not None:
            too_many = exp.GT(this=number.copy(), expression=sql.whole(self.high))
            branches.append((too_many, last if self.high == 0 else first))
        within = [] if self.high is None else [entering.copy()]
        within += [last.copy() if self.low == 1 else first.copy()] if self.low else []
        return sql.case(branches, sql.least(within) or sql.never())

    def is_left_early(self) -> bool:
        """Whether one event that leaves may change the answer."""
        return self.low > 1 or (self.high is not None and self.high > 0)

    def is_left_at_last(self) -> bool:
        """Whether the answer may change when no event is left."""
        return self.low == 1 or self.high == 0

    def sentence(self) -> str:
        if self.high == 0:
            return "never"
        if self.high is None:
            return f"at least {_times(self.low)}"
        if self.low == self.high:
            return f"exactly {_times(self.low)}"
        return f"at most {_times(self.high)}" if self.low == 0 else f"{self.low} to {self.high} times"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _whole(raw: object, place: Place) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw <= MAX_COUNT:
        place.refuse(f"takes a whole number from 0 to {MAX_COUNT}")
    return raw
