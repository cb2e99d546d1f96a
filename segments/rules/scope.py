"""What compiled rules need of the lake's tables, collected while their nodes compile. Pure.

Three layers, each a column of the next: *flags* and *moments* of an event; *tallies* of them, counted an identifier at
a time and summed a profile at a time; *leaves*, the answers of leaf nodes on a profile's row with its traits.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from sqlglot import exp

from lake.contracts import Facet, Value, value_column

EVENTS, IDENTIFIERS, PROFILES, TALLIES = "events", "identifiers", "profiles", "tallies"
EVENT, PROFILE, TALLY, LEAF = "e", "p", "t", "l"
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
    """An aggregate over the events whose `flag` is true: their number, or the least or greatest of column `value`."""

    function: type[exp.Count] | type[exp.Min] | type[exp.Max]
    value: str
    flag: str


@dataclass(slots=True)
class Scope:
    """Collects for any number of rules that are answered by one statement. What has the same key is computed once."""

    traits: Asked = field(default_factory=lambda: Asked(PROFILE))
    properties: Asked = field(default_factory=lambda: Asked(EVENT))
    flags: dict[Hashable, tuple[str, exp.Expression]] = field(default_factory=dict)
    moments: dict[Hashable, tuple[str, exp.Expression]] = field(default_factory=dict)
    tallies: dict[Tally, str] = field(default_factory=dict)
    leaves: dict[Hashable, tuple[str, exp.Expression]] = field(default_factory=dict)

    def trait(self, name: str) -> See:
        """How to see a trait of the profile."""
        return lambda facet: self.traits.column(name, facet)

    def property(self, name: str) -> See:
        """How to see a property of an event, inside a flag or a moment."""
        return lambda facet: self.properties.column(name, facet)

    def flag(self, key: Hashable, make: Callable[[], exp.Expression]) -> str:
        """A truth of each event (true or false, never NULL); answers its column."""
        return _once(self.flags, "f", key, make)

    def moment(self, key: Hashable, make: Callable[[], exp.Expression]) -> str:
        """An instant of each event, or NULL; answers its column."""
        return _once(self.moments, "w", key, make)

    def count(self, flag: str) -> exp.Expression:
        """How many of the profile's events have the flag; 0 for none."""
        return exp.Coalesce(this=self._tally(Tally(exp.Count, "*", flag)), expressions=[exp.Literal.number(0)])

    def least(self, value: str, flag: str) -> exp.Expression:
        """The least of a column among the profile's events that have the flag; NULL for none."""
        return self._tally(Tally(exp.Min, value, flag))

    def greatest(self, value: str, flag: str) -> exp.Expression:
        """The greatest of a column among the profile's events that have the flag; NULL for none."""
        return self._tally(Tally(exp.Max, value, flag))

    def leaf(self, key: Hashable, make: Callable[[], exp.Expression]) -> exp.Expression:
        """A column of the profile's row with this expression: what is said often is computed once."""
        return exp.column(_once(self.leaves, "l", key, make), table=LEAF)

    def _tally(self, tally: Tally) -> exp.Expression:
        return exp.column(self.tallies.setdefault(tally, f"a{len(self.tallies)}"), table=TALLY)


def occurred() -> exp.Expression:
    """The event's time, inside a flag or a moment."""
    return exp.column(OCCURRED, table=EVENT)


def is_named(name: str) -> exp.Expression:
    """Whether the event has this name, inside a flag."""
    return exp.column(NAME, table=EVENT).eq(exp.Literal.string(name))


def _once(
    kept: dict[Hashable, tuple[str, exp.Expression]], letter: str, key: Hashable, make: Callable[[], exp.Expression]
) -> str:
    found = kept.get(key)
    if found is None:
        made = make()  # before the number is given: making may keep others
        found = kept[key] = (f"{letter}{len(kept)}", made)
    return found[0]
