"""Reading a rule that is still being written: what is said so far, clause by clause, and what is wrong where. Pure.

A clause that is not complete is left out, so that the rest can be counted meanwhile; the whole rule is what it is
without them. Which clauses were left out is told by their paths.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from segments.rules import Node, RuleError, parse_rule

GROUPS = ("all", "any")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the clause at a path of the JSON."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a rule that means something of its own: a clause, a group or a negation, at a path of the JSON."""

    path: str
    rule: Node


@dataclass(frozen=True, slots=True)
class Draft:
    """`rule`: what can be asked of the rule as it stands; None where nothing can. `clauses`: its readable parts.

    `troubles`: what is to be mended before it can be saved, in the order of the JSON; empty for a rule that can be.
    """

    rule: Node | None
    clauses: tuple[Clause, ...]
    troubles: tuple[Trouble, ...]


def read_draft(raw: object) -> Draft:
    """The draft that a piece of JSON says; never raises for what is wrong with it."""
    try:
        return Draft(parse_rule(raw), tuple(_clauses(raw, "$")), ())
    except RuleError as error:
        whole = Trouble(error.path, error.message)
    troubles: list[Trouble] = []
    kept = _kept(raw, "$", troubles)
    if not troubles:  # every clause is sound: the whole is too deep or too large
        return Draft(None, (), (whole,))
    try:
        rule = None if kept is None else parse_rule(kept)
    except RuleError as error:
        return Draft(None, (), (*troubles, Trouble(error.path, error.message)))
    return Draft(rule, tuple(_clauses(raw, "$")), tuple(troubles))


def _kept(raw: object, path: str, troubles: list[Trouble]) -> Any:
    """The JSON without what cannot be read; None where nothing is left of it."""
    key = _group_key(raw)
    if key is not None and isinstance(raw, dict):
        parts = [_kept(each, f"{path}.{key}[{index}]", troubles) for index, each in enumerate(raw[key])]
        found = [part for part in parts if part is not None]
        return {key: found} if found or not parts else None
    if isinstance(raw, dict) and set(raw) == {"not"} and isinstance(raw["not"], dict):
        inner = _kept(raw["not"], f"{path}.not", troubles)
        return None if inner is None else {"not": inner}
    try:
        parse_rule(raw)
    except RuleError as error:
        troubles.append(Trouble(path + error.path[1:], error.message))
        return None
    return raw


def _clauses(raw: Any, path: str) -> Iterator[Clause]:
    """Every part as it stands, without what cannot be read: the outermost first."""
    kept = _kept(raw, path, [])
    if kept is not None:
        try:
            yield Clause(path, parse_rule(kept))
        except RuleError:
            return
    inner, below = raw, path
    while isinstance(inner, dict) and set(inner) == {"not"}:
        inner, below = inner["not"], f"{below}.not"
    key = _group_key(inner)
    if key is not None:
        for index, each in enumerate(inner[key]):
            yield from _clauses(each, f"{below}.{key}[{index}]")


def _group_key(raw: object) -> str | None:
    if not isinstance(raw, dict) or len(raw) != 1:
        return None
    ((key, value),) = raw.items()
    return key if key in GROUPS and isinstance(value, list) else None
