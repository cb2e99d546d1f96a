"""Liquid expressions made into functions, which reach nothing but the values given. Pure.

What they read is noted with the line, for the lint: whether it is shown, and whether something stands in for nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Path
from liquid.builtin.expressions.arguments import KeywordArgument
from liquid.builtin.expressions.filtered import Filter as ParsedFilter
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Blank, Empty, Literal, Nil, RangeLiteral
from liquid.expression import Expression

from mailing.rendering.filters import MAX_ITEMS, Filter, bounded, filters_for, number, words
from mailing.rendering.scanning import LiquidProblem

Scope = dict[str, Any]
Read = Callable[[Scope], Any]
MAX_FILTERS = 10
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a variable. `path`: as `mailing/variables.py` writes it, loop variables resolved.

    `is_shown`: its words stand in the mail. `has_fallback`: a `default`, or it stands under an `if` that asks for it.
    """

    path: str
    line: int
    is_shown: bool = False
    has_fallback: bool = False


@dataclass(slots=True)
class Reading:
    """What is known while a text is read: names given inside it, what the ifs around ask for, what was used.

    `names`: of loops and assignments, each with the path it stands for, empty where it stands for none. `counts`:
    whether `forloop` was asked for.
    """

    locale: str
    names: dict[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    uses: list[Use] = field(default_factory=list)
    weight: int = 0
    counts: bool = False
    filters: Mapping[str, Filter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.filters = filters_for(self.locale)


def read_filtered(expression: Expression, reading: Reading, *, is_shown: bool) -> Read:
    """An expression with its filters."""
    if not isinstance(expression, FilteredExpression):
        return read(expression, reading)
    parsed = expression.filters or []
    if len(parsed) > MAX_FILTERS:
        raise LiquidProblem(f"more than {MAX_FILTERS} filters in a row", line_of(expression))
    falls_back = any(one.name == "default" for one in parsed)
    value = read(expression.left, reading, is_shown=is_shown, has_fallback=falls_back)
    reading.weight += len(parsed)
    for one in parsed:
        value = _filtered(value, one, reading)
    return value


def read(expression: Expression, reading: Reading, *, is_shown: bool = False, has_fallback: bool = False) -> Read:
    """An expression without filters."""
    if isinstance(expression, Path):
        _note(expression, reading, is_shown, has_fallback)
        return _path(expression, reading)
    if isinstance(expression, BooleanExpression):
        return read(expression.expression, reading)
    if isinstance(expression, Nil):
        return lambda scope: None
    if isinstance(expression, Empty | Blank):
        return lambda scope: ""
    if isinstance(expression, Literal):
        literal = expression.value
        if isinstance(literal, float):
            literal = number(literal)
        return lambda scope: literal
    if isinstance(expression, RangeLiteral):
        return _range(read(expression.start, reading), read(expression.stop, reading))
    if isinstance(expression, LogicalAndExpression | LogicalOrExpression):
        return _logical(expression, reading)
    for kind, compare in COMPARISONS:
        if isinstance(expression, kind):
            return _compared(read(expression.left, reading), read(expression.right, reading), compare)
    raise LiquidProblem("this expression is not available here", line_of(expression))


def is_there(value: Any) -> bool:
    """Whether an `if` goes on: nil, false, an empty text and an empty list are not there."""
    if value.__class__ is str:
        return value != ""
    return value is not False and value is not None and value != "" and value != [] and value != {}


def path_text(path: Path, reading: Reading) -> str:
    """A path as the table of variables writes it."""
    head, *rest = path.path
    text = reading.names.get(str(head), str(head)) if not isinstance(head, Path) else ""
    if not text:
        return ""
    for part in rest:
        text += f".{part}" if isinstance(part, str) else "[]"
    return text


def paths_in(expression: Expression) -> Iterable[Path]:
    """Every path inside."""
    if isinstance(expression, Path):
        yield expression
    for child in expression.children():
        yield from paths_in(child)


def line_of(node: Any) -> int:
    """In which line of its text something stands, 0 if that is not known."""
    token = getattr(node, "token", None)
    start = getattr(token, "start_index", -1)
    return token.source.count("\n", 0, start) + 1 if token is not None and start >= 0 else 0


def _note(path: Path, reading: Reading, is_shown: bool, has_fallback: bool) -> None:
    text = path_text(path, reading)
    if text.partition(".")[0] == "forloop":
        reading.counts = True
    elif text:
        reading.uses.append(Use(text, line_of(path), is_shown, has_fallback or text in reading.asked))


def _path(path: Path, reading: Reading) -> Read:
    parts = path.path
    if all(isinstance(part, str) for part in parts):
        return _names([str(part) for part in parts])
    readers = [read(part, reading) if isinstance(part, Path) else _constant(part) for part in parts]

    def look(scope: Scope) -> Any:
        value: Any = scope
        for reader in readers:
            value = item_of(value, reader(scope))
        return value

    return look


def _names(names: list[str]) -> Read:
    if len(names) == 1:
        (only,) = names
        return lambda scope: scope.get(only)
    if len(names) == 2 and names[1] not in ("size", "first", "last"):
        head, name = names

        def pair(scope: Scope) -> Any:
            holder = scope.get(head)
            return holder.get(name) if holder.__class__ is dict else item_of(holder, name)

        return pair

    def chain(scope: Scope) -> Any:
        value: Any = scope
        for name in names:
            value = item_of(value, name)
        return value

    return chain


def _constant(value: Any) -> Read:
    return lambda scope: value


def item_of(value: Any, key: Any) -> Any:
    """`value.key` or `value[key]`; nil for anything that is not there. Never an attribute of an object."""
    if isinstance(value, dict):
        if key in value:
            return value[key]
        return len(value) if key == "size" else None
    if isinstance(value, list):
        if isinstance(key, int) and not isinstance(key, bool):
            return value[key] if -len(value) <= key < len(value) else None
        if key == "size":
            return len(value)
        return (value[0] if key == "first" else value[-1]) if value and key in ("first", "last") else None
    return len(value) if isinstance(value, str) and key == "size" else None


def _filtered(value: Read, parsed: ParsedFilter, reading: Reading) -> Read:
    name, line = parsed.name, line_of(parsed)
    apply = reading.filters.get(name)
    if apply is None:
        raise LiquidProblem(f"there is no filter “{name}”; there are {', '.join(sorted(reading.filters))}", line)
    if any(isinstance(one, KeywordArgument) for one in parsed.args) or len(parsed.args) > 3:
        raise LiquidProblem(f"the filter “{name}” takes at most two values, separated by commas", line)
    given = [read(one.value, reading) for one in parsed.args]
    made = _applied(apply, name, line)
    if not given:
        return lambda scope: made(value(scope))
    if len(given) == 1:
        (first,) = given
        return lambda scope: made(value(scope), first(scope))
    return lambda scope: made(value(scope), *(one(scope) for one in given))


def _applied(apply: Filter, name: str, line: int) -> Filter:
    def made(*given: Any) -> Any:
        try:
            return bounded(name, apply(*given))
        except LiquidProblem as problem:
            raise LiquidProblem(problem.message, line) from problem
        except (TypeError, ValueError, ArithmeticError) as error:
            raise LiquidProblem(f"the filter “{name}” cannot take this: {error}", line) from error

    return made


def _range(start: Read, stop: Read) -> Read:
    def numbers(scope: Scope) -> list[int]:
        first, last = int(number(start(scope))), int(number(stop(scope)))
        if last - first >= MAX_ITEMS:
            raise LiquidProblem(f"({first}..{last}) has more than {MAX_ITEMS} numbers")
        return list(range(first, last + 1))

    return numbers


def _logical(expression: LogicalAndExpression | LogicalOrExpression, reading: Reading) -> Read:
    left, right = read(expression.left, reading), read(expression.right, reading)
    if isinstance(expression, LogicalAndExpression):
        return lambda scope: is_there(left(scope)) and is_there(right(scope))
    return lambda scope: is_there(left(scope)) or is_there(right(scope))


def _compared(left: Read, right: Read, compare: Callable[[Any, Any], bool]) -> Read:
    return lambda scope: compare(left(scope), right(scope))


def _equal(left: Any, right: Any) -> bool:
    if left in EMPTY or right in EMPTY:
        return left in EMPTY and right in EMPTY
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    numbers = (int, float, Decimal)
    if isinstance(left, numbers) or isinstance(right, numbers):
        return words(left) == words(right)
    return bool(left == right)


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, list):
        return any(_equal(one, part) for one in whole)
    return isinstance(whole, str) and part is not None and words(part) in whole


COMPARISONS: tuple[tuple[Any, Callable[[Any, Any], bool]], ...] = (
    (EqExpression, _equal),
    (NeExpression, lambda left, right: not _equal(left, right)),
    (LtExpression, lambda left, right: number(left) < number(right)),
    (GtExpression, lambda left, right: number(left) > number(right)),
    (LeExpression, lambda left, right: number(left) <= number(right)),
    (GeExpression, lambda left, right: number(left) >= number(right)),
    (ContainsExpression, _contains),
)
