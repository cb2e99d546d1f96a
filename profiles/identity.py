"""Which identifiers are one person: the components of the link graph under merge protection.

Pure. The result is a function of the identifiers and links given, not of the order they came in: links are tried once
each in canonical order (earliest event time, then the two identifiers, stronger kinds first), and one that would break
a limit is refused. Strength decides within one event: its user id is joined with its e-mail before the e-mail could
follow a phone number that a family shares into somebody else's profile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from profiles.identifiers import ANONYMOUS_ID, EMAIL, USER_ID, is_device, rank


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """How many identifiers of a kind one person may have, and when an identifier belongs to nobody."""

    shared_after: int = 5
    user_ids: int = 1
    emails: int = 5
    emails_without_user_id: int = 1
    anonymous_ids: int = 100
    device_ids: int = 100
    others: int = 5

    def limit(self, kind: str, *, has_user_id: bool) -> int:
        """How many identifiers of `kind` one component may hold."""
        if kind == USER_ID:
            return self.user_ids
        if kind == EMAIL:
            return self.emails if has_user_id else self.emails_without_user_id
        if kind == ANONYMOUS_ID:
            return self.anonymous_ids
        return self.device_ids if is_device(kind) else self.others

    def is_shared(self, degree: int) -> bool:
        """Whether an identifier seen with `degree` distinct person keys is nobody's."""
        return degree > self.shared_after


DEFAULT_RULES = IdentityRules()


class Node(NamedTuple):
    """An identifier; `first_seen_us` is its earliest event time."""

    id: int
    kind: str
    value: str
    first_seen_us: int
    is_shared: bool


class Edge(NamedTuple):
    """Two identifiers (by id) seen together, first at `first_seen_us`."""

    a: int
    b: int
    first_seen_us: int


@dataclass(frozen=True, slots=True)
class Component:
    """One person's identifiers: `first` is the canonically first of them, whose minted id is the profile's id."""

    first: int
    members: tuple[int, ...]


def partition(nodes: Iterable[Node], edges: Iterable[Edge], rules: IdentityRules = DEFAULT_RULES) -> list[Component]:
    """The components of whole neighborhoods, sorted by `first`; every node is in exactly one, a shared one alone."""
    known = {node.id: node for node in nodes}
    forest = _Forest(known, rules)
    for edge in _in_canonical_order(known, edges):
        forest.join(edge.a, edge.b)
    return sorted((_component(known, ids) for ids in forest.members()), key=lambda component: component.first)


def canonical_place(node: Node) -> tuple[int, int, str, str]:
    """Sort key: the component's first identifier is the earliest, then the strongest kind, then by kind and value."""
    return node.first_seen_us, rank(node.kind), node.kind, node.value


def _in_canonical_order(known: Mapping[int, Node], edges: Iterable[Edge]) -> list[Edge]:
    def place(edge: Edge) -> tuple[int, tuple[int, str, str], tuple[int, str, str]]:
        a, b = known[edge.a], known[edge.b]
        left, right = (rank(a.kind), a.kind, a.value), (rank(b.kind), b.kind, b.value)
        return (edge.first_seen_us, left, right) if left <= right else (edge.first_seen_us, right, left)

    return sorted((e for e in edges if not (known[e.a].is_shared or known[e.b].is_shared)), key=place)


def _component(known: Mapping[int, Node], ids: Sequence[int]) -> Component:
    first = min((known[i] for i in ids), key=canonical_place)
    return Component(first.id, tuple(sorted(ids)))


class _Forest:
    """Union-find whose roots count their identifiers by kind."""

    def __init__(self, known: Mapping[int, Node], rules: IdentityRules) -> None:
        self._rules = rules
        self._parent = {i: i for i in known}
        self._kinds = {i: {node.kind: 1} for i, node in known.items()}

    def join(self, a: int, b: int) -> None:
        """Unite the two components unless the result would break a limit."""
        a, b = self._root(a), self._root(b)
        if a == b:
            return
        merged = dict(self._kinds[a])
        for kind, count in self._kinds[b].items():
            merged[kind] = merged.get(kind, 0) + count
        has_user_id = USER_ID in merged
        if any(count > self._rules.limit(kind, has_user_id=has_user_id) for kind, count in merged.items()):
            return
        self._parent[b] = a
        self._kinds[a] = merged

    def members(self) -> Iterable[list[int]]:
        """The components as lists of ids."""
        found: dict[int, list[int]] = {}
        for i in self._parent:
            found.setdefault(self._root(i), []).append(i)
        return found.values()

    def _root(self, i: int) -> int:
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i
