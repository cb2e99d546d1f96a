"""One way through a journey for one person with time skipped, by what is known now and what is made up. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from automation.graph import Branch, BrowseAbandoned, CartAbandoned, Graph, Split
from automation.queries.past import PersonThen, persons_then
from automation.queries.ruling import holding
from automation.simulating import Answer, AskMail, AskRules, Happened, Past, Walk, walk
from experiments.assignment import assign
from mailing.contracts import END, GO, Said
from mailing.deciding import Rules
from mailing.queries.counts import policy, rules_of
from segments.rules import Node

HORIZON = timedelta(days=400)
ABOUT_BUYING = CartAbandoned | BrowseAbandoned
PLACED = "Order Completed"


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is made up. `events`: (name, how long after the beginning); `arms`: {step: the way they take}; `is_agreed`:
    nothing forbids writing to them.
    """

    events: Sequence[tuple[str, timedelta]] = ()
    arms: Mapping[str, str] = field(default_factory=dict)
    is_agreed: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The way, and the clock that it was read by."""

    walk: Walk
    zone: str


def rehearse(
    graph: Graph,
    profile_id: UUID | None,
    supposed: Supposed,
    *,
    purpose: str,
    journey_id: int,
    at: datetime,
    now: datetime,
) -> Rehearsal:
    """What would happen from `at` on. Without a person nothing is known of anybody, and nothing forbids it."""
    found = policy()
    people = [] if profile_id is None else _person(profile_id, purpose, journey_id, found.time_zone, now)
    then = people[0] if people else None
    zone = then.person.zone if then else found.time_zone or settings.COMPANY_TIME_ZONE
    events = tuple(Happened(at + after, name, {}) for name, after in sorted(supposed.events, key=lambda one: one[1]))

    def story(moment: datetime, was_mailed: bool) -> Said:
        ordered = any(one.name == PLACED and one.at <= moment for one in events)
        return Said(END, "ordered_since") if ordered and isinstance(graph.trigger, ABOUT_BUYING) else Said(GO)

    past = Past(events, zone, story, lambda step: _arm(step, journey_id, then, supposed), settings.COMPANY_TIME_ZONE)
    steps = walk(graph, at, past, horizon=at + HORIZON)
    mailed: list[datetime] = []
    rules = replace(rules_of(found), is_stopped=False)  # a stop has no end to reckon with: supposed to be over
    try:
        question = next(steps)
        while True:
            if isinstance(question, AskRules):
                question = steps.send(_holding(graph, question, then, supposed))
                continue
            answer = _mail(then, question, supposed, rules, mailed)
            if answer.action == GO:
                mailed.append(question.at)
            question = steps.send(answer)
    except StopIteration as done:
        return Rehearsal(done.value, zone)


def _person(profile_id: UUID, purpose: str, journey_id: int, zone: str, now: datetime) -> list[PersonThen]:
    return persons_then([profile_id], (), now, purpose=purpose, journey_id=journey_id, time_zone=zone, now=now)


def _mail(
    then: PersonThen | None, asked: AskMail, supposed: Supposed, rules: Rules, mailed: Sequence[datetime]
) -> Answer:
    if then is None:
        return Answer(GO)
    return then.answer(asked, rules=rules, mailed=mailed, is_agreed=supposed.is_agreed)


def _holding(graph: Graph, asked: AskRules, then: PersonThen | None, supposed: Supposed) -> frozenset[Node]:
    step = graph.nodes.get(asked.node)
    wanted = supposed.arms.get(asked.node)
    if isinstance(step, Branch) and wanted:
        return frozenset(arm.rule for arm in step.arms() if arm.key == wanted and arm.rule is not None)
    if then is None:
        return frozenset(asked.rules) if asked.rules == (graph.audience,) else frozenset()
    me = then.history.profile_id
    return frozenset(rule for rule, who in holding(asked.rules, [me], asked.at).items() if me in who)


def _arm(step: Split, journey_id: int, then: PersonThen | None, supposed: Supposed) -> str:
    wanted = supposed.arms.get(step.id)
    if wanted in {arm.key for arm in step.arms()}:
        return str(wanted)
    unit = uuid4().bytes if then is None else then.person.hashed or then.history.profile_id.bytes
    return assign(f"journey:{journey_id}:{step.id}", unit, {arm.key: arm.share for arm in step.arms()})
