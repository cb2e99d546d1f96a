"""Conditions on a trait or a property: one typed table of operators, each true or false whatever it is given.

A missing or uncomparable value makes a comparison false; `ne` and `not_in` are true for it; `is_set` asks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from sqlglot import exp

from segments.rules import anniversary, operators_sql, sql
from segments.rules.facts import DAY_US, NEVER
from segments.rules.node import Place
from segments.rules.operators_sql import order
from segments.rules.scope import See
from segments.rules.values import Scalar, comparable, folded, instant_us, said
from segments.rules.windows import days_of

MAX_VALUES = 1000
MAX_NAME = 200
MAX_ANNIVERSARY_DAYS = 365


class Clock(NamedTuple):
    """Now (µs) and the company's time zone, by its IANA name."""

    now_us: int
    zone: str


@dataclass(frozen=True, slots=True)
class Operator:
    """`takes` names the reader of its operand, `SEES[takes]` what it sees of the actual value.

    `holds(actual, operand, clock)`; `flips(actual, operand, clock)` = when the answer changes, for those that move with
    time. `compiles(see, operand)` and `flips_sql(see, operand)` are the same in SQL, over the facets of the value.
    """

    name: str
    words: str
    takes: str
    holds: Callable[[Any, Any, Clock], bool]
    compiles: Callable[[See, Any], exp.Expression]
    flips: Callable[[Any, Any, Clock], tuple[int, ...]] | None = None
    flips_sql: Callable[[See, Any], exp.Expression] | None = None

    def __post_init__(self) -> None:
        if (self.flips is None) is not (self.flips_sql is None):
            raise ValueError(f"{self.name} moves with time in one of its two meanings only")


@dataclass(frozen=True, slots=True)
class Condition:
    """A name, an operator of the table and its operand, already canonical."""

    name: str
    operator: Operator
    operand: Any

    def __post_init__(self) -> None:
        if not self.name or OPERATORS.get(self.operator.name) is not self.operator:
            raise ValueError("a condition has a name and an operator of the table")

    @classmethod
    def parse(cls, raw: object, place: Place, *, name_key: str) -> Self:
        if not isinstance(raw, dict):
            place.refuse(f'takes a condition, as in {{"{name_key}": "price", "is": "gte", "value": 20}}')
        place.only(raw, (name_key, "is", "value"))
        name, operator = raw.get(name_key), OPERATORS.get(str(raw.get("is")))
        if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME:
            place.at(name_key).refuse(f"takes the name of a {name_key}, at most {MAX_NAME} characters")
        if operator is None:
            place.at("is").refuse(f"unknown operator {raw.get('is')!r}; it takes {', '.join(OPERATORS)}")
        if operator.takes == "nothing":
            if "value" in raw:
                place.at("value").refuse(f"{operator.name} takes no value")
            return cls(name, operator, None)
        if "value" not in raw:
            place.refuse(f"{operator.name} takes a value")
        read: Callable[[object, Place], Any] = READERS[operator.takes]
        return cls(name, operator, read(raw["value"], place.at("value")))

    @property
    def moves_with_time(self) -> bool:
        """Whether the answer can change with no change of the value."""
        return self.operator.flips is not None

    def holds(self, values: Mapping[str, Any], now_us: int, zone: str = "") -> bool:
        """Whether the value meets it. Operators that count days of the calendar need the company's zone."""
        return self.operator.holds(self._actual(values), self.operand, Clock(now_us, zone))

    def valid_until(self, values: Mapping[str, Any], now_us: int, zone: str = "") -> int:
        """The first instant after now at which the answer can change with no change of the value; or NEVER."""
        if self.operator.flips is None:
            return NEVER
        instants = self.operator.flips(self._actual(values), self.operand, Clock(now_us, zone))
        return min((instant for instant in instants if instant > now_us), default=NEVER)

    def compile(self, see: See) -> exp.Expression:
        """SQL of `holds`: true or false, never NULL."""
        return self.operator.compiles(see, self.operand)

    def flip(self, see: See) -> exp.Expression:
        """SQL of the first instant after now at which the answer can change; NULL where there is none."""
        return self.operator.flips_sql(see, self.operand) if self.operator.flips_sql else exp.null()

    def _actual(self, values: Mapping[str, Any]) -> Any:
        see: Callable[[Any], Any] = SEES.get(self.operator.takes, comparable)
        return see(values.get(self.name))

    def sentence(self) -> str:
        words = f"{self.name} {self.operator.words}"
        return words if self.operator.takes == "nothing" else f"{words} {_said_operand(self.operator, self.operand)}"


def _said_operand(operator: Operator, operand: Any) -> str:
    if operator.takes == "values":
        return ", ".join(said(each) for each in operand)
    if operator.takes == "pair":
        return f"{said(operand[0])} and {said(operand[1])}"
    if operator.takes in {"period", "days of a year"}:
        return "day" if operand == DAY_US else f"{operand // DAY_US} days"
    if operator.takes == "date":
        return str(operand[0])
    return said(operand)


# Readers of operands: raw JSON to a canonical operand, or RuleError.


def _read_value(raw: object, place: Place) -> Scalar:
    value = comparable(raw)
    if value is None:
        place.refuse("takes a number, a text, true or false")
    return value


def _read_values(raw: object, place: Place) -> tuple[Scalar, ...]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_VALUES:
        place.refuse(f"takes a list of 1 to {MAX_VALUES} values")
    return tuple(_read_value(each, place.at(index)) for index, each in enumerate(raw))


def _read_ordered(raw: object, place: Place) -> Scalar:
    value = _read_value(raw, place)
    if isinstance(value, bool):
        place.refuse("takes a number or a text: true and false have no order")
    return value


def _read_pair(raw: object, place: Place) -> tuple[Scalar, Scalar]:
    if not isinstance(raw, list) or len(raw) != 2:
        place.refuse("takes two values, the lower first; both belong to it")
    low, high = _read_ordered(raw[0], place.at(0)), _read_ordered(raw[1], place.at(1))
    if not _below(low, high, equal=True):
        place.refuse("takes two numbers or two texts, the lower first")
    return low, high


def _read_text(raw: object, place: Place) -> str:
    text = folded(raw) if isinstance(raw, str) else None
    if not text:
        place.refuse("takes a text that is not blank")
    return text


def _read_date(raw: object, place: Place) -> tuple[str, int]:
    instant = instant_us(raw)
    if instant is None:
        place.refuse('takes an ISO 8601 date or instant, as in "2026-01-01"')
    return str(raw), instant


def _read_period(raw: object, place: Place) -> int:
    if not isinstance(raw, dict) or set(raw) != {"days"}:
        place.refuse('takes {"days": n}')
    return days_of(raw["days"], place.at("days")) * DAY_US


def _read_days_of_year(raw: object, place: Place) -> int:
    period: int = _read_period(raw, place)
    if period > MAX_ANNIVERSARY_DAYS * DAY_US:
        place.at("days").refuse(f"takes at most {MAX_ANNIVERSARY_DAYS} days: an anniversary comes every year")
    return period


READERS: Mapping[str, Callable[[object, Place], Any]] = {
    "value": _read_value,
    "values": _read_values,
    "ordered": _read_ordered,
    "pair": _read_pair,
    "text": _read_text,
    "date": _read_date,
    "period": _read_period,
    "days of a year": _read_days_of_year,
}
SEES: dict[str, Callable[[Any], Any]] = {
    "text": folded,
    "date": instant_us,
    "period": instant_us,
    "days of a year": instant_us,
    "nothing": lambda raw: raw,
}


# Meanings: (actual, operand, now) → bool. `actual` is None where missing or uncomparable.


def _same(actual: Scalar | None, wanted: Scalar) -> bool:
    return type(actual) is type(wanted) and actual == wanted


def _below(low: Scalar | None, high: Scalar | None, *, equal: bool) -> bool:
    """Order within numbers and within texts (by code point); false between kinds and for true/false."""
    if type(low) is not type(high) or low is None or high is None or isinstance(low, bool):
        return False
    return bool(low < high or (equal and low == high))  # type: ignore[operator]


def _last_flips(instant: int | None, period_us: int, _: Clock) -> tuple[int, ...]:
    return () if instant is None else (instant, instant + period_us)


def _next_flips(instant: int | None, period_us: int, _: Clock) -> tuple[int, ...]:
    return () if instant is None else (instant - period_us, instant)


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("eq", "is", "value", lambda a, v, _: _same(a, v), operators_sql.same),
        Operator(
            "ne", "is not", "value", lambda a, v, _: not _same(a, v), lambda see, v: sql.no(operators_sql.same(see, v))
        ),
        Operator("in", "is one of", "values", lambda a, vs, _: any(_same(a, v) for v in vs), operators_sql.one_of),
        Operator(
            "not_in",
            "is none of",
            "values",
            lambda a, vs, _: not any(_same(a, v) for v in vs),
            lambda see, vs: sql.no(operators_sql.one_of(see, vs)),
        ),
        Operator("gt", "is more than", "ordered", lambda a, v, _: _below(v, a, equal=False), order(exp.GT)),
        Operator("gte", "is at least", "ordered", lambda a, v, _: _below(v, a, equal=True), order(exp.GTE)),
        Operator("lt", "is less than", "ordered", lambda a, v, _: _below(a, v, equal=False), order(exp.LT)),
        Operator("lte", "is at most", "ordered", lambda a, v, _: _below(a, v, equal=True), order(exp.LTE)),
        Operator(
            "between",
            "is between",
            "pair",
            lambda a, v, _: _below(v[0], a, equal=True) and _below(a, v[1], equal=True),
            operators_sql.between,
        ),
        Operator("contains", "contains", "text", lambda a, v, _: a is not None and v in a, operators_sql.contains),
        Operator(
            "starts_with",
            "starts with",
            "text",
            lambda a, v, _: a is not None and a.startswith(v),
            operators_sql.starts_with,
        ),
        Operator("is_set", "is known", "nothing", lambda a, _v, _n: a is not None, operators_sql.is_set),
        Operator(
            "is_not_set",
            "is not known",
            "nothing",
            lambda a, _v, _n: a is None,
            lambda see, v: sql.no(operators_sql.is_set(see, v)),
        ),
        Operator(
            "before", "is before", "date", lambda a, v, _: a is not None and a < v[1], operators_sql.instant(exp.LT)
        ),
        Operator(
            "after", "is after", "date", lambda a, v, _: a is not None and a > v[1], operators_sql.instant(exp.GT)
        ),
        Operator(
            "within_last",
            "is within the last",
            "period",
            lambda a, v, clock: a is not None and clock.now_us - v < a <= clock.now_us,
            operators_sql.within_last,
            _last_flips,
            operators_sql.last_flips,
        ),
        Operator(
            "within_next",
            "is within the next",
            "period",
            lambda a, v, clock: a is not None and clock.now_us < a <= clock.now_us + v,
            operators_sql.within_next,
            _next_flips,
            operators_sql.next_flips,
        ),
        Operator(
            "anniversary_within_next",
            "has its anniversary today or within the next",
            "days of a year",
            lambda a, v, clock: a is not None and anniversary.is_near(a, v // DAY_US, clock.now_us, clock.zone),
            lambda see, v: anniversary.is_near_sql(see, v // DAY_US),
            lambda a, v, clock: () if a is None else anniversary.flips(a, v // DAY_US, clock.now_us, clock.zone),
            lambda see, v: anniversary.flips_sql(see, v // DAY_US),
        ),
    )
}
"""Every operator by its name, as `is` says it."""
