"""When a count of things that come into a window and leave it changes its answer. Pure."""

from collections.abc import Callable, Iterable

from sqlglot import exp

from segments.rules import sql
from segments.rules.counts import Count
from segments.rules.facts import NEVER
from segments.rules.windows import Window

Column = Callable[[str], exp.Expression]
"""Gives a column of an aside on the profile's row."""
COUNTED, FIRST, LAST, AHEAD = "counted", "first_us", "last_us", "ahead_us"
"""The columns of an aside that tells how many there are in a window, when the first and the last, and the next."""


def present(window: Window, instants: Iterable[int], now_us: int, zone: str) -> int:
    """How many of these instants count now."""
    stays = (window.stay(each, zone) for each in instants)
    return sum(1 for enters, leaves in stays if enters <= now_us < leaves)


def first_flip(count: Count, window: Window, instants: Iterable[int], now_us: int, zone: str) -> int:
    """The first instant after now at which `count` of those in the window changes its answer; or NEVER."""
    steps: list[tuple[int, int]] = []
    number = 0
    for enters, leaves in (window.stay(each, zone) for each in instants):
        if enters >= leaves:
            continue
        number += enters <= now_us < leaves
        steps += [(enters, +1)] if enters > now_us else []
        steps += [(leaves, -1)] if now_us < leaves < NEVER else []
    steps.sort()
    answer = count.holds(number)
    for index, (instant, change) in enumerate(steps):
        number += change
        is_last_of_instant = index + 1 == len(steps) or steps[index + 1][0] != instant
        if is_last_of_instant and count.holds(number) != answer:
            return instant
    return NEVER


def columns(window: Window, occurred: exp.Expression) -> list[exp.Expr]:
    """The aggregates of an aside over things of this time."""
    inside, ahead = window.is_in(occurred.copy()), window.is_ahead(occurred.copy())
    counted = sql.case([(inside, occurred.copy())], exp.null())
    coming = sql.case([(ahead, occurred.copy())], exp.null())
    return [
        exp.alias_(exp.Count(this=counted), COUNTED),
        exp.alias_(exp.Min(this=counted.copy()), FIRST),
        exp.alias_(exp.Max(this=counted.copy()), LAST),
        exp.alias_(exp.Min(this=coming), AHEAD),
    ]


def holds(count: Count, see: Column) -> exp.Expression:
    """SQL: whether the number counted is right."""
    return count.compile(sql.or_else(see(COUNTED), sql.whole(0)))


def due(count: Count, window: Window, see: Column) -> exp.Expression:
    """SQL of a bound on when that changes, or NEVER."""
    entering = window.enters(see(AHEAD))
    first = window.leaves(see(FIRST)) if count.is_left_early() else None
    last = window.leaves(see(LAST)) if count.is_left_at_last() else None
    instants = (sql.never() if each is None else sql.or_else(each, sql.never()) for each in (entering, first, last))
    return count.due(sql.or_else(see(COUNTED), sql.whole(0)), *instants)
