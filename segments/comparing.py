"""What changed between two versions of a rule, clause by clause, in words. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from segments.rules import Node

Kind = Literal["added", "removed", "changed", "grouped"]
JOINS = {"all": "all of its clauses must hold", "any": "one of its clauses is enough"}


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One difference. `before` is empty for what was added, `after` for what was removed.

    `grouped`: the clauses are the same, and how they are joined is not.
    """

    kind: Kind
    before: str
    after: str


def rule_changes(before: Node, after: Node) -> list[RuleChange]:
    """The differences, changed clauses first; empty for rules of one meaning and order."""
    old, new = list(_clauses(before)), list(_clauses(after))
    counted = Counter(clause.sentence() for clause in old)
    counted.subtract(clause.sentence() for clause in new)
    removed, added = _only(old, counted), _only(new, -counted)
    found: list[RuleChange] = []
    for clause in list(removed):
        twin = next((one for one in added if _is_about_the_same(clause, one)), None)
        if twin is not None:
            found.append(RuleChange("changed", clause.sentence(), twin.sentence()))
            removed.remove(clause)
            added.remove(twin)
    found += [RuleChange("added", "", clause.sentence()) for clause in added]
    found += [RuleChange("removed", clause.sentence(), "") for clause in removed]
    if before.key != after.key and {before.key, after.key} <= set(JOINS) and _is_joined(before) and _is_joined(after):
        found.append(RuleChange("grouped", JOINS[before.key], JOINS[after.key]))
    if not found and before != after:
        found.append(RuleChange("grouped", before.sentence(), after.sentence()))
    return found


def _clauses(node: Node) -> Iterator[Node]:
    """The clauses as people read them: what an `all` or an `any` joins; a negation is one clause."""
    if node.key not in JOINS:
        yield node
        return
    for child in node.children():
        yield from _clauses(child)


def _only(clauses: list[Node], surplus: Counter[str]) -> list[Node]:
    left = Counter({sentence: count for sentence, count in surplus.items() if count > 0})
    found = []
    for clause in clauses:
        if left[clause.sentence()]:
            left[clause.sentence()] -= 1
            found.append(clause)
    return found


def _is_joined(node: Node) -> bool:
    return len(node.children()) > 1


def _is_about_the_same(one: Node, other: Node) -> bool:
    """Of one kind and about the same events, traits or whatever else they name, in whatever time."""
    mine, theirs = (
        replace(each.mentions(), reach_us=0, properties=frozenset(), attributes=frozenset()) for each in (one, other)
    )
    return one.key == other.key and mine == theirs
