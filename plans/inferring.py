"""What properties of seen events tell: their paths, types and sample values; and a schema that says as much. Pure.

Bounded: at most 200 paths an event, three levels deep, five entries of a list, 20 sample values a path.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plans.masking import MASK, names_somebody, personal_category, sample

MOST_PATHS = 200
MOST_SAMPLES = 20
MOST_ENTRIES = 5
DEEPEST = 3
LONGEST_PATH = 200


@dataclass(slots=True)
class Seen:
    """One path: in how many events, with which types, and a few values."""

    seen: int = 0
    types: Counter[str] = field(default_factory=Counter)
    samples: list[Any] = field(default_factory=list)


def json_type(value: object) -> str:
    """The JSON type of a decoded value; whole numbers are integers."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if value is None:
        return "null"
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "number"


def look_at(kind: str, events: Iterable[Mapping[str, Any]]) -> dict[str, Seen]:
    """What these events' properties tell, by path: products[].price. Nulls count as absent."""
    found: dict[str, Seen] = {}
    for properties in events:
        in_this: set[str] = set()
        for path, value in _walk(properties, "", 0):
            seen = found.get(path)
            if seen is None:
                if len(found) >= MOST_PATHS:
                    continue
                seen = found[path] = Seen()
            if path not in in_this:
                in_this.add(path)
                seen.seen += 1
            seen.types[json_type(value)] += 1
            if len(seen.samples) < MOST_SAMPLES and not isinstance(value, (dict, list)):
                shown = sample(kind, path, value)
                if shown is not None and shown not in seen.samples:
                    seen.samples.append(shown)
    return found


def shown_texts(kind: str, properties: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(path, text) of every text sample that an event may have left, masked ones aside."""
    shown = ((path, sample(kind, path, value)) for path, value in _walk(properties, "", 0) if isinstance(value, str))
    return {(path, text) for path, text in shown if isinstance(text, str) and text != MASK}


def merged_samples(old: Iterable[Any], new: Iterable[Any]) -> list[Any]:
    """Both without doubles, the older first, at most 20."""
    found: list[Any] = []
    for value in (*old, *new):
        if not any(value == other and type(value) is type(other) for other in found):
            found.append(value)
    return found[:MOST_SAMPLES]


def schema_of(properties: Mapping[str, tuple[int, Mapping[str, int]]], sampled: int) -> dict[str, Any]:
    """The schema that everything seen fits: path → (in how many events, types). Always present means required."""
    root: dict[str, Any] = {"type": "object", "properties": {}}
    for path in sorted(properties):
        seen, types = properties[path]
        parent, name = _parent(root, path)
        if parent is None:
            continue
        parent.setdefault("properties", {}).setdefault(name, {}).update(_snippet(types))
        if "." not in path and "[]" not in path and sampled and seen >= sampled:
            root.setdefault("required", []).append(name)
    return root


def personal_of(paths: Iterable[str]) -> dict[str, str]:
    """The marks that names suggest: path → category."""
    return {path: category for path in paths if (category := personal_category(path))}


def _walk(value: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        path = f"{before}.{key}" if before else key
        if item is None or len(path) > LONGEST_PATH or not key or "." in key or "[" in key or names_somebody(key):
            continue
        yield path, item
        if depth + 1 >= DEEPEST:
            continue
        if isinstance(item, dict):
            yield from _walk(item, path, depth + 1)
        elif isinstance(item, list):
            for entry in item[:MOST_ENTRIES]:
                if isinstance(entry, dict):
                    yield from _walk(entry, f"{path}[]", depth + 1)


def _snippet(types: Mapping[str, int]) -> dict[str, Any]:
    names = set(types) - {"null"}
    if "number" in names:
        names.discard("integer")
    listed = sorted(names)
    return {} if not listed else {"type": listed[0] if len(listed) == 1 else listed}


def _parent(root: dict[str, Any], path: str) -> tuple[dict[str, Any] | None, str]:
    """The schema whose property the last part of the path is; None where the way there leads through none."""
    *way, name = path.split(".")
    here = root
    for step in way:
        inner = here.get("properties", {}).get(step.removesuffix("[]"))
        if inner is None:
            return None, name
        here = inner.setdefault("items", {"type": "object"}) if step.endswith("[]") else inner
    return here, name
