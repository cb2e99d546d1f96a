"""A way through a journey with time skipped: what would be done when, and why not. Pure.

`walk` is a generator: it asks what it cannot know (do rules hold for them at that instant, might a message go out) and
is sent the answers, so that whoever runs many ways asks in batches. Nothing is written or sent by it.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from automation.graph import (
    ELSE,
    THEN,
    TIMEOUT,
    Branch,
    Exit,
    Graph,
    Happening,
    Send,
    Split,
    Step,
    Wait,
    WaitFor,
    WaitUntil,
)
from automation.reasons import ends_story
from cdp.lib.clock import to_us
from mailing.contracts import END, GO, WAIT, Said
from segments.rules import Node

SENT, HELD, SKIPPED, DONE = "sent", "held", "skipped", "done"
ON_WAY, GOAL, EXIT, EXIT_EVENT = "on_way", "goal_reached", "exit_rule", "exit_event"
AUDIENCE, HELD_OUT = "audience", "held_out"
NO_ADDRESS = "no_address"
ADDRESS_WAIT, PATIENCE = timedelta(days=1), timedelta(days=7)
MOST_LOOKS = 200
ON = Said(GO)


@dataclass(frozen=True, slots=True)
class AskRules:
    """Which of these rules hold for them at that instant: answered with a set of them. `node`: of a branch."""

    at: datetime
    rules: tuple[Node, ...]
    node: str = ""


@dataclass(frozen=True, slots=True)
class AskMail:
    """Whether this message might go out at that instant: answered with an Answer. `is_first` of this way; `said`: what
    the story of its trigger says then."""

    at: datetime
    step: Send
    is_first: bool
    waiting_since: datetime
    said: Said = ON


@dataclass(frozen=True, slots=True)
class Answer:
    """`action`: go, wait (until `not_before`) or end. `held_out`: they belong to the comparison group."""

    action: str
    reason: str = ""
    not_before: datetime | None = None
    held_out: bool = False


Question = AskRules | AskMail
Reply = frozenset[Node] | Answer


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of theirs, as conditions see it."""

    at: datetime
    name: str
    properties: dict[str, object]


@dataclass(frozen=True)
class Past:
    """What is known of one person and one occasion. `events` by time, heard from `heard_from` on (else from when they
    entered); `story(at, was_mailed)`: whether what it began with still stands; `split`: the arm of a split they always
    take; `address_wait`: how long an address is waited for; `is_cart`: it began with a cart.
    """

    events: Sequence[Happened]
    zone: str
    story: Callable[[datetime, bool], Said]
    split: Callable[[Split], str]
    company_zone: str = "UTC"
    address_wait: timedelta = ADDRESS_WAIT
    heard_from: datetime | None = None
    is_cart: bool = False

    def first(self, what: Happening, after: datetime, until: datetime) -> datetime | None:
        """When it first happened after `after` and not after `until`."""
        for one in self.events:
            if after < one.at <= until and what.matches(one.name, one.properties, to_us(one.at), self.company_zone):
                return one.at
        return None


@dataclass(frozen=True, slots=True)
class Passed:
    """One thing on the way. `outcome`: sent, held (until `until`), skipped, done, or the arm that was taken."""

    node: str
    at: datetime
    outcome: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A whole way. `ended_at` None: still on its way at the horizon, at `node`. `reason` empty: it came to its end."""

    passed: tuple[Passed, ...]
    ended_at: datetime | None
    reason: str
    node: str = ""
    label: str = ""

    @property
    def sent(self) -> tuple[Passed, ...]:
        """What would have gone out."""
        return tuple(one for one in self.passed if one.outcome == SENT)


class EndedError(Exception):
    """Thrown into a walk, it ends there: something outside of it did."""

    def __init__(self, at: datetime | None, reason: str, label: str = "") -> None:
        super().__init__(reason)
        self.at, self.reason, self.label = at, reason, label


def walk(graph: Graph, entered_at: datetime, past: Past, *, horizon: datetime) -> Generator[Question, Reply, Walk]:
    """The way of one person from `entered_at` on; what lies after `horizon` is not known."""
    way = _Way(graph, entered_at, past, horizon)
    try:
        yield from way.run()
    except EndedError as ended:
        return Walk(tuple(way.passed), ended.at, ended.reason, way.node, ended.label)
    return Walk(tuple(way.passed), way.at, "", "")


class _Way:
    def __init__(self, graph: Graph, entered_at: datetime, past: Past, horizon: datetime) -> None:
        self.graph, self.entered_at, self.past, self.horizon = graph, entered_at, past, horizon
        self.at, self.node, self.is_first = entered_at, graph.first, True
        self.passed: list[Passed] = []
        self.said = ON

    def run(self) -> Generator[Question, Reply, None]:
        if self.graph.audience is not None:
            holding = yield AskRules(self.at, (self.graph.audience,))
            if self.graph.audience not in _rules(holding):
                raise EndedError(self.at, AUDIENCE)
        while self.node:
            yield from self._look()
            arm = yield from self._do(self.graph.nodes[self.node])
            self.node = self.graph.next_of(self.node, arm)

    def _look(self) -> Generator[Question, Reply, None]:
        """What ends it before a step: the horizon, the goal, its own story, exits; a story may also let it wait."""
        for _ in range(MOST_LOOKS):
            if self.at > self.horizon:
                raise EndedError(None, ON_WAY)
            self._look_at_goal()
            self.said = self.past.story(self.at, not self.is_first)
            if self.said.action != WAIT or self.said.not_before is None:
                break
            self._skip_to(max(self.said.not_before, self.at + timedelta(seconds=1)))
        if self.said.action == END:
            raise EndedError(self.at, self.said.reason)
        for one in self.graph.exits:
            if one.what is not None and self.past.first(one.what, self._heard_from, self.at) is not None:
                raise EndedError(self.at, EXIT_EVENT, one.label or one.what.sentence())
        rules = tuple(one.rule for one in self.graph.exits if one.rule is not None)
        if rules:
            holding = _rules((yield AskRules(self.at, rules)))
            for one in self.graph.exits:
                if one.rule is not None and one.rule in holding:
                    raise EndedError(self.at, EXIT, one.label or one.rule.sentence())

    def _look_at_goal(self) -> None:
        goal = self.graph.goal
        if goal is None:
            return
        until = min(self.at, self.entered_at + goal.within)
        if self.past.first(goal.what, self._heard_from, until) is not None:
            raise EndedError(self.at, GOAL)

    @property
    def _heard_from(self) -> datetime:
        return self.past.heard_from or self.entered_at

    def _do(self, step: Step) -> Generator[Question, Reply, str]:
        """Does one step; returns the arm that was taken, empty for none."""
        if isinstance(step, Send):
            yield from self._send(step)
            return ""
        if isinstance(step, Branch):
            ruled = [arm for arm in step.arms() if arm.rule is not None]
            rules = tuple(arm.rule for arm in ruled if arm.rule is not None)
            holding = _rules((yield AskRules(self.at, rules, self.node)))
            return self._pass(next((arm.key for arm in ruled if arm.rule in holding), ELSE))
        if isinstance(step, Split):
            return self._pass(self.past.split(step))
        if isinstance(step, WaitFor):
            return self._wait_for(step)
        if isinstance(step, Exit):
            self._pass(DONE)
            raise EndedError(self.at, "exit_step", step.label)
        if isinstance(step, Wait):
            self._until(self.at + step.length)
        elif isinstance(step, WaitUntil):
            self._until(step.instant(self.at, ZoneInfo(self.past.zone)))
        else:
            self._pass(DONE)
        return ""

    def _pass(self, outcome: str, reason: str = "") -> str:
        self.passed.append(Passed(self.node, self.at, outcome, reason))
        return outcome

    def _hold(self, reason: str, then: datetime) -> None:
        """Held back until then; what goes on being held for the same reason is one thing."""
        last = self.passed[-1] if self.passed else None
        if last is not None and (last.node, last.outcome, last.reason, last.until) == (
            self.node,
            HELD,
            reason,
            self.at,
        ):
            self.passed[-1] = replace(last, until=then)
        else:
            self.passed.append(Passed(self.node, self.at, HELD, reason, then))

    def _until(self, then: datetime) -> None:
        self.passed.append(Passed(self.node, self.at, DONE, until=then))
        self._skip_to(then)

    def _skip_to(self, then: datetime) -> None:
        if then > self.horizon:
            raise EndedError(None, ON_WAY)
        self.at = then

    def _wait_for(self, step: WaitFor) -> str:
        begun, latest = self.at, self.at + step.timeout
        found = self.past.first(step.what, begun, min(latest, self.horizon))
        then, arm = (found, THEN) if found is not None else (latest, TIMEOUT)
        self.passed.append(Passed(self.node, begun, HELD if then > self.horizon else arm, until=then))
        self._skip_to(then)
        return arm

    def _send(self, step: Send) -> Generator[Question, Reply, None]:
        since = self.at
        for _ in range(MOST_LOOKS):
            found = yield AskMail(self.at, step, self.is_first, since, self.said)
            assert isinstance(found, Answer)
            if found.held_out:
                self._pass(SKIPPED, HELD_OUT)
                raise EndedError(self.at, HELD_OUT)
            if found.action == GO:
                self.is_first = False
                self._pass(SENT)
                return
            latest = since + (self.past.address_wait if found.reason == NO_ADDRESS else PATIENCE)
            is_over = self.at >= latest
            if found.action == END or found.not_before is None or is_over:
                self._pass(SKIPPED, found.reason)
                if ends_story(found.reason, is_cart=self.past.is_cart):
                    raise EndedError(self.at, found.reason)
                return
            then = min(max(found.not_before, self.at + timedelta(minutes=1)), latest)
            self._hold(found.reason, then)
            self._skip_to(then)
            yield from self._look()
        self._pass(SKIPPED, "too_old")


def _rules(reply: Reply) -> frozenset[Node]:
    assert isinstance(reply, frozenset)
    return reply
