"""Measures over events that pick one of their values: the first, the last, the most frequent. Pure.

Ties go by (event time, id of the event), of equally frequent values to the one that came last.
"""

from collections import Counter
from typing import Any

from sqlglot import exp

from lake.contracts import FACET_TYPES, Facet
from segments.rules import sql
from segments.rules.facts import PastEvent, PersonFacts
from segments.rules.found import Found
from segments.rules.happenings import Happenings
from segments.rules.scope import EVENT_ID, HI, HISTORY, LO, OCCURRED, Scope, See
from segments.rules.tallied import SCALARS, property_column
from segments.rules.values import comparable

FREQUENT = "most_frequent"
NTH, TIMES = "nth", "times"


def found(kind: str, what: Happenings, of: str, facts: PersonFacts, now_us: int) -> Found:
    """The reference meaning."""
    event = picked_event(kind, what, of, facts, now_us)
    return Found(None if event is None else event.properties.get(of))


def picked_event(kind: str, what: Happenings, of: str, facts: PersonFacts, now_us: int) -> PastEvent | None:
    """The event whose value it is."""
    told = [event for event in what.counted(facts, now_us) if event.properties.get(of) is not None]
    if kind != FREQUENT:
        pick = min if kind == "first" else max
        return pick(told, key=_when, default=None)
    told = [event for event in told if comparable(event.properties[of]) is not None]
    times = Counter(_value(event, of) for event in told)
    return max(told, key=lambda event: (times[_value(event, of)], *_when(event)), default=None)


def see(kind: str, what: Happenings, of: str, scope: Scope, facets: frozenset[Facet]) -> See:
    """How to see it on the profile's row: one of these facets."""
    needed = (Facet.PRESENT, *SCALARS) if kind == FREQUENT else (Facet.PRESENT,)
    columns = {facet: property_column(of, facet, scope) for facet in FACET_TYPES if facet in {*facets, *needed}}
    identity = scope.value(("column", EVENT_ID), lambda: scope.event_column(EVENT_ID))
    flag = what.counted_flag(scope)

    def make() -> exp.Select:
        shown = [exp.column(columns[facet]) for facet in columns if facet in facets]
        has_one = sql.both([exp.column(flag), _is_told(kind, columns)])
        rows = exp.select(HI, LO, *shown, OCCURRED, identity).from_(scope.read(HISTORY)).where(has_one)
        latest = [exp.Ordered(this=exp.column(each), desc=kind != "first") for each in (OCCURRED, identity)]
        if kind == FREQUENT:
            values = [exp.column(columns[facet]) for facet in SCALARS]
            times = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[*_whose(), *values])
            rows = exp.select("*").from_(rows.select(exp.alias_(times, TIMES)).subquery("told"))
            latest.insert(0, exp.Ordered(this=exp.column(TIMES), desc=True))
        nth = exp.Window(this=exp.RowNumber(), partition_by=_whose(), order=exp.Order(expressions=latest))
        ranked = rows.select(exp.alias_(nth, NTH)).subquery("ranked")
        first = exp.EQ(this=exp.column(NTH), expression=sql.whole(1))
        return exp.select(HI, LO, *(column.copy() for column in shown)).from_(ranked).where(first)

    aside = scope.aside((kind, what, of, frozenset(facets)), make)
    return lambda facet: aside(columns[facet])


def _is_told(kind: str, columns: dict[Facet, str]) -> exp.Expression:
    if kind == FREQUENT:
        return sql.either([sql.is_known(exp.column(columns[facet])) for facet in SCALARS])
    return sql.known(exp.column(columns[Facet.PRESENT]))


def _whose() -> list[exp.Expression]:
    return [exp.column(HI), exp.column(LO)]


def _when(event: PastEvent) -> tuple[int, int]:
    return event.occurred_us, event.id


def _value(event: PastEvent, of: str) -> tuple[type, Any]:
    value = comparable(event.properties[of])
    return type(value), value
