"""`{"sequence": [{"did": …}, {"did": …, "after": {…}}, {"did_not": …, "after": {…}}], "within": …}`: steps in order.

A step's event is later than the one before it, by event time, and at most its bound later. The instants at which a step
can have been reached follow from those of the step before: an event reaches it where the greatest of them that is
earlier is near enough. Each keeps the latest start of all ways to it, since that start leaves the window last.
"""

from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, ClassVar, NamedTuple, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.explaining import Explanation
from segments.rules.facts import NEVER, PastEvent, PersonFacts
from segments.rules.node import HEAVY, Mentions, Node, Place
from segments.rules.scope import HI, HISTORY, LO, OCCURRED, Scope
from segments.rules.steps import Step
from segments.rules.windows import Window, parse_window

MAX_STEPS = 6
START, PENDING, AHEAD = "start_us", "pending_us", "ahead_us"
ROWS_BEFORE = {"kind": "ROWS", "start": "UNBOUNDED", "start_side": "PRECEDING", "end": "1", "end_side": "PRECEDING"}
ROWS_AFTER = {"kind": "ROWS", "start": "1", "start_side": "FOLLOWING", "end": "UNBOUNDED", "end_side": "FOLLOWING"}


class Way(NamedTuple):
    """One way through the steps: its events, the latest start of all that end where it ends."""

    events: tuple[PastEvent, ...]

    @property
    def start_us(self) -> int:
        """When its first event happened."""
        return self.events[0].occurred_us

    @property
    def end_us(self) -> int:
        """When its last event happened."""
        return self.events[-1].occurred_us


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """Steps one after the other, each within its bound; the last may be that something did not happen."""

    key: ClassVar[str] = "sequence"
    example: ClassVar[str] = (
        '{"sequence": [{"did": "Product Added"}, {"did": "Checkout Started", "after": {"hours": 1}}, '
        '{"did_not": "Order Completed", "after": {"hours": 24}}], "within": {"days": 30}}'
    )
    meaning: ClassVar[str] = (
        "steps in order of event time, each later than the one before and within its bound after it; "
        "a last did_not holds once its bound has passed without one"
    )

    steps: tuple[Step, ...]
    within: Window

    def __post_init__(self) -> None:
        if not 2 <= len(self.steps) <= MAX_STEPS:
            raise ValueError(f"a sequence has 2 to {MAX_STEPS} steps")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("sequence", "within"))
        found, here = raw["sequence"], place.at("sequence")
        if not isinstance(found, list) or not 2 <= len(found) <= MAX_STEPS:
            here.refuse(f"takes a list of 2 to {MAX_STEPS} steps")
        window, last = parse_window(raw.get("within"), place.at("within")), len(found) - 1
        steps = (
            Step.parse(each, here.at(index), window, is_first=index == 0, is_last=index == last)
            for index, each in enumerate(found)
        )
        return cls(tuple(steps), window)

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self._done(facts, now_us)[0] is not None

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """While it holds, until the latest start leaves; else until an event comes or a bound passes."""
        done, pending = self._done(facts, now_us)
        timed = min(step.what.conditions_valid_until(facts, now_us) for step in self.steps)
        if done is not None:
            return min(self.within.stay(done.start_us, facts.zone)[1], timed)
        stays = (self.within.stay(e.occurred_us, facts.zone) for s in self._did for e in s.what.matching(facts, now_us))
        coming = [enters for enters, leaves in stays if now_us < enters < leaves]
        return min(*coming, pending, timed, NEVER)

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the events of the latest way through."""
        done, _ = self._done(facts, now_us)
        events = () if done is None else done.events
        return Explanation(self.key, self.sentence(), done is not None, events=events)

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: exp.Not(this=exp.Is(this=self._see(scope)(START), expression=exp.null())))

    def due(self, scope: Scope) -> exp.Expression | None:
        return scope.leaf((self, "due"), lambda: self._due(scope))

    def needs_events(self) -> bool:
        return True

    def weight(self) -> int:
        return HEAVY

    def sentence(self) -> str:
        words = ", then ".join(step.sentence() for step in self.steps)
        window = self.within.sentence()
        return f"{words}, all {window}" if window else words

    def mentions(self) -> Mentions:
        found = reduce(Mentions.__or__, (step.what.mentions() for step in self.steps))
        return replace(found, reach_us=self.within.reach_us())

    @property
    def _did(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if not step.is_absence)

    @property
    def _absence(self) -> Step | None:
        return self.steps[-1] if self.steps[-1].is_absence else None

    def reached(self, facts: PersonFacts, now_us: int) -> int:
        """How many steps at the most were made one after the other, what must not happen left out."""
        ways: list[Way] = []
        for number, step in enumerate(self._did):
            events = step.what.counted(facts, now_us)
            ways = _onward(ways, step, events) if number else [Way((event,)) for event in events]
            if not ways:
                return number
        return len(self._did) if self._absence is not None else len(self._did) - 1

    # The reference.

    def _done(self, facts: PersonFacts, now_us: int) -> tuple[Way | None, int]:
        """The way with the latest start by which it holds now, and when the next bound passes by which it may."""
        ways = self._ways(facts, now_us)
        if self._absence is None:
            return max(ways, key=lambda way: way.start_us, default=None), NEVER
        bound = self._absence.after_us or 0
        against = sorted(event.occurred_us for event in self._absence.what.matching(facts, now_us))
        quiet = [way for way in ways if _next_after(way.end_us, against) > way.end_us + bound]
        over = [way for way in quiet if way.end_us + bound <= now_us]
        pending = min((way.end_us + bound for way in quiet if way.end_us + bound > now_us), default=NEVER)
        return max(over, key=lambda way: way.start_us, default=None), pending

    def _ways(self, facts: PersonFacts, now_us: int) -> list[Way]:
        """Of each instant at which the last did can have been reached, the way with the latest start."""
        first, *others = self._did
        ways = [Way((event,)) for event in first.what.counted(facts, now_us)]
        for step in others:
            ways = _onward(ways, step, step.what.counted(facts, now_us))
        return ways

    # The same in SQL.

    def _see(self, scope: Scope) -> Any:
        return scope.aside(self, lambda: self._aside(scope))

    def _due(self, scope: Scope) -> exp.Expression:
        see = self._see(scope)
        leaving = self.within.leaves(see(START))
        kept = sql.never() if leaving is None else sql.or_else(leaving, sql.never())
        coming = sql.or_else(self.within.enters(see(AHEAD)), sql.never())
        missing = exp.Is(this=see(START), expression=exp.null())
        pending = sql.or_else(see(PENDING), sql.never())
        found = sql.case([(missing, sql.least([coming, pending]) or coming)], kept)
        timed = [due for step in self.steps for due in step.what.conditions_due(scope)]
        return sql.least([found, *timed]) or sql.never()

    def _aside(self, scope: Scope) -> exp.Select:
        """A row a profile: the latest start by which it holds, the next bound that passes, the next event ahead."""
        found = self._instants(scope)
        for index, step in enumerate(self._did):
            found = _reached(found, index, step)
        last = len(self._did) - 1
        if self._absence is not None:
            found = exp.select("*", exp.alias_(_window(exp.Min, exp.column("against"), ROWS_AFTER), "next_us")).from_(
                found.subquery("y")
            )
        holds, pending = self._decided(exp.column(f"r{last}"))
        start = sql.case([(holds, exp.column(f"s{last}"))], exp.null())
        columns = [
            exp.alias_(exp.Max(this=start), START),
            exp.alias_(exp.Min(this=pending), PENDING),
            exp.alias_(exp.Min(this=exp.column(AHEAD)), AHEAD),
        ]
        return exp.select(HI, LO, *columns).from_(found.subquery("y")).group_by(HI, LO)

    def _decided(self, reached: exp.Expression) -> tuple[exp.Expression, exp.Expression]:
        """Whether the sequence holds by an instant at which its last did was reached; when that is still to be seen."""
        is_reached = exp.Not(this=exp.Is(this=reached, expression=exp.null()))
        if self._absence is None:
            return is_reached, exp.cast(exp.null(), "bigint")
        bound, following = self._absence.after_us or 0, exp.column("next_us")
        nothing = exp.Is(this=following, expression=exp.null())
        later = exp.GT(this=following.copy(), expression=sql.plus(reached.copy(), bound))
        quiet = sql.both([is_reached, sql.either([nothing, later])])
        over = exp.LTE(this=sql.plus(reached.copy(), bound), expression=sql.now())
        waiting = sql.both([quiet.copy(), sql.no(over.copy())])
        return sql.both([quiet, over]), sql.case([(waiting, sql.plus(reached.copy(), bound))], exp.null())

    def _instants(self, scope: Scope) -> exp.Select:
        """A row an instant of a profile at which anything of this happened, so that order by time leaves no ties."""
        counted = [step.what.counted_flag(scope) for step in self._did]
        ahead = [step.what.ahead_flag(scope) for step in self._did]
        against = [] if self._absence is None else [self._absence.what.matching_flag(scope)]
        occurred = exp.column(OCCURRED)

        def when(flags: Several[str]) -> exp.Expression:
            return exp.Max(this=sql.case([(sql.either([exp.column(each) for each in flags]), occurred)], exp.null()))

        columns = [exp.alias_(when([flag]), f"e{index}") for index, flag in enumerate(counted)]
        columns.append(exp.alias_(when(ahead), AHEAD))
        columns += [exp.alias_(when(against), "against")] if against else []
        flags = dict.fromkeys([*counted, *ahead, *against])
        return (
            exp.select(HI, LO, OCCURRED, *columns)
            .from_(scope.read(HISTORY))
            .where(sql.either([exp.column(each) for each in flags]))
            .group_by(HI, LO, OCCURRED)
        )


def _onward(ways: list[Way], step: Step, events: list[PastEvent]) -> list[Way]:
    """The ways on by these events: each from the latest way that ended before it, if that is near enough."""
    found: list[Way] = []
    ways = sorted(ways, key=lambda way: (way.end_us, way.start_us))
    ends = [way.end_us for way in ways]
    for event in events:
        number = bisect_right(ends, event.occurred_us - 1)
        if number and (step.after_us is None or event.occurred_us - ends[number - 1] <= step.after_us):
            found.append(Way((*ways[number - 1].events, event)))
    return found


def _next_after(instant: int, sorted_instants: list[int]) -> int:
    number = bisect_right(sorted_instants, instant)
    return sorted_instants[number] if number < len(sorted_instants) else NEVER


def _reached(rows: exp.Select, index: int, step: Step) -> exp.Select:
    """Adds to each instant whether step number `index` can be reached at it (r), and the latest start (s)."""
    event = exp.column(f"e{index}")
    if index == 0:
        return exp.select("*", exp.alias_(event, "r0"), exp.alias_(event.copy(), "s0")).from_(rows.subquery("y"))
    before = _window(exp.Max, exp.column(f"r{index - 1}"), ROWS_BEFORE)
    start = _window(exp.Max, exp.column(f"s{index - 1}"), ROWS_BEFORE)
    looked = exp.select("*", exp.alias_(before, f"b{index}"), exp.alias_(start, f"t{index}")).from_(rows.subquery("y"))
    near: exp.Expression = exp.Not(this=exp.Is(this=exp.column(f"b{index}"), expression=exp.null()))
    if step.after_us is not None:
        near = exp.LTE(this=event, expression=sql.plus(exp.column(f"b{index}"), step.after_us))
    reached = sql.case([(near, event.copy())], exp.null())
    start = sql.case([(near.copy(), sql.case([(_known(event), exp.column(f"t{index}"))], exp.null()))], exp.null())
    return exp.select("*", exp.alias_(reached, f"r{index}"), exp.alias_(start, f"s{index}")).from_(looked.subquery("y"))


def _known(value: exp.Expression) -> exp.Expression:
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))


def _window(function: type[exp.Max] | type[exp.Min], value: exp.Expression, frame: Mapping[str, str]) -> exp.Expression:
    """An aggregate over the profile's instants before this one, or after it."""
    return exp.Window(
        this=function(this=value),
        partition_by=[exp.column(HI), exp.column(LO)],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column(OCCURRED), nulls_first=False)]),
        spec=exp.WindowSpec(**frame),
    )
