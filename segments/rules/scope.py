"""What compiled rules need of the lake's tables, collected while their nodes compile. Pure.

Traits are columns of `profiles`. What events say is counted an identifier at a time and summed a profile at a time:
a *tally* is one such aggregate, and a node sees it as a column.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from lake.contracts import Facet, Value, value_column

EVENTS, IDENTIFIERS, PROFILES, TALLIES = "events", "identifiers", "profiles", "tallies"
EVENT, PROFILE, TALLY = "e", "p", "t"
OCCURRED, NAME = "occurred_us", "name"
See = Callable[[Facet], exp.Expression]
"""Gives the column in which a value stands as this facet."""


@dataclass(slots=True)
class Asked:
    """Named values of one table: the column of each, numbered as they come."""

    table: str
    facets: dict[str, set[Facet]] = field(default_factory=dict)

    def column(self, name: str, facet: Facet) -> exp.Expression:
        """The column of a facet of a named value."""
        self.facets.setdefault(name, set()).add(facet)
        return exp.column(value_column(list(self.facets).index(name), facet), table=self.table)

    def values(self) -> tuple[Value, ...]:
        """What was asked, in the order of the columns' numbers."""
        return tuple(Value(name, frozenset(facets)) for name, facets in self.facets.items())


@dataclass(frozen=True, slots=True)
class Tally:
    """An aggregate over the events that meet `condition`: their number, or the least or greatest of `value`."""

    function: type[exp.Count] | type[exp.Min] | type[exp.Max]
    value: exp.Expression
    condition: exp.Expression


@dataclass(slots=True)
class Scope:
    """Collects for any number of rules that are answered by one statement."""

    traits: Asked = field(default_factory=lambda: Asked(PROFILE))
    properties: Asked = field(default_factory=lambda: Asked(EVENT))
    tallies: dict[Tally, str] = field(default_factory=dict)

    def trait(self, name: str) -> See:
        """How to see a trait of the profile."""
        return lambda facet: self.traits.column(name, facet)

    def property(self, name: str) -> See:
        """How to see a property of an event, inside a tally's condition."""
        return lambda facet: self.properties.column(name, facet)

    def count(self, condition: exp.Expression) -> exp.Expression:
        """How many events of the profile meet the condition; 0 for none."""
        return exp.Coalesce(
            this=self._tally(Tally(exp.Count, exp.Star(), condition)), expressions=[exp.Literal.number(0)]
        )

    def least(self, value: exp.Expression, condition: exp.Expression) -> exp.Expression:
        """The least value among the profile's events that meet the condition; NULL for none."""
        return self._tally(Tally(exp.Min, value, condition))

    def greatest(self, value: exp.Expression, condition: exp.Expression) -> exp.Expression:
        """The greatest value among the profile's events that meet the condition; NULL for none."""
        return self._tally(Tally(exp.Max, value, condition))

    def _tally(self, tally: Tally) -> exp.Expression:
        name = self.tallies.setdefault(tally, f"a{len(self.tallies)}")
        return exp.column(name, table=TALLY)


def occurred() -> exp.Expression:
    """The event's time, inside a tally."""
    return exp.column(OCCURRED, table=EVENT)


def is_named(name: str) -> exp.Expression:
    """Whether the event has this name, inside a tally's condition."""
    return exp.column(NAME, table=EVENT).eq(exp.Literal.string(name))
