"""Where in a journey's JSON a piece stands, and how it is refused: with its path, what is wrong and what it takes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from segments.rules import Node, RuleError, parse_rule
from segments.rules.node import Place as RulePlace

MAX_DEPTH = 8
MAX_NODES = 100
MAX_NAME = 200
ID = re.compile(r"[a-z0-9_]{1,30}")
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


class GraphError(ValueError):
    """A journey that cannot run: `path` = JSON path of the bad piece, `message` = what is wrong and what it takes.

    `node`: id of the step it stands in, empty where it stands in none.
    """

    def __init__(self, path: str, message: str, node: str = "") -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
        self.node = node


@dataclass
class Notes:
    """What one reading has found so far. `errors`: of steps that were passed over, so that all are told at once."""

    ids: dict[str, str] = field(default_factory=dict)
    errors: list[GraphError] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of the JSON: its path, the step it belongs to, and how deep the sequence around it is nested."""

    notes: Notes
    path: str = "$"
    depth: int = 1
    node: str = ""

    def at(self, key: str | int) -> "Place":
        """The place of a key or an index of this piece."""
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        return Place(self.notes, self.path + step, self.depth, self.node)

    def at_path(self, path: str) -> "Place":
        """The place of a whole path."""
        return Place(self.notes, path, self.depth, self.node)

    def inside(self, node: str) -> "Place":
        """The same place, known to belong to a step."""
        return Place(self.notes, self.path, self.depth, node)

    def deeper(self) -> "Place":
        """The same place as the beginning of a sequence below."""
        return Place(self.notes, self.path, self.depth + 1, self.node)

    def refuse(self, message: str) -> NoReturn:
        """Raise GraphError for this place."""
        raise GraphError(self.path, message, self.node)

    def only(self, raw: Mapping[str, Any], allowed: Sequence[str]) -> None:
        """Refuse keys that mean nothing here: a misspelt bound must not be ignored."""
        unknown = sorted(set(raw) - set(allowed))
        if unknown:
            self.refuse(f"unknown key {unknown[0]!r}; it takes {', '.join(allowed)}")

    def fields(self, raw: object, what: str) -> Mapping[str, Any]:
        """`raw` as an object; refused where it is none."""
        if not isinstance(raw, dict):
            self.refuse(f"takes {what}")
        return raw

    def text(self, raw: Mapping[str, Any], key: str, what: str, *, most: int = MAX_NAME) -> str:
        """The text under a key, stripped and not blank."""
        value = raw.get(key)
        if not isinstance(value, str) or not 0 < len(value.strip()) <= most:
            self.at(key).refuse(f"takes {what}, at most {most} characters")
        return value.strip()

    def words(self, raw: Mapping[str, Any], key: str, *, most: int = MAX_NAME) -> str:
        """The text under a key that may be left out: then empty."""
        value = raw.get(key, "")
        if not isinstance(value, str) or len(value) > most:
            self.at(key).refuse(f"takes a text of at most {most} characters")
        return value.strip()

    def slug(self, raw: Mapping[str, Any], key: str, what: str) -> str:
        """The slug under a key."""
        value = raw.get(key)
        if not isinstance(value, str) or not SLUG.fullmatch(value):
            self.at(key).refuse(f"takes the slug of {what}: letters, digits, - and _, at most 50")
        return value

    def whole(self, raw: Mapping[str, Any], key: str, low: int, high: int, default: int | None = None) -> int:
        """The whole number under a key, from `low` to `high`."""
        value = raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.at(key).refuse(f"takes a whole number from {low:,} to {high:,}")
        return value

    def choice(self, raw: Mapping[str, Any], key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of the words that stand for choice."""
        value = raw.get(key, default)
        if value not in choices:
            self.at(key).refuse(f"takes one of {', '.join(choices)}")
        return str(value)

    def rule(self, raw: object) -> Node:
        """A segment rule; its errors carry the whole path."""
        try:
            return parse_rule(raw)
        except RuleError as error:
            raise GraphError(self.path + error.path.removeprefix("$"), error.message, self.node) from error

    def of_rules(self) -> RulePlace:
        """This place as the readers of the rule language take it."""
        return RulePlace(lambda _, place: place.refuse("takes no rule"), self.path)
