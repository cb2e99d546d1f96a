"""The operators of conditions in SQL, over the facets of a value: true or false, never NULL. Pure.

Engines compare facets and do nothing else with a value: numbers as decimals, text by code point, folded text, instants
as int64 µs.
"""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from lake.contracts import Facet
from segments.rules import sql
from segments.rules.scope import See
from segments.rules.values import Scalar

Comparison = type[exp.GT] | type[exp.GTE] | type[exp.LT] | type[exp.LTE]


def same(see: See, wanted: Scalar) -> exp.Expression:
    """Equal, of the same kind."""
    return sql.known(exp.EQ(this=see(sql.facet_of(wanted)), expression=sql.literal(wanted)))


def one_of(see: See, wanted: tuple[Scalar, ...]) -> exp.Expression:
    """Equal to one of several values, which may be of several kinds."""
    kinds: dict[Facet, list[exp.Expression]] = {}
    for value in wanted:
        kinds.setdefault(sql.facet_of(value), []).append(sql.literal(value))
    return sql.either([sql.known(exp.In(this=see(facet), expressions=values)) for facet, values in kinds.items()])


def order(comparison: Comparison) -> Callable[[See, Scalar], exp.Expression]:
    """Before or after a number or a text."""
    return lambda see, bound: sql.known(comparison(this=see(sql.facet_of(bound)), expression=sql.literal(bound)))


def between(see: See, bounds: tuple[Scalar, Scalar]) -> exp.Expression:
    """From one number or text to another, both included."""
    low, high = bounds
    return sql.both([order(exp.GTE)(see, low), order(exp.LTE)(see, high)])


def contains(see: See, part: str) -> exp.Expression:
    """Folded text anywhere in the folded value."""
    return sql.known(exp.Contains(this=see(Facet.FOLDED), expression=sql.text(part)))


def starts_with(see: See, start: str) -> exp.Expression:
    """Folded text at the start of the folded value."""
    return sql.known(exp.StartsWith(this=see(Facet.FOLDED), expression=sql.text(start)))


def is_set(see: See, _: None) -> exp.Expression:
    """There is a value."""
    return sql.known(see(Facet.PRESENT))


def instant(comparison: Comparison) -> Callable[[See, tuple[str, int]], exp.Expression]:
    """Before or after an instant."""
    return lambda see, date: sql.known(comparison(this=see(Facet.INSTANT), expression=sql.whole(date[1])))


def within_last(see: See, period_us: int) -> exp.Expression:
    """In (now − period, now]."""
    start = sql.minus(sql.now(), period_us)
    return sql.both(
        [
            sql.known(exp.GT(this=see(Facet.INSTANT), expression=start)),
            sql.known(exp.LTE(this=see(Facet.INSTANT), expression=sql.now())),
        ]
    )


def last_flips(see: See, period_us: int) -> exp.Expression:
    """The first of the instant and the end of its period that is still to come; NULL where both are past."""
    return _first_to_come(see(Facet.INSTANT), sql.plus(see(Facet.INSTANT), period_us))


def within_next(see: See, period_us: int) -> exp.Expression:
    """In (now, now + period]."""
    end = sql.plus(sql.now(), period_us)
    return sql.both(
        [
            sql.known(exp.GT(this=see(Facet.INSTANT), expression=sql.now())),
            sql.known(exp.LTE(this=see(Facet.INSTANT), expression=end)),
        ]
    )


def next_flips(see: See, period_us: int) -> exp.Expression:
    """The first of the period before the instant and the instant that is still to come; NULL where both are past."""
    return _first_to_come(sql.minus(see(Facet.INSTANT), period_us), see(Facet.INSTANT))


def _first_to_come(earlier: exp.Expression, later: exp.Expression) -> exp.Expression:
    ahead = exp.GT(this=earlier.copy(), expression=sql.now())
    ends_ahead: Any = exp.GT(this=later.copy(), expression=sql.now())
    return sql.case([(ahead, earlier), (ends_ahead, later)], exp.null())
