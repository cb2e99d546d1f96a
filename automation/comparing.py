"""What one version of a journey changes against another, in words: steps new, changed, moved, gone. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automation.describing import SECTIONS, arm_keys, raw_steps, sentences

NEW, GONE, OTHER = "new", "gone", "other"
FORKS = {"branch": "Branch", "split": "Split"}
HEADS = {"trigger": "It starts when", "audience": "For whom", "goal": "Goal", "exits": "Ends early"}


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind`: new, gone or other (for colors); `verb`: New, Gone, Changed, Moved; `text`: what."""

    kind: str
    verb: str
    text: str


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], names: Mapping[str, str]
) -> list[Difference]:
    """Everything that differs, in the order of the flow, what is gone last. `before` None: all is new."""
    said, was = sentences(after, names), sentences(before or {}, names)
    found = [
        Difference(OTHER if before else NEW, "Changed" if before else "New", f"{HEADS[key]}: {said.get(key, '')}")
        for key in SECTIONS
        if before is None or before.get(key) != after.get(key)
    ]
    return [*found, *_steps(before or {}, after, said, was)]


def _steps(
    before: Mapping[str, Any], after: Mapping[str, Any], said: Mapping[str, str], was: Mapping[str, str]
) -> Iterator[Difference]:
    old = {str(step.get("id")): step for step in raw_steps(before)}
    places, now = _places(before), _places(after)
    for step in raw_steps(after):
        node = str(step.get("id"))
        if node not in old:
            yield Difference(NEW, "New", _text(step, said))
        elif _own(step) != _own(old[node]):
            yield Difference(OTHER, "Changed", f"{_text(step, said)} (was: {_text(old[node], was)})")
        elif _is_moved(node, places, now):
            yield Difference(OTHER, "Moved", _text(step, said))
    kept = {str(step.get("id")) for step in raw_steps(after)}
    for node, step in old.items():
        if node not in kept:
            yield Difference(GONE, "Gone", _text(step, was))


def _text(step: Mapping[str, Any], said: Mapping[str, str]) -> str:
    node = str(step.get("id"))
    if said.get(node):
        return said[node]
    ways = ", ".join(f"“{arm.get('name')}”" for _, _, arm, _ in arm_keys(step) if arm)
    return f"{FORKS.get(str(step.get('do')), 'A step')} into {ways}"


def _own(step: Mapping[str, Any]) -> Any:
    """What the step itself says, without what stands in its arms."""
    arms = [{key: value for key, value in arm.items() if key != "steps"} for _, _, arm, _ in arm_keys(step)]
    return {key: value for key, value in step.items() if key not in ("then", "else", "arms")}, arms


def _places(raw: Mapping[str, Any]) -> dict[str, tuple[str, frozenset[str]]]:
    """{step id: (the sequence it stands in, the steps of it that come before)}."""
    found: dict[str, tuple[str, frozenset[str]]] = {}

    def walk(steps: Any, key: str) -> None:
        before: list[str] = []
        for step in steps if isinstance(steps, list) else []:
            if isinstance(step, dict):
                node = str(step.get("id"))
                found[node] = (key, frozenset(before))
                before.append(node)
                for arm, _, _, below in arm_keys(step):
                    walk(list(below), arm)

    walk(raw.get("steps"), "root")
    return found


def _is_moved(
    node: str, was: Mapping[str, tuple[str, frozenset[str]]], now: Mapping[str, tuple[str, frozenset[str]]]
) -> bool:
    """Into another sequence, or past one of the steps that are in both: not only pushed along by a new one."""
    both = was.keys() & now.keys()
    return was[node][0] != now[node][0] or was[node][1] & both != now[node][1] & both
