"""Which values properties, traits and columns have, with how often each: one grouped statement over the lake.

Values that tell of a person are suggested only to those who may see them; to others no trait's value that fewer than
`HIDDEN_BELOW` people share.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlglot import exp

from lake.contracts import Ask, Facet, Limits, Value, value_column
from lake.queries import snapshot
from lake.queries.engine import engine
from plans.masking import names_somebody, personal_category
from plans.models import EventTypeVersion
from segments.queries.suggesting import IDENTIFY, MOST, Asked, Suggestion
from segments.rules import operators_sql, sql
from segments.rules.facts import ANY_EVENT
from segments.rules.has import WORDS
from segments.rules.scope import CHANNEL, COMPUTED, EVENTS, HI, IDENTIFIERS, NAME, ORDERS, PROFILES, RESERVED
from segments.rules.values import folded, said

LIMITS = Limits(seconds=4.0)
HIDDEN_BELOW = 5
FACETS = (Facet.TEXT, Facet.NUMBER, Facet.FLAG)
TIMES, PEOPLE = ("once", "times"), ("1 person", "people")
Row = tuple[Any, int]


def values(asked: Asked) -> list[Suggestion]:
    """Values of a property of an event (of any, where none is named), by how many events have each."""
    if not asked.name or (not asked.may_see_personal and _is_personal(asked.event, asked.name)):
        return []
    rows = _of_bag(EVENTS, NAME, asked, "" if asked.event == ANY_EVENT else asked.event)
    return [_suggestion(value, count, TIMES) for value, count in rows]


def trait_values(asked: Asked) -> list[Suggestion]:
    """Values of a trait or of what is computed, by how many people have each."""
    if not asked.name:
        return []
    rows = _of_bag(COMPUTED if asked.name.startswith(RESERVED) else PROFILES, HI, asked)
    if not asked.may_see_personal:
        is_personal = _is_personal(IDENTIFY, asked.name)
        rows = [] if is_personal else [(value, count) for value, count in rows if count >= HIDDEN_BELOW]
    return [_suggestion(value, count, PEOPLE) for value, count in rows]


def channels(asked: Asked) -> list[Suggestion]:
    """Channels events came by."""
    return _of_column(EVENTS, CHANNEL, asked, TIMES)


def kinds(asked: Asked) -> list[Suggestion]:
    """Kinds of identifiers, by how many there are of each."""
    found = _of_column(IDENTIFIERS, "kind", replace(asked, text=""), ("1 known", "known"))
    named = [replace(one, words=WORDS.get(one.value, f"has {one.value}")) for one in found]
    return [one for one in named if asked.text.lower() in one.words.lower()]


def currencies(asked: Asked) -> list[Suggestion]:
    """Currencies of orders."""
    return _of_column(ORDERS, "currency", asked, ("1 order", "orders"))


def _of_bag(table: str, column: str, asked: Asked, name: str = "") -> list[Row]:
    """The values of a named value of a table's bag, the most frequent first; of events of one name, where given."""
    columns = [value_column(0, facet) for facet in FACETS]
    conditions = [operators_sql.is_set(_see, None)]
    if name:
        conditions.append(exp.column(NAME).eq(sql.text(name)))
    if part := folded(asked.text):
        conditions.append(operators_sql.contains(_see, part))
    tree, names = _grouped(table, columns, conditions), frozenset({name}) if name else None
    wanted = Value(asked.name, frozenset({*FACETS, Facet.FOLDED, Facet.PRESENT}))
    found = _asked(tree, Ask(table, (column,), (wanted,), names))
    rows = zip(*(found[name].to_pylist() for name in (*columns, "n")), strict=True)
    read = (([each for each in row[:-1] if each is not None], row[-1]) for row in rows)
    return [(present[0], count) for present, count in read if present]


def _see(facet: Facet) -> exp.Expression:
    return exp.column(value_column(0, facet))


def _of_column(table: str, column: str, asked: Asked, words: tuple[str, str]) -> list[Suggestion]:
    tree = _grouped(table, [column], [exp.NEQ(this=exp.column(column), expression=sql.text(""))])
    found = _asked(tree, Ask(table, (column,)))
    rows = zip(found[column].to_pylist(), found["n"].to_pylist(), strict=True)
    return [_suggestion(value, count, words) for value, count in rows if asked.text.lower() in value.lower()]


def _grouped(table: str, columns: list[str], conditions: list[exp.Expression]) -> exp.Select:
    count = exp.alias_(exp.Count(this=exp.Star()), "n")
    found = exp.select(*columns, count).from_(table).where(*conditions).group_by(*columns)
    return found.order_by(exp.Ordered(this=exp.column("n"), desc=True), *columns).limit(MOST)


def _asked(tree: exp.Select, ask: Ask) -> pa.Table:
    with snapshot([ask.table]) as snap:
        return engine().query(tree, {ask.table: snap.relation(ask)}, limits=LIMITS)


def _suggestion(value: Any, count: int, words: tuple[str, str]) -> Suggestion:
    often = words[0] if count == 1 else f"{count:,} {words[1]}"
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return Suggestion(int(value) if whole else float(value), words=said(value), often=often)
    return Suggestion(value, words=said(value), often=often)


def _is_personal(event: str, name: str) -> bool:
    """Whether the plan, or the name itself, says that it tells of a person."""
    if personal_category(name) or names_somebody(name):
        return True
    by = {"event_type__kind": IDENTIFY} if event == IDENTIFY else {"event_type__name": event}
    marks = EventTypeVersion.objects.filter(is_current=True, **by).values_list("personal", flat=True)
    return any(name in marked for marked in marks)


VALUES: Mapping[str, Callable[[Asked], list[Suggestion]]] = {
    "values": values,
    "trait_values": trait_values,
    "channels": channels,
    "kinds": kinds,
    "currencies": currencies,
}
