"""Small pieces of SQL that compiled rules are made of: literals, truth without unknowns, least and greatest. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import reduce

from sqlglot import exp

from lake.contracts import Facet
from segments.rules.facts import NEVER
from segments.rules.values import Scalar

NOW = "now_us"
"""The placeholder every compiled rule has for the present instant, int64 µs."""


def now() -> exp.Expression:
    """The present instant."""
    return exp.Placeholder(this=NOW)


def whole(number: int) -> exp.Expression:
    """An int64 literal."""
    literal = exp.Literal.number(abs(number))
    return exp.Paren(this=exp.Neg(this=literal)) if number < 0 else literal


def never() -> exp.Expression:
    """The instant that does not come."""
    return whole(NEVER)


def text(value: str) -> exp.Expression:
    """A text literal."""
    return exp.Literal.string(value)


def facet_of(value: Scalar) -> Facet:
    """The facet in which such a value is compared."""
    if isinstance(value, bool):
        return Facet.FLAG
    return Facet.NUMBER if isinstance(value, Decimal) else Facet.TEXT


def literal(value: Scalar) -> exp.Expression:
    """A value as a literal of its facet's type."""
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, Decimal):
        return exp.cast(exp.Literal.string(format(value, "f")), "decimal(18, 6)")
    return text(value)


def known(condition: exp.Expression) -> exp.Expression:
    """The condition where it is true or false, and false where it is unknown."""
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def is_known(value: exp.Expression) -> exp.Expression:
    """Whether a value is not NULL."""
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))


def any_holds(conditions: Sequence[exp.Expression]) -> list[exp.Expression]:
    """For WHERE, which takes unknown for false: conditions that together hold where any of the given ones does.

    What all of them have in common stands alone and bare: only then can an engine skip what cannot match as it reads.
    """
    parts = [list(_bare_parts(condition)) for condition in conditions]
    common = [part for part in parts[0] if all(part in others for others in parts[1:])]
    rest = [[part.copy() for part in each if part not in common] for each in parts]
    found = [part.copy() for part in common]
    return [*found, either([both(each) for each in rest])] if all(rest) else found


def or_else(value: exp.Expression, otherwise: exp.Expression) -> exp.Expression:
    """The value, or another where it is unknown."""
    return exp.Coalesce(this=value, expressions=[otherwise])


def both(conditions: Sequence[exp.Expression]) -> exp.Expression:
    """Every condition; true of none."""
    return reduce(lambda a, b: exp.And(this=a, expression=b), map(_paren, conditions)) if conditions else exp.true()


def either(conditions: Sequence[exp.Expression]) -> exp.Expression:
    """Any condition; false of none."""
    return reduce(lambda a, b: exp.Or(this=a, expression=b), map(_paren, conditions)) if conditions else exp.false()


def no(condition: exp.Expression) -> exp.Expression:
    """Not the condition."""
    return exp.Not(this=_paren(condition))


def due_of_clauses(
    clauses: Sequence[tuple[exp.Expression, exp.Expression | None]], *, exact: bool
) -> exp.Expression | None:
    """When the answer of several clauses may change. Of each: whether it alone decides the answer now, and its due.

    As long as any deciding clause stays, so does the answer; while none decides, the first that changes may change it.
    Not `exact`: the first that changes, whoever decides, which is a shorter text.
    """
    moving = [(decides, due) for decides, due in clauses if due is not None]
    if not moving:
        return None
    first = _of_several(exp.Least, [due for _, due in moving])
    if not exact:
        return first
    if len(moving) > 1:
        lasting = [case([(decides.copy(), due.copy())], whole(0)) for decides, due in moving]
        any_decides = either([decides for decides, _ in moving])
        first = case([(any_decides, _of_several(exp.Greatest, lasting))], first)
    settled = [decides for decides, due in clauses if due is None]
    return case([(either(settled), never())], first) if settled else first


def least(instants: Sequence[exp.Expression | None]) -> exp.Expression | None:
    """The earliest; None (never) of none."""
    found = [instant for instant in instants if instant is not None]
    return _of_several(exp.Least, found) if found else None


def case(branches: Iterable[tuple[exp.Expression, exp.Expression]], otherwise: exp.Expression) -> exp.Expression:
    """The value of the first branch whose condition holds."""
    ifs = [exp.If(this=condition, true=value) for condition, value in branches]
    return exp.Case(ifs=ifs, default=otherwise) if ifs else otherwise


def plus(instant: exp.Expression, stretch_us: int) -> exp.Expression:
    """An instant so much later."""
    return exp.Add(this=instant, expression=whole(stretch_us))


def minus(instant: exp.Expression, stretch_us: int) -> exp.Expression:
    """An instant so much earlier."""
    return exp.Sub(this=instant, expression=whole(stretch_us))


def _of_several(function: type[exp.Least] | type[exp.Greatest], instants: Sequence[exp.Expression]) -> exp.Expression:
    if len(instants) == 1:
        return instants[0]
    return function(this=instants[0], expressions=list(instants[1:]), ignore_nulls=True)


def _bare_parts(condition: exp.Expression) -> Iterator[exp.Expression]:
    """What is anded in a condition, without the COALESCE(…, FALSE) around each."""
    if isinstance(condition, exp.Paren):
        yield from _bare_parts(condition.this)
    elif isinstance(condition, exp.And):
        yield from _bare_parts(condition.this)
        yield from _bare_parts(condition.expression)
    elif isinstance(condition, exp.Coalesce) and condition.expressions == [exp.false()]:
        yield condition.this
    else:
        yield condition


def _paren(condition: exp.Expression) -> exp.Expression:
    return exp.Paren(this=condition) if isinstance(condition, exp.Connector) else condition
