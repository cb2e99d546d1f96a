"""A whole journey read: its trigger, audience, goal, exits and steps, with what follows what. Pure.

Sequences are nested, so there are no cycles by construction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from automation.graph.acts import AddToList, Exit, GiveOffer, NotifyStaff, Send, SetTrait, Webhook
from automation.graph.ends import Goal, Leaving, parse_exits, parse_goal
from automation.graph.forks import Branch, Split
from automation.graph.place import ID, MAX_DEPTH, MAX_NODES, GraphError, Notes, Place
from automation.graph.step import Step
from automation.graph.triggers import Trigger, parse_trigger
from automation.graph.waits import Wait, WaitFor, WaitUntil
from segments.rules import Node

STEPS: Mapping[str, type[Step]] = {
    kind.do: kind
    for kind in (
        Send,
        Wait,
        WaitUntil,
        WaitFor,
        Branch,
        Split,
        SetTrait,
        AddToList,
        GiveOffer,
        Webhook,
        NotifyStaff,
        Exit,
    )
}
T = TypeVar("T")
KEYS = ("trigger", "audience", "goal", "exits", "steps")


@dataclass(frozen=True)
class Graph:
    """A journey that can run. `nodes`: every step by its id, in the order they are read."""

    trigger: Trigger
    audience: Node | None
    goal: Goal | None
    exits: tuple[Leaving, ...]
    steps: tuple[Step, ...]
    nodes: Mapping[str, Step] = field(init=False, repr=False, compare=False)
    _next: Mapping[tuple[str, str], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", {step.id: step for step in every(self.steps)})
        object.__setattr__(self, "_next", dict(_followers(self.steps, "")))

    @property
    def first(self) -> str:
        """The id of the first step; empty where there is none."""
        return self.steps[0].id if self.steps else ""

    def next_of(self, node: str, arm: str = "") -> str:
        """The id of the step after this one; empty at the end. Forks take the key of the arm that was taken."""
        return self._next[node, arm]

    def sends(self) -> tuple[Send, ...]:
        """The steps that send something, in the order they are read."""
        return tuple(step for step in self.nodes.values() if isinstance(step, Send))

    def rules(self) -> tuple[Node, ...]:
        """Every rule it asks: audience, exits and branches."""
        branches = [arm.rule for step in self.nodes.values() for arm in step.arms()]
        return tuple(rule for rule in (self.audience, *(one.rule for one in self.exits), *branches) if rule is not None)

    def heard(self) -> frozenset[str]:
        """Names of the events that may end it early."""
        ends = [one.what for one in self.exits] + ([self.goal.what] if self.goal else [])
        return frozenset(what.event for what in ends if what is not None)


def parse(raw: object) -> Graph:
    """The journey that a piece of JSON says. Raises GraphError with the path to the first bad piece."""
    graph, errors = read(raw)
    if graph is None:
        raise errors[0]
    return graph


def read(raw: object) -> tuple[Graph | None, list[GraphError]]:
    """The journey, or None and everything that keeps it from running: all bad steps at once, for the builder."""
    notes = Notes()
    place = Place(notes)
    try:
        given = place.fields(raw, f"a journey: an object with the keys {', '.join(KEYS)}")
        place.only(given, KEYS)
    except GraphError as error:
        return None, [error]
    trigger = _kept(notes, lambda: parse_trigger(given.get("trigger"), place.at("trigger")))
    audience, at = given.get("audience"), place.at("audience")
    rule = _kept(notes, lambda: None if audience is None else at.rule(audience))
    goal = _kept(notes, lambda: parse_goal(given.get("goal"), place.at("goal")))
    exits = _kept(notes, lambda: parse_exits(given.get("exits", []), place.at("exits"))) or ()
    steps = _kept(notes, lambda: _sequence(given.get("steps", []), place.at("steps"))) or ()
    if trigger is None or notes.errors:
        return None, notes.errors
    return Graph(trigger, rule, goal, exits, steps), []


def every(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps and all below them, in the order they are read."""
    for step in steps:
        yield step
        for arm in step.arms():
            yield from every(arm.steps)


def _kept(notes: Notes, read_it: Callable[[], T]) -> T | None:
    try:
        return read_it()
    except GraphError as error:
        notes.errors.append(error)
        return None


def _followers(steps: Sequence[Step], after: str) -> Iterator[tuple[tuple[str, str], str]]:
    for number, step in enumerate(steps):
        follows = steps[number + 1].id if number + 1 < len(steps) else after
        yield (step.id, ""), "" if isinstance(step, Exit) else follows
        for arm in step.arms():
            yield (step.id, arm.key), arm.steps[0].id if arm.steps else follows
            yield from _followers(arm.steps, follows)


def _sequence(raw: object, place: Place) -> tuple[Step, ...]:
    """A sequence; a bad step is noted and passed over."""
    if place.depth > MAX_DEPTH:
        place.refuse(f"is nested deeper than {MAX_DEPTH} levels")
    if not isinstance(raw, list):
        place.refuse("takes a list of steps")
    found = []
    for number, one in enumerate(raw):
        step = _kept(place.notes, partial(_step, one, place.at(number)))
        if step is not None:
            found.append(step)
    return tuple(found)


def _step(raw: object, place: Place) -> Step:
    given = place.fields(raw, 'a step, as in {"id": "w1", "do": "wait", "for": {"days": 1}}')
    node = given.get("id")
    if not isinstance(node, str) or not ID.fullmatch(node):
        place.at("id").refuse("takes an id of its own: 1 to 30 of a–z, 0–9 and _")
    place = place.inside(node)
    place.notes.count += 1
    if place.notes.count == MAX_NODES + 1:
        place.refuse(f"is one step too many: a journey takes at most {MAX_NODES}")
    if node in place.notes.ids:
        place.at("id").refuse(f"{node!r} is the id of the step at {place.notes.ids[node]} already")
    place.notes.ids[node] = place.path
    kind = STEPS[place.choice(given, "do", list(STEPS))]
    place.only(given, ("id", "do", *kind.takes))
    return kind.parse(node, given, place, lambda below, at: _sequence(below, at.deeper()))
