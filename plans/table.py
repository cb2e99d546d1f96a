"""A schema as a table of properties, and the table's edits written back into the schema. Pure.

What the table cannot say (patterns, choices, alternatives) stays as the schema has it, unless its row's type changes.
"""

import copy
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from plans.contracts import BadPlan, PropertyRow
from plans.shipped_fields import AMOUNT, ID

CUSTOM = "custom"
SNIPPETS: dict[str, Mapping[str, Any]] = {
    "any": {},
    "text": {"type": "string"},
    "number": {"type": "number"},
    "whole number": {"type": "integer"},
    "amount": AMOUNT,
    "id": ID,
    "yes or no": {"type": "boolean"},
    "moment": {"type": "string", "format": "date-time"},
    "list": {"type": "array"},
    "object": {"type": "object"},
}
TYPES: dict[str, str] = {
    "any": "anything",
    "text": "text",
    "number": "number",
    "whole number": "whole number",
    "amount": "amount (also as text)",
    "id": "text or number",
    "yes or no": "true or false",
    "moment": "instant (ISO 8601 text)",
    "list": "list",
    "object": "object",
    CUSTOM: "as in the schema",
}
RULES = (
    *("type", "pattern", "format", "enum", "const", "anyOf", "oneOf", "allOf", "not", "$ref", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems"),
)
DEEPEST = 4


def rows_of(schema: Mapping[str, Any], personal: Mapping[str, str]) -> tuple[PropertyRow, ...]:
    """The properties of a schema, those of objects and of lists' entries below their own: products[].price."""
    return tuple(_rows(schema, personal, "", 0))


def with_edits(
    schema: Mapping[str, Any], before: Sequence[PropertyRow], after: Sequence[PropertyRow]
) -> dict[str, Any]:
    """The schema with what differs between the two tables. Raises BadPlan (field rows) for a table that cannot be."""
    _check(after)
    found: dict[str, Any] = copy.deepcopy(dict(schema))
    old = {row.path: row for row in before}
    new = {row.path: row for row in after}
    for path in old.keys() - new.keys():
        _remove(found, path)
    for row in after:
        if old.get(row.path) != row:
            _write(found, row, old.get(row.path))
    return found


def marks_of(rows: Iterable[PropertyRow]) -> dict[str, str]:
    """The personal marks of a table."""
    return {row.path: row.personal for row in rows if row.personal}


def differences(old: Sequence[PropertyRow], new: Sequence[PropertyRow]) -> list[str]:
    """What a new version changes, as sentences."""
    before, after = {row.path: row for row in old}, {row.path: row for row in new}
    found = [f"“{path}” is new: {_said(row)}." for path, row in after.items() if path not in before]
    found += [f"“{path}” is gone." for path in before if path not in after]
    for path, row in after.items():
        if path in before and (changed := _changed(before[path], row)):
            found.append(f"“{path}”: {'; '.join(changed)}.")
    return found


def schema_diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """A unified diff of both schemas as indented JSON; nothing where they are the same."""
    before, after = (json.dumps(each, indent=2, ensure_ascii=False, sort_keys=True).splitlines() for each in (old, new))
    return "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=2))[2:])


def type_name(snippet: Mapping[str, Any]) -> str:
    """What the table calls a property's type."""
    told = {key: snippet[key] for key in RULES if key in snippet}
    for name, known in SNIPPETS.items():
        if told == dict(known):
            return name
    return CUSTOM


def type_words(snippet: Mapping[str, Any]) -> str:
    """A property's type for readers: text or number, list, one of …"""
    name = type_name(snippet)
    if name != CUSTOM:
        return TYPES[name]
    if isinstance(snippet.get("enum"), list):
        return "one of " + ", ".join(str(each) for each in snippet["enum"][:12])
    types = snippet.get("type")
    words = {"string": "text", "array": "list", "boolean": "true or false", "integer": "whole number"}
    listed = [words.get(str(each), str(each)) for each in (types if isinstance(types, list) else [types]) if each]
    return " or ".join(listed) or "as in the schema"


def snippet_at(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """What the schema says of one property; empty where it says nothing."""
    found = _home(schema, path)
    inner = found.get("properties", {}).get(path.rpartition(".")[2]) if found is not None else None
    return inner if isinstance(inner, dict) else {}


def _rows(schema: Mapping[str, Any], personal: Mapping[str, str], before: str, depth: int) -> Iterator[PropertyRow]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or depth >= DEEPEST:
        return
    for name, snippet in sorted(properties.items(), key=lambda each: _place(schema, each[0])):
        if not isinstance(snippet, dict) or not _is_plain(name):
            continue
        path = f"{before}.{name}" if before else name
        yield PropertyRow(
            path,
            type_name(snippet),
            isinstance(required, list) and name in required,
            _example(snippet.get("examples")),
            personal.get(path, ""),
            str(snippet.get("description", "")),
        )
        items = snippet.get("items")
        yield from _rows(snippet, personal, path, depth + 1)
        if isinstance(items, dict):
            yield from _rows(items, personal, f"{path}[]", depth + 1)


def one_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The properties of which one must be there: those that each alternative alone requires."""
    alternatives = schema.get("anyOf")
    if not isinstance(alternatives, list):
        return ()
    required = [each.get("required") for each in alternatives if isinstance(each, dict)]
    return tuple(each[0] for each in required if isinstance(each, list) and len(each) == 1)


def _place(schema: Mapping[str, Any], name: str) -> tuple[bool, int, str]:
    """What is required first, then alternatives, then by name: jsonb keeps no order of its own."""
    required, alternatives = schema.get("required"), one_of(schema)
    is_required = isinstance(required, list) and name in required
    return not is_required, alternatives.index(name) if name in alternatives else len(alternatives), name


def _is_plain(name: str) -> bool:
    return bool(name) and "." not in name and "[" not in name and "]" not in name


def _example(examples: object) -> str:
    if not isinstance(examples, list) or not examples:
        return ""
    first = examples[0]
    return first if isinstance(first, str) else json.dumps(first, ensure_ascii=False)


def _check(rows: Sequence[PropertyRow]) -> None:
    seen: set[str] = set()
    for row in rows:
        parts = row.path.split(".")
        if any(not _is_plain(part.removesuffix("[]")) for part in parts) or parts[-1].endswith("[]"):
            raise BadPlan("rows", f"“{row.path}” is no property: write name, object.name or list[].name.")
        if row.path in seen:
            raise BadPlan("rows", f"“{row.path}” stands in the table twice: take one of them out.")
        seen.add(row.path)
        if row.type not in TYPES:
            raise BadPlan("rows", f"“{row.path}” has the type “{row.type}”, which there is not.")


def _home(schema: Mapping[str, Any], path: str) -> Any:
    """The (sub)schema that holds the last part of the path; None where the way there does not exist."""
    here: Any = schema
    for step in path.split(".")[:-1]:
        here = here.get("properties", {}).get(step.removesuffix("[]")) if isinstance(here, dict) else None
        if step.endswith("[]") and isinstance(here, dict):
            here = here.get("items")
        if not isinstance(here, dict):
            return None
    return here


def _made_home(schema: dict[str, Any], path: str) -> dict[str, Any]:
    here = schema
    for step in path.split(".")[:-1]:
        is_list = step.endswith("[]")
        inner = here.setdefault("properties", {}).setdefault(
            step.removesuffix("[]"), {"type": "array" if is_list else "object"}
        )
        here = inner.setdefault("items", {"type": "object"}) if is_list else inner
    return here


def _remove(schema: dict[str, Any], path: str) -> None:
    home, name = _home(schema, path), path.rpartition(".")[2]
    if home is not None:
        home.get("properties", {}).pop(name, None)
        _require(home, name, False)


def _write(schema: dict[str, Any], row: PropertyRow, old: PropertyRow | None) -> None:
    home, name = _made_home(schema, row.path), row.path.rpartition(".")[2]
    snippet = home.setdefault("properties", {}).setdefault(name, {})
    if old is None or old.type != row.type:
        if row.type == CUSTOM and not snippet:
            raise BadPlan("rows", f"“{row.path}” is to be as in the schema, but the schema does not know it.")
        if row.type != CUSTOM:
            for key in RULES:
                snippet.pop(key, None)
            snippet.update(copy.deepcopy(dict(SNIPPETS[row.type])))
    _set(snippet, "description", row.description)
    if old is None or old.example != row.example:
        _set(snippet, "examples", [_value(row.example)] if row.example else None)
    _require(home, name, row.is_required)


def _set(snippet: dict[str, Any], key: str, value: Any) -> None:
    if value:
        snippet[key] = value
    else:
        snippet.pop(key, None)


def _require(home: dict[str, Any], name: str, is_required: bool) -> None:
    listed = [each for each in home.get("required", []) if each != name]
    if is_required:
        listed.append(name)
    _set(home, "required", listed)


def _value(text: str) -> Any:
    """An example as typed: JSON where it is a number, a truth value, a list or an object; else text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if found is None or isinstance(found, str) else found


def _said(row: PropertyRow) -> str:
    return f"{TYPES[row.type]}, {'required' if row.is_required else 'optional'}"


def _changed(old: PropertyRow, new: PropertyRow) -> list[str]:
    found = []
    if old.type != new.type:
        found.append(f"{TYPES[old.type]} became {TYPES[new.type]}")
    if old.is_required != new.is_required:
        found.append("now required" if new.is_required else "no longer required")
    if old.personal != new.personal:
        found.append(f"marked as personal ({new.personal})" if new.personal else "no longer marked as personal")
    if old.description != new.description:
        found.append("described anew")
    if old.example != new.example:
        found.append("another example")
    return found
