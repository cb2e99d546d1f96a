"""What is measured of a person's events or orders: one meaning for metrics in rules and for computed traits. Pure.

`KINDS` is the table. `sum`, `avg`, `min` and `max` of revenue or total over "Order Completed" are over orders, each
once, in one currency (`segments.rules.money`); everything else is over events (`segments.rules.tallied`, `.picked`).
Sum, count and distinct of nothing are 0; all else of nothing is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple, Self

from sqlglot import exp

from lake.contracts import Facet
from segments.rules import money, picked, sql, tallied
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.found import Found
from segments.rules.happenings import KEYS as WHICH
from segments.rules.happenings import Happenings
from segments.rules.node import HEAVY, Mentions, Place
from segments.rules.scope import Scope, See

NUMBER, VALUE, INSTANT = "number", "value", "instant"
TIME = "time"
"""Instead of a property: when the event happened."""
KEYS = ("of", "event", *WHICH, "gross", "currency")
"""The keys of a measure beside its kind."""
MAX_NAME = 200
SIXTH = Decimal("0.000001")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(NamedTuple):
    """`words` before what is measured. `of`: what it takes: None, "number", "value", or "value or time". `gives`: a
    number, a value of whatever type, or (of time) an instant."""

    words: str
    of: str | None
    gives: str


KINDS: Mapping[str, Kind] = {
    "count": Kind("number of", None, NUMBER),
    "sum": Kind("sum of", NUMBER, NUMBER),
    "avg": Kind("average of", NUMBER, NUMBER),
    "min": Kind("least", NUMBER, NUMBER),
    "max": Kind("greatest", NUMBER, NUMBER),
    "distinct": Kind("number of different", VALUE, NUMBER),
    "first": Kind("first", "value or time", VALUE),
    "last": Kind("last", "value or time", VALUE),
    "most_frequent": Kind("most frequent", VALUE, VALUE),
    "time_since": Kind("days since the last", None, NUMBER),
}
"""Every kind of measure by its name, as `metric` says it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a person. `of`: the property, or `TIME`. `gross`: as placed, refunds and cancellations ignored."""

    kind: str
    what: Happenings
    of: str | None = None
    gross: bool = False
    currency: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS or (self.of is None) is not (KINDS[self.kind].of is None):
            raise ValueError("a measure is of a kind of the table and of what that takes")
        if (self.currency is not None) is not self.is_money:
            raise ValueError("measures of money name a currency, others do not")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place, *, kind_key: str = "metric") -> Self:
        """Of JSON: the kind under `kind_key`, and `KEYS`. Other keys are the caller's to refuse."""
        name = raw.get(kind_key)
        kind = KINDS.get(name) if isinstance(name, str) else None
        if kind is None or not isinstance(name, str):
            place.at(kind_key).refuse(f"unknown kind {name!r}; it takes {', '.join(KINDS)}")
        of = _of(name, kind, raw, place)
        what = Happenings.parse(raw, place, name_key="event")
        gross = raw.get("gross", False)
        if not isinstance(gross, bool):
            place.at("gross").refuse("takes true or false")
        if not money.is_money(name, what.event, of):
            for key in ("currency", "gross"):
                if key in raw:
                    place.at(key).refuse(f"only {money.WHAT} take {key}")
            return cls(name, what, of)
        return cls(name, what, of, gross, money.parse_currency(raw.get("currency"), place))

    @property
    def gives(self) -> str:
        """The type of its value: `NUMBER`, `VALUE` or `INSTANT`."""
        return INSTANT if self.of == TIME else KINDS[self.kind].gives

    @property
    def is_money(self) -> bool:
        """Whether it is over orders."""
        return money.is_money(self.kind, self.what.event, self.of)

    def found(self, facts: PersonFacts, now_us: int) -> Found:
        """The reference meaning, before an average is divided."""
        if self.currency is not None:
            return money.found(self._orders, facts, now_us)
        if self.of is not None and self.gives == VALUE:
            return picked.found(self.kind, self.what, self.of, facts, now_us)
        return tallied.found(self.kind, self.what, self.of, facts, now_us)

    def value(self, facts: PersonFacts, now_us: int) -> Decimal | str | bool | None:
        """The figure now, None = unknown: number (averages to 6 digits), text, truth value or ISO 8601 instant."""
        found = self.found(facts, now_us)
        return _as_value(found.value, found.of, gives=self.gives)

    def steps(self, facts: PersonFacts, now_us: int) -> list[int]:
        """The instants after now at which what it is made of changes with no new event; without the days going by."""
        if self.currency is not None:
            return money.steps(self._orders, facts, now_us)
        changes = [instant for instant, _ in self.what.steps(facts, now_us)]
        until = self.what.conditions_valid_until(facts, now_us)
        return changes if until == NEVER else [*changes, until]

    def see(self, scope: Scope, facets: frozenset[Facet]) -> See:
        """How to see the value on the profile's row: one of these facets, NULL where it is unknown.

        Of an average the number is the sum, to be compared with multiples of `count`.
        """
        if self.currency is not None:
            return money.see(self._orders, scope)
        if self.of is not None and self.gives == VALUE:
            return picked.see(self.kind, self.what, self.of, scope, facets)
        return tallied.see(self.kind, self.what, self.of, scope)

    def count(self, scope: Scope) -> exp.Expression:
        """Of an average: how many numbers there are."""
        if self.currency is not None:
            return money.count(self._orders, scope)
        if self.of is None:
            raise ValueError("an average is of something")
        return tallied.count_of(self.what, self.of, scope)

    def due(self, scope: Scope) -> exp.Expression:
        """SQL of a bound on the first of `steps`, or NEVER."""
        if self.currency is not None:
            return money.due(self._orders, scope)
        instants = [self.what.entering(scope), self.what.leaving(scope), *self.what.conditions_due(scope)]
        return sql.least(instants) or sql.never()

    def weight(self) -> int:
        """How dear it is to ask."""
        is_tally = self.currency is None and self.kind != "distinct" and self.gives != VALUE
        return self.what.weight() + (0 if is_tally else HEAVY - 1)

    def needs_events(self) -> bool:
        """Whether it is the same for everybody who has none of the events it mentions."""
        return self.currency is None

    def sentence(self) -> str:
        """What is measured, in words."""
        if self.currency is not None:
            return f"{KINDS[self.kind].words} {money.sentence(self._orders)}"
        happened = self.what.of_what() + self.what.when_and_which()
        if self.of is None:
            return f"{KINDS[self.kind].words} {happened}"
        if self.of == TIME:
            return f"time of the {KINDS[self.kind].words} {happened}"
        return f"{KINDS[self.kind].words} {self.of} of {happened}"

    def mentions(self) -> Mentions:
        """What it looks at."""
        if self.currency is not None:
            return money.mentions(self._orders)
        looked_at = frozenset() if self.of in (None, TIME) else frozenset({(self.what.event, str(self.of))})
        return self.what.mentions() | Mentions(properties=looked_at)

    @property
    def _orders(self) -> money.Orders:
        return money.Orders(self.kind, self.what, str(self.of), self.gross, str(self.currency))


def _as_value(told: Any, count: int, *, gives: str) -> Decimal | str | bool | None:
    """What was found as a value. `told` of an instant is µs since the epoch, of an average the sum."""
    if told is None or count == 0:
        return None
    if gives == INSTANT:
        return (EPOCH + timedelta(microseconds=int(told))).isoformat()
    if gives == VALUE or count == 1:
        return Decimal(told) if isinstance(told, int) and not isinstance(told, bool) else told
    return (Decimal(told) / count).quantize(SIXTH, ROUND_HALF_EVEN)


def _of(name: str, kind: Kind, raw: Mapping[str, Any], place: Place) -> str | None:
    of, at = raw.get("of"), place.at("of")
    if kind.of is None:
        if of is not None:
            at.refuse(f"{name} is of the events themselves: leave it out")
        return None
    if not isinstance(of, str) or not 0 < len(of.strip()) <= MAX_NAME:
        at.refuse(f"{name} takes the name of a property{' or time' if kind.of == 'value or time' else ''}")
    if of == TIME and kind.of != "value or time":
        at.refuse(f"{name} takes the name of a property; only first and last are of time")
    return of
