"""Checking an event's properties against a schema: microseconds when they fit, sentences when they do not. Pure.

Null counts as absent, as trackers send it for what they do not know. Schemas load nothing from elsewhere, and their
patterns run in time linear to the text. Sentences never repeat the value that was sent.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

from plans.contracts import BadSchema, Violation
from plans.effort import ENOUGH, looks
from plans.masking import MASK, names_somebody

MOST_LISTED = 5
LONGEST_SCHEMA = 64 * 1024  # bytes of JSON
MOST_LOOKS = 10_000
_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_BOUNDS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "minLength": "needs at least {} characters",
    "maxLength": "may have at most {} characters",
    "minItems": "needs at least {} entries",
    "maxItems": "may have at most {} entries",
    "multipleOf": "must be a multiple of {}",
    "pattern": "must fit the pattern {}",
    "format": "must be written as {}",
    "const": "must be {}",
}
AMOUNT = r"^-?[0-9]{1,12}(\.[0-9]+)?$"


class Checker:
    """A compiled schema. Raises BadSchema when it is made of one that cannot be used."""

    __slots__ = ("_validator", "fits")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = _compiled(schema)
        self.fits = self._validator.is_valid

    def violations(self, properties: Mapping[str, Any]) -> tuple[Violation, ...]:
        """What is wrong, at most five of it; empty where all is well."""
        if self.fits(properties):
            return ()
        given = _without_nulls(properties)
        return tuple(islice((_violation(error) for error in self._validator.iter_errors(given)), MOST_LISTED))


def checked_schema(schema: object) -> dict[str, Any]:
    """The schema, once it is known to be usable for properties. Raises BadSchema."""
    if not isinstance(schema, dict):
        raise BadSchema('A schema is a JSON object, for example {"type": "object", "properties": {}}.')
    if schema.get("type", "object") != "object":
        raise BadSchema('The properties of an event are an object: write "type": "object" at the top, or leave it out.')
    size = len(json.dumps(schema))
    if size > LONGEST_SCHEMA:
        raise BadSchema(f"A schema may have at most {LONGEST_SCHEMA // 1024} KB; this has {size / 1024:.0f} KB.")
    _compiled(schema)
    try:
        effort = looks(schema)
    except RecursionError:
        effort = ENOUGH
    if effort > MOST_LOOKS:
        raise BadSchema(
            "This schema could look at one event more than 10,000 times, since it branches into parts of itself again"
            " and again: refer to such a part once, or write its levels out."
        )
    return schema


def spelled(path: Iterable[str | int]) -> str:
    """A path as text, without places in lists: products[].price."""
    found = ""
    for part in path:
        found += "[]" if isinstance(part, int) else f".{_key(part)}" if found else _key(part)
    return found


def _key(key: str) -> str:
    return MASK if names_somebody(key) else key


def _compiled(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            dict(schema), validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
    except jsonschema_rs.ValidationError as error:
        raise BadSchema(_about_schema(error)) from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadSchema(f"This is not a JSON Schema: {str(error).splitlines()[0]}") from None


def _about_schema(error: jsonschema_rs.ValidationError) -> str:
    where = ".".join(str(part) for part in error.instance_path)
    at = f"At {where}: " if where else ""
    message = str(error.message)
    if "Retrieval is disabled" in message:
        return f"{at}a schema may not refer to another document: copy what is needed into $defs."
    if message.endswith('is not a "regex"'):
        return (
            f"{at}the pattern cannot be used: it may not look ahead, look behind or repeat what it found, nor be huge."
        )
    if where.endswith("type"):
        return f"{at}a type is one of {', '.join(_TYPES)}, or a list of these."
    return f"{at}{message}. See JSON Schema, draft 2020-12."


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _violation(error: jsonschema_rs.ValidationError) -> Violation:
    kind: Any = error.kind
    path = spelled(error.instance_path)
    if kind.name == "required":
        path = f"{path}.{kind.property}" if path else str(kind.property)
        return Violation(path, "required", f"“{path}” is missing: send it.")
    return Violation(path, str(kind.name), _sentence(kind, path))


def _sentence(kind: Any, path: str) -> str:
    what = f"“{path}”" if path else "The event"
    if kind.name == "type":
        return f"{what} must be {_either(_TYPES.get(str(one), str(one)) for one in kind.types)}."
    if kind.name == "pattern" and kind.pattern == AMOUNT:
        return f"{what} must be a number, or text that is nothing but a number, such as 19.99."
    if kind.name in _BOUNDS:
        return f"{what} {_BOUNDS[kind.name].format(_shown(kind.value))}."
    if kind.name == "enum":
        return f"{what} must be one of {_shown(kind.value)}."
    if kind.name in ("additionalProperties", "unevaluatedProperties"):
        unknown = ", ".join(f"“{_key(str(one)[:60])}”" for one in list(kind.value)[:5])
        return f"{what} may not have {unknown}: leave it out, or declare it."
    if kind.name == "falseSchema":
        return f"{what} has what its schema does not allow: leave it out, or declare it."
    if kind.name in ("anyOf", "oneOf") and (names := _one_of_these(kind)):
        return f"{what} needs {_either(names)}: send one of them."
    return f"{what} does not fit the rule “{kind.name}” of its schema."


def _one_of_these(kind: Any) -> list[str]:
    """The names where each branch only lacks a property; else none."""
    branches = [list(branch) for branch in getattr(kind, "context", ())]
    if not all(len(branch) == 1 and branch[0].kind.name == "required" for branch in branches):
        return []
    return [f"“{branch[0].kind.property}”" for branch in branches]


def _either(words: Iterable[str]) -> str:
    listed = list(words)
    return " or ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else f"{text[:200]}…"
