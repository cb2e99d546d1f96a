"""What compiled rules need of the lake's tables, collected while their nodes compile. Pure.

Three layers, each a column of the next: *flags* and *values* of an event; *tallies* of them, counted an identifier at
a time and summed a profile at a time; *leaves*, the answers of leaf nodes on a profile's row with its traits. What is
no tally is an *aside*: a SELECT of its own with at most one row a profile, joined to that row.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlglot import exp

from lake.contracts import Facet, Value, value_column

# Tables of the lake.
EVENTS, IDENTIFIERS, PROFILES, COMPUTED = "events", "identifiers", "profiles", "computed"
ORDERS, ORDER_LINES = "orders", "order_lines"
# Tables given beside them (segments.queries.given): see `GIVEN`.
MEMBERSHIPS, LISTED, CONSENTS, CATALOG = "memberships", "listed", "consents", "catalog"
# Tables of the statement itself.
TALLIES, FLAGGED, HISTORY = "tallies", "flagged", "history"
EVENT, PROFILE, TALLY, LEAF, OWN = "e", "p", "t", "l", "c"
HI, LO = "profile_hi", "profile_lo"
OCCURRED, NAME, CHANNEL, EVENT_ID = "occurred_us", "name", "channel", "id"
GIVEN: Mapping[str, tuple[str, ...]] = {
    MEMBERSHIPS: ("segment", HI, LO),
    LISTED: ("list", "identifier_id"),
    CONSENTS: ("purpose", HI, LO, "allowed", "until_us"),
    CATALOG: ("product_id", "product_key"),  # and v<i>_<facet> of what rules ask of products
}
RESERVED = ("computed.", "rfm.", "score.")
"""What a trait's name begins with where it is no trait but was computed."""
Made = TypeVar("Made", bound=exp.Expression)
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
    """An aggregate over the events whose `flag` is true: their number, or the least, greatest or sum of `value`."""

    function: type[exp.Count] | type[exp.Min] | type[exp.Max] | type[exp.Sum]
    value: str
    flag: str


@dataclass(slots=True)
class Scope:
    """Collects for any number of rules that are answered by one statement. What has the same key is computed once."""

    traits: Asked = field(default_factory=lambda: Asked(PROFILE))
    computed: Asked = field(default_factory=lambda: Asked(OWN))
    properties: Asked = field(default_factory=lambda: Asked(EVENT))
    products: Asked = field(default_factory=lambda: Asked(CATALOG))
    flags: dict[Hashable, tuple[str, exp.Expression]] = field(default_factory=dict)
    values: dict[Hashable, tuple[str, exp.Expression]] = field(default_factory=dict)
    tallies: dict[Tally, str] = field(default_factory=dict)
    asides: dict[Hashable, tuple[str, exp.Select]] = field(default_factory=dict)
    leaves: dict[Hashable, tuple[str, exp.Expression]] = field(default_factory=dict)
    tables: dict[str, dict[str, None]] = field(default_factory=dict)
    event_columns: dict[str, None] = field(default_factory=dict)

    def trait(self, name: str) -> See:
        """How to see a trait of the profile, or what was computed of it."""
        asked = self.computed if name.startswith(RESERVED) else self.traits
        return lambda facet: asked.column(name, facet)

    def property(self, name: str) -> See:
        """How to see a property of an event, inside a flag or a value."""
        return lambda facet: self.properties.column(name, facet)

    def product(self, name: str) -> See:
        """How to see what the catalog says of a product, in a SELECT from table `catalog`, not aliased."""
        self.read(CATALOG)
        return lambda facet: self.products.column(name, facet)

    def event_column(self, name: str) -> exp.Expression:
        """A plain column of the lake's events beside name and time, inside a flag or a value."""
        self.event_columns[name] = None
        return exp.column(name, table=EVENT)

    def flag(self, key: Hashable, make: Callable[[], exp.Expression]) -> str:
        """A truth of each event (true or false, never NULL); answers its column."""
        return _once(self.flags, "f", key, make)

    def value(self, key: Hashable, make: Callable[[], exp.Expression]) -> str:
        """A value or instant of each event, or NULL; answers its column in `flagged` and `history`."""
        return _once(self.values, "w", key, make)

    def count(self, flag: str) -> exp.Expression:
        """How many of the profile's events have the flag; 0 for none."""
        return exp.Coalesce(this=self._tally(Tally(exp.Count, "*", flag)), expressions=[exp.Literal.number(0)])

    def least(self, value: str, flag: str) -> exp.Expression:
        """The least of a column among the profile's events that have the flag; NULL for none."""
        return self._tally(Tally(exp.Min, value, flag))

    def greatest(self, value: str, flag: str) -> exp.Expression:
        """The greatest of a column among the profile's events that have the flag; NULL for none."""
        return self._tally(Tally(exp.Max, value, flag))

    def total(self, value: str, flag: str) -> exp.Expression:
        """The sum of a column among the profile's events that have the flag; NULL for none."""
        return self._tally(Tally(exp.Sum, value, flag))

    def read(self, table: str, columns: Sequence[str] = ()) -> exp.Table:
        """A table for a SELECT of an aside: `history`, one of the lake, or a given one; with the columns it needs."""
        self.tables.setdefault(table, {}).update(dict.fromkeys(columns))
        return exp.to_table(table)

    def aside(self, key: Hashable, make: Callable[[], exp.Select]) -> Callable[[str], exp.Expression]:
        """A SELECT with columns profile_hi, profile_lo and others, at most one row a profile.

        Answers how to see its columns on the profile's row: NULL where it has none.
        """
        name = _once(self.asides, "z", key, make)
        return lambda column: exp.column(column, table=name)

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


def _once(kept: dict[Hashable, tuple[str, Made]], letter: str, key: Hashable, make: Callable[[], Made]) -> str:
    found = kept.get(key)
    if found is None:
        made = make()  # before the number is given: making may keep others
        found = kept[key] = (f"{letter}{len(kept)}", made)
    return found[0]
