"""What a marketer should know of a journey before it goes live, in words. Pure.

Errors keep it from being published; warnings say what it will not do as perhaps meant. Whether templates, segments
and lists exist is asked by `automation.services.publishing`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from automation.graph.acts import Exit, GiveOffer, Send
from automation.graph.forks import Branch, Split
from automation.graph.graph import Graph, every, read
from automation.graph.step import Step
from automation.graph.triggers import CartAbandoned, DateTrait, Schedule
from automation.graph.waits import Wait, WaitFor, WaitUntil

ERROR, WARNING = "error", "warning"
WAITS = (Wait, WaitUntil, WaitFor)


@dataclass(frozen=True, slots=True)
class Finding:
    """`level`: error or warning. `path` in the JSON; `node`: the step's id, empty where it is about the whole."""

    level: str
    path: str
    message: str
    node: str = ""


def check(raw: object, *, purpose: str = "email_marketing") -> list[Finding]:
    """Everything to say of a draft: all its errors, or, where it could run, its warnings."""
    graph, errors = read(raw)
    if graph is None:
        return [Finding(ERROR, one.path, one.message, one.node) for one in errors]
    return [*_whole(graph, purpose), *_steps(graph.steps)]


def _whole(graph: Graph, purpose: str) -> Iterator[Finding]:
    if not graph.steps:
        yield Finding(ERROR, "$.steps", "nothing happens in it: add a step")
    if graph.sends() and not purpose:
        yield Finding(ERROR, "$.steps", "it sends, but is for no purpose: choose what people must have agreed to")
    if graph.sends() and graph.goal is None:
        yield Finding(WARNING, "$.goal", "it has no goal: people are written to on, whatever they have done meanwhile")
    if graph.sends() and not graph.exits and isinstance(graph.trigger, Schedule):
        yield Finding(WARNING, "$.exits", "nothing ends it early: say when it becomes pointless")
    if isinstance(graph.trigger, CartAbandoned) and _days(graph) > graph.trigger.max_age.total_seconds() / 86_400:
        yield Finding(
            WARNING,
            "$.trigger.max_age_hours",
            "its steps take longer than a cart is written about: the last ones will be skipped as too old",
        )
    if isinstance(graph.trigger, DateTrait) and not graph.trigger.annual and graph.goal is None and not graph.sends():
        yield Finding(WARNING, "$.trigger", "the day comes once, and nobody is written to")


def _days(graph: Graph) -> float:
    waited = sum(step.length.total_seconds() for step in graph.nodes.values() if isinstance(step, Wait))
    return waited / 86_400


def _steps(steps: Sequence[Step]) -> Iterator[Finding]:
    for number, step in enumerate(steps):
        after = steps[number + 1 :]
        if isinstance(step, Exit) and after:
            yield Finding(WARNING, after[0].path, "nobody comes here: the step before it ends the journey", after[0].id)
        if isinstance(step, Send) and after and isinstance(after[0], Send) and after[0].channel == step.channel:
            yield Finding(
                WARNING, after[0].path, "it is sent right behind the message before it: wait between them", after[0].id
            )
        if isinstance(step, Send) and step.channel != "email":
            yield Finding(WARNING, step.path, "this channel is only written to the console so far", step.id)
        if isinstance(step, GiveOffer) and not any(isinstance(one, Send) for one in every(after)):
            yield Finding(WARNING, step.path, "no message after it tells of the offer", step.id)
        if isinstance(step, Branch | Split) and not any(arm.steps for arm in step.arms()):
            yield Finding(WARNING, step.path, "all ways out of it are the same: put steps into one", step.id)
        for arm in step.arms():
            yield from _steps(arm.steps)
