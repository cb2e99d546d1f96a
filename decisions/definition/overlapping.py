"""Rows of a table that get in each other's way: two that one visitor matches, and one that never decides. Pure.

Both are told only where they can be proved: an overlap by a visitor who matches both rows, a row that never decides by
one before it that matches whenever it does. Different segments and rules may or may not share people: nothing is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

from decisions.definition.conditions import NUMBER, SET, TEXT, TRUTH, compare, type_of
from decisions.definition.nodes import FIRST, PRIORITY, UNIQUE, Condition, Row, RuleArm, Rules, Table
from decisions.definition.reading import Fault

STRANGE = "\x7fsomething-else"
POSITIVE = ("member", "holds")


def overlaps(table: Table) -> Iterator[tuple[int, int]]:
    """Pairs of rows (places) that one visitor at one moment matches."""
    for (i, one), (j, other) in combinations(enumerate(table.rows), 2):
        if _share_time(one, other) and _share_visitors(one.when, other.when):
            yield i, j


def never_deciding(table: Table) -> Iterator[tuple[int, int]]:
    """(row, the row because of which it never decides) where order or priority decides."""
    order = list(range(len(table.rows)))
    if table.hit == PRIORITY:
        order.sort(key=lambda i: -table.rows[i].priority)
    elif table.hit != FIRST:
        return
    for place, i in enumerate(order):
        by = next((j for j in order[:place] if _covers(table.rows[j], table.rows[i])), None)
        if by is not None:
            yield i, by


def table_faults(table: Table) -> list[Fault]:
    """Overlaps of a table whose rows are to be unique, and rows that never decide, as sentences; nothing blocks."""
    found = []
    if table.hit == UNIQUE:
        for i, j in overlaps(table):
            text = (
                f"overlaps row {_name(table.rows[i], i)}: a visitor who matches both gets the fallback. "
                "Set them apart, or let the first row or the priority decide"
            )
            found.append(Fault(f"$.rows[{j}]", "overlapping_rows", text, blocks=False))
    for i, j in never_deciding(table):
        text = f"never decides: row {_name(table.rows[j], j)} matches whenever it does and comes before it"
        found.append(Fault(f"$.rows[{i}]", "unreachable_row", text, blocks=False))
    for i, row in enumerate(table.rows):
        if not _can_match(row.when):
            text = "never matches: no visitor meets all its conditions at once"
            found.append(Fault(f"$.rows[{i}]", "unreachable_row", text, blocks=False))
    return found


def arm_faults(rules: Rules) -> list[Fault]:
    """Arms behind one that is for everybody."""
    for place, arm in enumerate(rules.arms[:-1]):
        if _is_for_everybody(arm):
            text = f"is never asked: arm {arm.id!r} before it is for everybody"
            return [
                Fault(f"$.arms[{i}]", "unreachable_row", text, blocks=False) for i in range(place + 1, len(rules.arms))
            ]
    return []


def _is_for_everybody(arm: RuleArm) -> bool:
    return not isinstance(arm.clause, Condition) and arm.clause.how == "all" and not arm.clause.parts


def _name(row: Row, place: int) -> str:
    return f"{place + 1} ({row.note or row.id})"


def _share_time(one: Row, other: Row) -> bool:
    starts = max((row.starts_at for row in (one, other) if row.starts_at), default=None)
    ends = min((row.ends_at for row in (one, other) if row.ends_at), default=None)
    return starts is None or ends is None or starts < ends


def _share_visitors(one: Sequence[Condition], other: Sequence[Condition]) -> bool:
    """Whether there certainly is a visitor for both."""
    subjects = {condition.on for condition in (*one, *other)}
    return all(_meets([c for c in (*one, *other) if c.on == on]) is True for on in subjects)


def _can_match(when: Sequence[Condition]) -> bool:
    return all(_meets([c for c in when if c.on == on]) is not False for on in {one.on for one in when})


def _meets(conditions: Sequence[Condition]) -> bool | None:
    """Whether one value of what they all look at meets all of them; None where that cannot be told."""
    kind = type_of(conditions[0].on)
    if kind not in (TEXT, NUMBER, SET, TRUTH, ""):
        return _in_groups(conditions)
    return any(all(compare(one.op, one.value, value) for one in conditions) for value in _candidates(conditions))


def _in_groups(conditions: Sequence[Condition]) -> bool | None:
    """Of segments and rules: the same one is the same, of different ones nothing is known."""
    wanted = [frozenset(_values(one)) for one in conditions if one.op in POSITIVE]
    unwanted = frozenset(value for one in conditions if one.op not in POSITIVE for value in _values(one))
    if any(one <= unwanted for one in wanted):
        return False
    return True if len({*wanted, *([unwanted] if unwanted else [])}) == 1 else None


def _values(one: Condition) -> tuple[str, ...]:
    return one.value if isinstance(one.value, tuple) else (one.value,)


def _candidates(conditions: Sequence[Condition]) -> Iterable[Any]:
    """Values of which one meets the conditions if any does."""
    given = [value for one in conditions for value in _scalars(one.value)]
    texts = [value for value in given if isinstance(value, str)]
    numbers = sorted(value for value in given if isinstance(value, Decimal))
    if type_of(conditions[0].on) == SET:
        unwanted = {value for one in conditions if one.op == "contains_none" for value in _scalars(one.value)}
        return [frozenset(texts) - unwanted, frozenset(texts), frozenset([STRANGE]), *(frozenset([t]) for t in texts)]
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    around = [value + step for value in numbers for step in (Decimal("-0.01"), Decimal("0.01"))]
    edges = [numbers[0] - 1, numbers[-1] + 1] if numbers else []
    joined = [one + other for one in texts for other in texts] if len(texts) <= 40 else []
    return [
        *numbers,
        *between,
        *around,
        *edges,
        *texts,
        *joined,
        *(t + STRANGE for t in texts),
        STRANGE,
        True,
        False,
        None,
    ]


def _scalars(value: Any) -> Iterable[Any]:
    return value if isinstance(value, frozenset | tuple) else (value,)


def _covers(wide: Row, narrow: Row) -> bool:
    """Whether `wide` matches whenever `narrow` does."""
    if wide.starts_at is not None and (narrow.starts_at is None or narrow.starts_at < wide.starts_at):
        return False
    if wide.ends_at is not None and (narrow.ends_at is None or narrow.ends_at > wide.ends_at):
        return False
    return all(_implied(one, narrow.when) for one in wide.when)


def _implied(wanted: Condition, given: Sequence[Condition]) -> bool:
    same = [one for one in given if one.on == wanted.on]
    return wanted in same or any(_narrower(one, wanted) for one in same)


def _narrower(one: Condition, wanted: Condition) -> bool:
    """Whether whatever meets `one` meets `wanted`, as far as it can be told."""
    if one.op == "member" and wanted.op == "member":
        return set(one.value) <= set(wanted.value)
    if one.op == "not_member" and wanted.op == "not_member":
        return set(wanted.value) <= set(one.value)
    if one.op in ("eq", "in") and type_of(one.on) not in (SET,):
        return all(compare(wanted.op, wanted.value, value) for value in _scalars(one.value))
    low, high = _range(one)
    wide_low, wide_high = _range(wanted)
    if None in (low, wide_low):
        return False
    return bool(wide_low <= low and high <= wide_high)  # type: ignore[operator]  # bounds of one type


def _range(one: Condition) -> tuple[tuple[Decimal, int] | None, tuple[Decimal, int] | None]:
    """The bounds of a comparison of numbers, as (number, side); None for what is no range."""
    far = Decimal("Infinity")
    if one.op == "between":
        return (one.value[0], 0), (one.value[1], 0)
    if one.op in ("gt", "gte"):
        return (one.value, 1 if one.op == "gt" else 0), (far, 0)
    if one.op in ("lt", "lte"):
        return (-far, 0), (one.value, -1 if one.op == "lt" else 0)
    return None, None
