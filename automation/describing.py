"""A draft in words for the builder: the sentence of each step, and what keeps it from running, beside the step. Pure.

A draft may be unfinished anywhere: what cannot be read has no sentence, but says what is missing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automation.graph import ERROR, STEPS, GraphError, check
from automation.graph.ends import parse_exits, parse_goal
from automation.graph.place import Notes, Place
from automation.graph.triggers import parse_trigger
from segments.rules import RuleError, parse_rule

TRIGGER, AUDIENCE, GOAL, EXITS, STEPS_KEY = "trigger", "audience", "goal", "exits", "steps"
SECTIONS = (TRIGGER, AUDIENCE, GOAL, EXITS)
EVERYBODY: Any = {"all": []}
NO_RULE = "No rule yet"
BLANK: Any = (None, "", [], {})
MISSING = {
    "template": "Choose which mail is sent.",
    "event": "Choose an event.",
    "segment": "Choose a segment.",
    "list": "Choose a list.",
    "trait": "Choose a trait.",
    "endpoint": "Choose whom to tell.",
    "to": "Say who of your staff is told.",
    "text": "Say what to tell them.",
    "title": "Choose an offer, or say what is offered.",
    "offer": "Choose an offer.",
    "name": "Give every way a name.",
    "did": "Choose an event.",
    "in_segment": "Choose a segment.",
    "property": "Choose a property.",
    "value": "Choose a value.",
    "arms": "Add the ways they may go.",
    "on": "Choose what it starts with.",
}
LABELS = {
    "for": "The wait",
    "timeout": "The time limit",
    "at": "The time of day",
    "weekdays": "The weekdays",
    "share": "The share",
    "arms": "The ways",
    "days": "The number of days",
    "within_days": "The number of days",
    "idle_minutes": "The minutes",
    "max_age_hours": "The hours",
    "code": "The code",
    "where": "The condition",
}
NO_CHOICE = re.compile(r"takes a list of 1 to [\d,]+ (?:texts|values)$")
FACETS = {"category": "category", "brand": "brand", "product_id": "product"}
PART = re.compile(r"\.([^.[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Remark:
    """`node`: a step's id or a section. `is_error`: it keeps the draft from being published."""

    node: str
    text: str
    is_error: bool


def sentences(raw: Mapping[str, Any], names: Mapping[str, str] | None = None) -> dict[str, str]:
    """{section, step id or key of an arm: sentence} of what can be read. `names`: what slugs are called."""
    found = {key: text for key, text in (*_sections(raw), *_steps(_list(raw.get(STEPS_KEY)), names or {})) if text}
    return {key: _named(text, names or {}) for key, text in found.items()}


def remarks(raw: Mapping[str, Any], *, purpose: str) -> list[Remark]:
    """What there is to say of a draft: everything that is missing, or, where nothing is, what may not be as meant."""
    found = [
        Remark(one.node or _section(one.path), _plain(raw, one.path, one.message), one.level == ERROR)
        for one in check(raw, purpose=purpose)
    ]
    return [*found, *_empty_rules(raw)]


def arm_keys(step: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any], Sequence[Any]]]:
    """(key of the arm as the builder names it, what a passing says of it, the arm, its steps) of each way out."""
    node, kind = str(step.get("id", "")), step.get("do")
    if kind == "wait_for":
        return [
            (f"{node}:then", "then", {}, _list(step.get("then"))),
            (f"{node}:else", "timeout", {}, _list(step.get("else"))),
        ]
    arms = [arm for arm in _list(step.get("arms")) if isinstance(arm, dict)]
    found: list[tuple[str, str, Mapping[str, Any], Sequence[Any]]]
    found = [(f"{node}:arm:{n}", str(arm.get("name", "")), arm, _list(arm.get("steps"))) for n, arm in enumerate(arms)]
    if kind == "branch":
        return [*found, (f"{node}:else", "else", {}, _list(step.get("else")))]
    return found if kind == "split" else []


def raw_steps(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every step of a draft, in the order they are read; what is no step is passed over."""
    yield from _walk(_list(raw.get(STEPS_KEY)))


def _walk(steps: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    for step in steps:
        if isinstance(step, dict):
            yield step
            for _, _, _, below in arm_keys(step):
                yield from _walk(below)


def _sections(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    place = Place(Notes())
    try:
        said = parse_trigger(raw.get(TRIGGER), place).sentence()
        yield TRIGGER, said[:1].upper() + said[1:]
    except GraphError:
        pass
    audience = raw.get(AUDIENCE)
    yield AUDIENCE, "Everybody the trigger concerns" if audience is None else _rule(audience)
    try:
        goal = parse_goal(raw.get(GOAL), place)
        yield GOAL, goal.sentence().removeprefix("Goal: ") if goal else "None set"
    except GraphError:
        pass
    try:
        exits = parse_exits(raw.get(EXITS, []), place)
        raws = [one if isinstance(one, dict) else {} for one in _list(raw.get(EXITS))]
        said_exits = [
            NO_RULE
            if given.get("rule") == EVERYBODY and not one.label
            else one.sentence().removeprefix("Ends early when: ").removeprefix("Ends early: ")
            for given, one in zip(raws, exits, strict=True)
        ]
        yield EXITS, "; ".join(said_exits) or "Only when the goal is reached or the occasion is over"
    except GraphError:
        pass


def _steps(steps: Sequence[Any], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for step in _walk(steps):
        node = step.get("id")
        if not isinstance(node, str):
            continue
        yield node, _sentence(node, step)
        for key, _, arm, _ in arm_keys(step):
            if "if" in arm:
                yield key, _rule(arm["if"])


def _sentence(node: str, step: Mapping[str, Any]) -> str:
    """Of one step alone; of a fork what stands in its arms is said there."""
    kind = STEPS.get(str(step.get("do")))
    if kind is None or kind.do in ("branch", "split"):
        return ""
    try:
        return kind.parse(node, step, Place(Notes()), lambda below, at: ()).sentence()
    except GraphError:
        return ""


def _rule(raw: object) -> str:
    if raw in (EVERYBODY, {}):
        return NO_RULE
    try:
        return parse_rule(raw).sentence()
    except RuleError:
        return "The rule is not complete yet"


def _named(text: str, names: Mapping[str, str]) -> str:
    """Slugs in quotes as people call what they name."""
    return re.sub(r"“([-a-zA-Z0-9_]+)”", lambda found: f"“{names.get(found[1], found[1])}”", text)


def _section(path: str) -> str:
    first = PART.match(path.removeprefix("$"))
    name = first[1] if first else ""
    return name if name in SECTIONS else STEPS_KEY


def _plain(raw: Mapping[str, Any], path: str, message: str) -> str:
    """As somebody is told who has only not come to it yet; else what is wrong, with a capital and a full stop."""
    keys = [found[1] if found[1] is not None else int(found[2]) for found in PART.finditer(path)]
    last = next((key for key in reversed(keys) if isinstance(key, str)), "")
    if NO_CHOICE.search(message) and _get(raw, keys) in BLANK:
        return f"Choose at least one {FACETS.get(last, 'value')}."
    if last in MISSING and _get(raw, keys) in BLANK:
        return MISSING[last]
    if last == TRIGGER and not isinstance(raw.get(TRIGGER), dict):
        return MISSING["on"]
    said = f"{LABELS[last]} {message}" if last in LABELS and message.startswith("takes") else message
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


def _get(raw: Any, keys: Sequence[str | int]) -> Any:
    for key in keys:
        if isinstance(key, int):
            raw = raw[key] if isinstance(raw, list) and key < len(raw) else None
        else:
            raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def _empty_rules(raw: Mapping[str, Any]) -> Iterator[Remark]:
    """A rule without a clause holds for everybody: nobody means that where it decides who goes where."""
    for step in raw_steps(raw):
        for _, name, arm, _ in arm_keys(step):
            if arm.get("if") == EVERYBODY:
                yield Remark(str(step.get("id")), f"Say who goes the way “{name or 'without a name'}”.", True)
    for one in _list(raw.get(EXITS)):
        if isinstance(one, dict) and one.get("rule") == EVERYBODY:
            yield Remark(EXITS, "Say for whom it ends early: without a clause it ends for everybody at once.", True)


def _list(raw: Any) -> Sequence[Any]:
    return raw if isinstance(raw, list) else []
