"""Which events a clause is about: their name, what their properties meet, the channel, and when. Pure.

An event counts from its event time on, so one dated in the future counts when that instant comes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlglot import exp

from events.names import canonical_name
from segments.rules import sql
from segments.rules.conditions import Condition
from segments.rules.facts import ANY_EVENT, NEVER, PastEvent, PersonFacts
from segments.rules.node import Mentions, Place
from segments.rules.scope import CHANNEL, OCCURRED, Scope, is_named, occurred
from segments.rules.windows import Window, parse_window

MAX_CONDITIONS = 20
MAX_CHANNEL = 100
KEYS = ("where", "within", "channel")
"""What beside the event's name says which events are meant."""


@dataclass(frozen=True, slots=True)
class Happenings:
    """Events of a name (`ANY_EVENT` = of every name) that meet all conditions, in a window. `channel` None = any."""

    event: str
    where: tuple[Condition, ...]
    within: Window
    channel: str | None = None

    def __post_init__(self) -> None:
        if not self.event:
            raise ValueError("happenings have a name")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place, *, name_key: str) -> Self:
        """Of a node's JSON; `name_key` is where the event's name stands."""
        name, where, channel = raw.get(name_key), raw.get("where", []), raw.get("channel")
        if not isinstance(name, str) or not name.strip():
            place.at(name_key).refuse('takes the name of an event, as in "Order Completed"; "*" is every event')
        if not isinstance(where, list) or len(where) > MAX_CONDITIONS:
            place.at("where").refuse(f"takes a list of at most {MAX_CONDITIONS} conditions")
        if channel is not None and (not isinstance(channel, str) or not 0 < len(channel.strip()) <= MAX_CHANNEL):
            place.at("channel").refuse('takes the name of a channel, as in "web"; leave it out for any')
        at = place.at("where")
        return cls(
            canonical_name(name),
            tuple(Condition.parse(each, at.at(i), name_key="property") for i, each in enumerate(where)),
            parse_window(raw.get("within"), place.at("within")),
            channel.strip() if channel else None,
        )

    def matching(self, facts: PersonFacts, now_us: int) -> Iterator[PastEvent]:
        """Those of whatever time."""
        return (
            event
            for event in facts.events_by_name.get(self.event, ())
            if self.channel in (None, event.channel)
            and all(each.holds(event.properties, now_us, facts.zone) for each in self.where)
        )

    def counted(self, facts: PersonFacts, now_us: int) -> list[PastEvent]:
        """Those that count now, in no order."""
        found = []
        for event in self.matching(facts, now_us):
            enters, leaves = self.within.stay(event.occurred_us, facts.zone)
            if enters <= now_us < leaves:
                found.append(event)
        return found

    def steps(self, facts: PersonFacts, now_us: int) -> list[tuple[int, int]]:
        """(instant, +1 or −1) of every matching event that begins or ceases to count after now, in order of time."""
        found: list[tuple[int, int]] = []
        for event in self.matching(facts, now_us):
            enters, leaves = self.within.stay(event.occurred_us, facts.zone)
            if enters >= leaves:
                continue
            if enters > now_us:
                found.append((enters, +1))
            if now_us < leaves < NEVER:
                found.append((leaves, -1))
        return sorted(found)

    def conditions_valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """When the first condition on an event may change its answer; or NEVER."""
        timed = [condition for condition in self.where if condition.moves_with_time]
        if not timed:
            return NEVER
        events = facts.events_by_name.get(self.event, ())
        return min((c.valid_until(e.properties, now_us, facts.zone) for e in events for c in timed), default=NEVER)

    def matches_sql(self, scope: Scope) -> exp.Expression:
        """SQL: whether an event is one of them, of whatever time."""
        parts = [] if self.event == ANY_EVENT else [is_named(self.event)]
        if self.channel is not None:
            told = exp.EQ(this=scope.event_column(CHANNEL), expression=sql.text(self.channel))
            parts.append(sql.known(told))
        return sql.both([*parts, *(each.compile(scope.property(each.name)) for each in self.where)])

    def counts_sql(self, scope: Scope) -> exp.Expression:
        """SQL: whether an event is one of them and counts now."""
        return sql.both([self.matches_sql(scope), self.within.is_in(occurred())])

    def matching_flag(self, scope: Scope) -> str:
        """The flag of those of whatever time."""
        key = ("matching", self.event, self.where, self.channel)
        return scope.flag(key, lambda: self.matches_sql(scope))

    def counted_flag(self, scope: Scope) -> str:
        """The flag of those that count now."""
        key = ("counted", self)
        return scope.flag(key, lambda: self.counts_sql(scope))

    def ahead_flag(self, scope: Scope) -> str:
        """The flag of those that do not count yet, but will."""
        key = ("ahead", self)
        return scope.flag(key, lambda: sql.both([self.matches_sql(scope), self.within.is_ahead(occurred())]))

    def entering(self, scope: Scope) -> exp.Expression:
        """SQL: when the next one may begin to count, or NEVER."""
        return sql.or_else(self.within.enters(scope.least(OCCURRED, self.ahead_flag(scope))), sql.never())

    def leaving(self, scope: Scope, *, last: bool = False) -> exp.Expression:
        """SQL: when the first (or the last) that counts now ceases to, or NEVER."""
        pick = scope.greatest if last else scope.least
        leaves = self.within.leaves(pick(OCCURRED, self.counted_flag(scope)))
        return sql.never() if leaves is None else sql.or_else(leaves, sql.never())

    def conditions_due(self, scope: Scope) -> list[exp.Expression]:
        """SQL of `conditions_valid_until`: the first change of each condition that moves with time, or NEVER."""
        named = ("named", self.event)
        found = []
        for condition in (condition for condition in self.where if condition.moves_with_time):
            see = scope.property(condition.name)
            flip = scope.value(condition, lambda one=condition, see=see: one.flip(see))  # type: ignore[misc]
            flag = scope.flag(named, lambda: exp.true() if self.event == ANY_EVENT else is_named(self.event))
            found.append(sql.or_else(scope.least(flip, flag), sql.never()))
        return found

    def weight(self) -> int:
        """How dear they are to find: many conditions weigh more."""
        return 1 + len(self.where) // 5

    def of_what(self) -> str:
        """Their name in words."""
        name = "any event" if self.event == ANY_EVENT else self.event
        return name if self.channel is None else f"{name} on channel {self.channel}"

    def when_and_which(self) -> str:
        """The window and the conditions in words, with a space before them; empty for all of ever."""
        window = self.within.sentence()
        words = f" {window}" if window else ""
        if self.where:
            words += " where " + " and ".join(condition.sentence() for condition in self.where)
        return words

    def mentions(self) -> Mentions:
        """The event and the properties its conditions look at."""
        properties = frozenset((self.event, condition.name) for condition in self.where)
        return Mentions(frozenset({self.event}), properties, reach_us=self.within.reach_us())
