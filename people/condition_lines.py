"""Conditions as lines that people type, `price >= 20`, and as the JSON of the segment language. Pure."""

import re
from collections.abc import Mapping
from typing import Any

MOST = 10
# What is typed → the operator, the longer ones first.
OPERATORS: Mapping[str, str] = {
    "is not known": "is_not_set",
    "is known": "is_set",
    "starts with": "starts_with",
    "contains": "contains",
    "between": "between",
    "not in": "not_in",
    "in": "in",
    ">=": "gte",
    "<=": "lte",
    "!=": "ne",
    "=": "eq",
    ">": "gt",
    "<": "lt",
}
WORDS = {name: typed for typed, name in OPERATORS.items()}
SYMBOLS = "|".join(re.escape(typed) for typed in OPERATORS if not typed[0].isalpha())
SPELLED = "|".join(typed for typed in OPERATORS if typed[0].isalpha())
LINE = re.compile(rf"^(?P<name>\S.*?)(?:\s+(?P<word>{SPELLED})(?=\s|$)|\s*(?P<symbol>{SYMBOLS}))\s*(?P<value>.*)$")
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]+)?")
LISTS, NONE, TEXTS = ("in", "not_in"), ("is_set", "is_not_set"), ("contains", "starts_with")


def conditions_of(text: str) -> list[dict[str, Any]]:
    """The conditions of lines, blank ones left out. Raises ValueError naming the line that cannot be read."""
    found = [_condition(line.strip()) for line in text.splitlines() if line.strip()]
    if len(found) > MOST:
        raise ValueError(f"At most {MOST} conditions.")
    return found


def line_of(condition: Mapping[str, Any]) -> str:
    """A condition as it is typed."""
    operator, value = str(condition["is"]), condition.get("value")
    said = ""
    if operator == "between" and isinstance(value, list):
        said = " and ".join(map(_said, value))
    elif isinstance(value, list):
        said = ", ".join(map(_said, value))
    elif operator not in NONE:
        said = _said(value)
    return f"{condition['property']} {WORDS.get(operator, operator)} {said}".rstrip()


def _condition(line: str) -> dict[str, Any]:
    read = LINE.match(line)
    if read is None:
        raise ValueError(f"“{line[:60]}” is no condition: write it like price >= 20 or category in Shoes, Hats.")
    operator, typed = OPERATORS[read["word"] or read["symbol"]], read["value"].strip()
    asked: dict[str, Any] = {"property": read["name"].strip(), "is": operator}
    if operator in NONE:
        if typed:
            raise ValueError(f"“{line[:60]}”: nothing follows “{WORDS[operator]}”.")
        return asked
    if not typed:
        raise ValueError(f"“{line[:60]}”: a value is missing after “{WORDS[operator]}”.")
    return asked | {"value": _operand(operator, typed, line)}


def _operand(operator: str, typed: str, line: str) -> Any:
    if operator in LISTS:
        return [_value(part.strip()) for part in typed.split(",") if part.strip()]
    if operator == "between":
        low, word, high = typed.partition(" and ")
        if not word:
            raise ValueError(f"“{line[:60]}”: between takes two values, like price between 10 and 20.")
        return [_value(low.strip()), _value(high.strip())]
    return typed if operator in TEXTS else _value(typed)


def _value(typed: str) -> Any:
    if typed in ("true", "false"):
        return typed == "true"
    if not NUMBER.fullmatch(typed):
        return typed
    return float(typed) if "." in typed else int(typed)


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
