"""Many ways of a journey at once over what really happened: in the order of time, rules asked in batches.

Nothing is written or sent by this module. Caps count what others sent then, and what this run would have sent before.
"""

import heapq
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, zip_longest
from uuid import UUID

from automation.graph import CartAbandoned, Graph, Split
from automation.queries.past import PersonThen
from automation.queries.ruling import holding
from automation.replaying import Occasion, may_again, story_of
from automation.simulating import (
    ADDRESS_WAIT,
    Answer,
    AskMail,
    AskRules,
    EndedError,
    Passed,
    Past,
    Question,
    Reply,
    Walk,
    walk,
)
from experiments.assignment import assign
from mailing.contracts import END, GO
from mailing.deciding import Rules
from segments.rules import Node

DAY, WEEK = timedelta(days=1), timedelta(days=7)
BUCKET_S = 900
AGAIN = "cart_used_again"
HOLDOUT = "holdout"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run is by. `is_held_out(address hash)`: whether it belongs to the comparison group."""

    graph: Graph
    journey_id: int
    is_held_out: Callable[[bytes], bool]
    reentry: str
    reentry_days: int
    rules: Rules
    company_zone: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """What would have become of one occasion. `kept_out`: why they would not have come in."""

    identifier_id: int
    profile_id: UUID
    at: datetime
    walk: Walk | None
    kept_out: str = ""


@dataclass
class _Person:
    """One person while the run goes on. `mailed`: when this run would have written to them."""

    then: PersonThen
    mailed: list[datetime] = field(default_factory=list)
    entered: datetime | None = None
    going: "dict[str, _Going]" = field(default_factory=dict)
    ended: "dict[str, _Going]" = field(default_factory=dict)


@dataclass
class _Going:
    person: _Person
    occasion: Occasion
    steps: Generator[Question, Reply, Walk]
    question: Question
    mailed_at: datetime | None = None
    is_over: bool = False
    way: "Way | None" = None


def run(setting: Setting, people: Sequence[tuple[PersonThen, Sequence[Occasion]]]) -> list[Way]:
    """What would have become of every occasion of these people, in the order in which they came in."""
    return _Run(setting).run(people)


class _Run:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.numbers = count()
        self.queue: list[tuple[datetime, int, tuple[_Person, Occasion] | _Going]] = []
        self.ways: list[Way] = []

    def run(self, people: Sequence[tuple[PersonThen, Sequence[Occasion]]]) -> list[Way]:
        for then, occasions in people:
            person = _Person(then)
            for one in occasions:
                self._push(one.at, (person, one))
        while self.queue:
            for going, reply in self._answered(self._bucket()):
                self._go_on(going, reply)
        return sorted(self.ways, key=lambda way: (way.at, way.identifier_id))

    def _push(self, at: datetime, what: tuple[_Person, Occasion] | _Going) -> None:
        heapq.heappush(self.queue, (at, next(self.numbers), what))

    def _bucket(self) -> list[_Going]:
        """What is next, and everything of the same quarter of an hour; who comes in then begins."""
        edge = int(self.queue[0][0].timestamp()) // BUCKET_S
        found: list[_Going] = []
        while self.queue and int(self.queue[0][0].timestamp()) // BUCKET_S == edge:
            _, _, what = heapq.heappop(self.queue)
            if isinstance(what, _Going):
                if what.is_over:
                    continue
                found.append(what)
            else:
                self._begin(*what)
            if found and not isinstance(found[-1].question, AskRules):
                break  # what it is answered bears on the next mail to the same address
        return found

    def _begin(self, person: _Person, occasion: Occasion) -> None:
        refused = self._kept_out(person, occasion)
        if refused:
            self.ways.append(Way(occasion.identifier_id, _id(person), occasion.at, None, refused))
            return
        if (before := person.going.get(occasion.about)) is not None:
            self._leave(before, occasion.at)
        person.entered = occasion.at
        steps = walk(self.setting.graph, occasion.at, self._past(person, occasion), horizon=self.setting.until)
        going = _Going(person, occasion, steps, AskRules(occasion.at, ()))
        person.going[occasion.about] = going
        self._advance(going, None)

    def _kept_out(self, person: _Person, occasion: Occasion) -> str:
        """Of several carts each is written about; of the same one again where something new was put in since."""
        setting = self.setting
        trigger = setting.graph.trigger
        before = person.going.get(occasion.about) or person.ended.get(occasion.about)
        if isinstance(trigger, CartAbandoned):
            if before is not None and before.mailed_at is not None:
                is_new = occasion.since >= before.mailed_at + trigger.idle
            else:
                is_new = before is None or (before.is_over and occasion.since > before.occasion.since)
            if not is_new:
                return "nothing_new"
        elif person.going:
            return "in_it"
        return may_again(setting.reentry, setting.reentry_days, occasion.at, person.entered)

    def _leave(self, going: _Going, at: datetime) -> None:
        """Something new lies in the cart: what waits of the earlier occasion is over."""
        if going.is_over:  # it was followed to the last day, and waits there
            number = next(n for n, way in enumerate(self.ways) if way is going.way)
            assert going.way is not None
            assert going.way.walk is not None
            ended = replace(going.way.walk, ended_at=at, reason=AGAIN)
            self.ways[number] = replace(going.way, walk=ended)
            return
        try:
            going.steps.throw(EndedError(at, AGAIN))
        except StopIteration as done:
            self._end(going, done.value)

    def _past(self, person: _Person, occasion: Occasion) -> Past:
        setting, history = self.setting, person.then.history
        unit = person.then.person.hashed or _id(person).bytes

        def arm(step: Split) -> str:
            shares = {one.key: one.share for one in step.arms()}
            return assign(f"journey:{setting.journey_id}:{step.id}", unit, shares)

        return Past(
            events=history.happened,
            zone=person.then.person.zone,
            story=story_of(setting.graph.trigger, history, occasion),
            split=arm,
            company_zone=setting.company_zone,
            address_wait=occasion.until - occasion.at if occasion.until else ADDRESS_WAIT,
            heard_from=occasion.since,
            is_cart=isinstance(setting.graph.trigger, CartAbandoned),
        )

    def _answered(self, goings: list[_Going]) -> Iterator[tuple[_Going, Reply]]:
        """Each with its answer; rules of all of them are asked together, at the latest instant of the bucket."""
        asking = [one for one in goings if isinstance(one.question, AskRules) and one.question.rules]
        held = _holding(asking)
        for one in goings:
            if isinstance(one.question, AskMail):
                yield one, self._mail(one, one.question)
            else:
                yield one, frozenset(rule for rule in one.question.rules if _id(one.person) in held.get(rule, ()))

    def _mail(self, going: _Going, asked: AskMail) -> Answer:
        person, then = going.person, going.person.then
        found = then.answer(asked, rules=self.setting.rules, mailed=person.mailed)
        if found.action != GO:
            return found
        if asked.is_first and then.person.hashed and self.setting.is_held_out(then.person.hashed):
            return Answer(END, HOLDOUT, held_out=True)
        person.mailed.append(asked.at)
        going.mailed_at = asked.at
        return Answer(GO)

    def _go_on(self, going: _Going, reply: Reply) -> None:
        self._advance(going, reply)

    def _advance(self, going: _Going, reply: Reply | None) -> None:
        try:
            going.question = next(going.steps) if reply is None else going.steps.send(reply)
        except StopIteration as done:
            self._end(going, done.value)
            return
        self._push(going.question.at, going)

    def _end(self, going: _Going, ended: Walk) -> None:
        person, occasion = going.person, going.occasion
        going.is_over = True
        if ended.ended_at is not None:
            person.going.pop(occasion.about, None)
        person.ended[occasion.about] = going
        going.way = Way(occasion.identifier_id, _id(person), occasion.at, ended)
        self.ways.append(going.way)


def _id(person: _Person) -> UUID:
    return person.then.history.profile_id


def _holding(asking: Sequence[_Going]) -> Mapping[Node, frozenset[UUID]]:
    if not asking:
        return {}
    rules = list(
        dict.fromkeys(rule for one in asking if isinstance(one.question, AskRules) for rule in one.question.rules)
    )
    return holding(rules, {_id(one.person) for one in asking}, max(one.question.at for one in asking))


def lines_of(way: Way) -> Iterator[Passed]:
    """What a list says of a way: each mail, what held one back, and how it ended where it did not simply end."""
    if way.walk is None:
        yield Passed("", way.at, "kept_out", way.kept_out)
        return
    for one, after in zip_longest(way.walk.passed, way.walk.passed[1:]):
        is_told_after = after is not None and after.node == one.node and after.outcome == "skipped"
        if one.outcome in ("sent", "skipped") or (one.outcome == "held" and one.reason and not is_told_after):
            yield one
    if way.walk.reason and way.walk.reason not in ("on_way", "held_out", "exit_step") and way.walk.ended_at is not None:
        yield Passed(way.walk.node, way.walk.ended_at, "ended", way.walk.reason)
