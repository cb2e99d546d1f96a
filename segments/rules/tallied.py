"""Measures over events that are tallies of them: how many, sums, least and greatest, when, how many different. Pure."""

from decimal import Decimal

from sqlglot import exp

from lake.contracts import Facet
from segments.rules import sql
from segments.rules.facts import DAY_US, PersonFacts
from segments.rules.found import Found
from segments.rules.happenings import Happenings
from segments.rules.scope import HI, HISTORY, LO, OCCURRED, Scope, See
from segments.rules.values import Scalar, comparable

SCALARS = (Facet.NUMBER, Facet.TEXT, Facet.FLAG)
"""The facets that tell one value from another."""
DISTINCT = "different"


def found(kind: str, what: Happenings, of: str | None, facts: PersonFacts, now_us: int) -> Found:
    """The reference meaning of every kind but those that pick a value."""
    counted = what.counted(facts, now_us)
    instants = [event.occurred_us for event in counted]
    if kind == "count":
        return Found(Decimal(len(counted)))
    if kind == "first":
        return Found(min(instants, default=None))
    if kind == "last":
        return Found(max(instants, default=None))
    if kind == "time_since":
        return Found(Decimal((now_us - max(instants)) // DAY_US) if instants else None)
    values = [value for event in counted if (value := comparable(event.properties.get(of or ""))) is not None]
    return _of_values(kind, values)


def see(kind: str, what: Happenings, of: str | None, scope: Scope) -> See:
    """How to see it on the profile's row."""
    number = _instant(kind, what, scope) if of == "time" else _number(kind, what, of or "", scope)
    return lambda facet: sql.is_known(number) if facet is Facet.PRESENT else number.copy()


def count_of(what: Happenings, of: str, scope: Scope) -> exp.Expression:
    """How many of the events have a number under this property."""
    see = scope.property(of)
    key = ("numbers", what, of)
    return scope.count(scope.flag(key, lambda: sql.both([what.counts_sql(scope), sql.is_known(see(Facet.NUMBER))])))


def as_number(count: exp.Expression) -> exp.Expression:
    """A whole number as numbers of values are."""
    return exp.cast(count, "decimal(18, 6)")


def property_column(name: str, facet: Facet, scope: Scope) -> str:
    """The column of a property of an event in `flagged` and `history`."""
    return scope.value(("property", name, facet), lambda: scope.property(name)(facet))


def days_since(what: Happenings, scope: Scope) -> exp.Expression:
    """SQL: the whole days since the last of the events; NULL without one."""
    ago = exp.Paren(this=exp.Sub(this=sql.now(), expression=last_of(what, scope)))
    return exp.IntDiv(this=ago, expression=sql.whole(DAY_US))


def last_of(what: Happenings, scope: Scope) -> exp.Expression:
    """SQL: when the last of the events happened; NULL without one."""
    return scope.greatest(OCCURRED, what.counted_flag(scope))


def _of_values(kind: str, values: list[Scalar]) -> Found:
    if kind == "distinct":
        return Found(Decimal(len({(type(value), value) for value in values})))
    numbers = [value for value in values if isinstance(value, Decimal)]
    if kind == "sum":
        return Found(sum(numbers, Decimal(0)))
    if not numbers:
        return Found(None, 0)
    if kind == "avg":
        return Found(sum(numbers, Decimal(0)), len(numbers))
    return Found(min(numbers) if kind == "min" else max(numbers))


def _instant(kind: str, what: Happenings, scope: Scope) -> exp.Expression:
    pick = scope.least if kind == "first" else scope.greatest
    return pick(OCCURRED, what.counted_flag(scope))


def _number(kind: str, what: Happenings, of: str, scope: Scope) -> exp.Expression:
    if kind == "count":
        return as_number(scope.count(what.counted_flag(scope)))
    if kind == "time_since":
        return as_number(exp.Paren(this=days_since(what, scope)))
    if kind == "distinct":
        return as_number(sql.or_else(_different(what, of, scope), sql.whole(0)))
    column, flag = property_column(of, Facet.NUMBER, scope), what.counted_flag(scope)
    if kind == "min":
        return scope.least(column, flag)
    if kind == "max":
        return scope.greatest(column, flag)
    total = scope.total(column, flag)
    return sql.or_else(total, sql.literal(Decimal(0))) if kind == "sum" else total


def _different(what: Happenings, of: str, scope: Scope) -> exp.Expression:
    columns = [property_column(of, facet, scope) for facet in SCALARS]
    flag = what.counted_flag(scope)

    def make() -> exp.Select:
        numbers = [exp.Count(this=exp.Distinct(expressions=[exp.column(column)])) for column in columns]
        together = exp.Add(this=exp.Add(this=numbers[0], expression=numbers[1]), expression=numbers[2])
        history = scope.read(HISTORY)
        found = exp.select(HI, LO, exp.alias_(together, DISTINCT)).from_(history).where(exp.column(flag))
        return found.group_by(HI, LO)

    return scope.aside(("distinct", what, of), make)(DISTINCT)
