"""Which identifiers are one person: the components of the link graph under merge protection.

Pure. The result is a function of the identifiers, links, rules and separations given, not of the order they came in:
links are tried once each in canonical order (earliest event time, then the two identifiers, stronger kinds first), and
one that would break a limit or a separation is refused. Strength decides within one event: its user id is joined with
its e-mail before the e-mail could follow a phone number that a family shares into somebody else's profile.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from typing import NamedTuple

from profiles.contracts import IdentifierKey
from profiles.identifiers import ANONYMOUS_ID, EMAIL, NOBODY, PHONE, USER_ID, is_device

ADDRESS_KINDS = (EMAIL, PHONE)
"""By which a person is written to: a second one joins a person only through a link with their user id."""
OTHER, DEVICE = "other", "device"
"""Stand in a priority for the kinds that have no place of their own."""
DEFAULT_PRIORITY: tuple[str, ...] = (USER_ID, EMAIL, PHONE, OTHER, DEVICE, ANONYMOUS_ID)


@dataclass(frozen=True)
class KindRule:
    """What holds for one kind only; None: as for all. `limit_alone`: of a person without a user id."""

    kind: str
    limit: int | None = None
    limit_alone: int | None = None
    shared_after: int | None = None


@dataclass(frozen=True)
class BlockedValue:
    """A value that names nobody, in any case; `*` stands for any characters. `kind` "" is every kind."""

    value: str
    kind: str = ""


@dataclass(frozen=True)
class IdentityRules:
    """How many identifiers of a kind one person may have, when an identifier belongs to nobody, which kind is stronger.

    `number` is the version they are stored under, 0 for those the product ships with.
    """

    number: int = 0
    shared_after: int = 5
    user_ids: int = 1
    emails: int = 5
    emails_without_user_id: int = 1
    anonymous_ids: int = 100
    device_ids: int = 100
    others: int = 5
    kinds: tuple[KindRule, ...] = ()
    priority: tuple[str, ...] = DEFAULT_PRIORITY
    blocked: tuple[BlockedValue, ...] = ()

    def limit(self, kind: str, *, has_user_id: bool) -> int:
        """How many identifiers of `kind` one component may hold."""
        own = self._own.get(kind)
        if own is not None:
            found = own.limit if has_user_id or own.limit_alone is None else own.limit_alone
            if found is not None:
                return found
        if kind == USER_ID:
            return self.user_ids
        if kind == EMAIL:
            return self.emails if has_user_id else self.emails_without_user_id
        if kind == ANONYMOUS_ID:
            return self.anonymous_ids
        return self.device_ids if is_device(kind) else self.others

    def is_shared(self, degree: int, kind: str = "", value: str = "") -> bool:
        """Whether an identifier seen with `degree` distinct person keys is nobody's, or its value is blocked."""
        if kind == NOBODY:
            return True
        own = self._own.get(kind)
        most = own.shared_after if own is not None and own.shared_after is not None else self.shared_after
        return degree > most or (bool(self.blocked) and self.is_blocked(kind, value))

    def is_blocked(self, kind: str, value: str) -> bool:
        """Whether these rules say that the value names nobody (those the product always blocks never come so far)."""
        folded = value.strip().casefold()
        exact, patterns = self._blocked
        return (
            ("", folded) in exact
            or (kind, folded) in exact
            or any(of in ("", kind) and pattern.match(folded) for of, pattern in patterns)
        )

    def rank(self, kind: str) -> int:
        """Strength of a kind, 0 strongest."""
        found = self._places.get(kind)
        if found is not None:
            return found
        return self._places[DEVICE if is_device(kind) else OTHER]

    @cached_property
    def is_plain(self) -> bool:
        """Whether an event's identifiers need no second look: nothing is blocked and the order is the usual one."""
        return not self.blocked and self.priority == DEFAULT_PRIORITY

    def applied(self, keys: tuple[IdentifierKey, ...]) -> tuple[IdentifierKey, ...]:
        """An event's identifiers without the blocked ones, strongest first by these rules."""
        if self.is_plain:
            return keys
        kept = [key for key in keys if not self.is_blocked(*key)]
        return tuple(sorted(kept, key=lambda key: (self.rank(key.kind), key.kind)))

    @cached_property
    def _own(self) -> dict[str, KindRule]:
        return {rule.kind: rule for rule in self.kinds}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {kind: place for place, kind in enumerate(self.priority)}

    @cached_property
    def _blocked(self) -> tuple[frozenset[tuple[str, str]], tuple[tuple[str, re.Pattern[str]], ...]]:
        folded = [(one.kind, one.value.strip().casefold()) for one in self.blocked]
        exact = frozenset(pair for pair in folded if "*" not in pair[1])
        patterns = tuple((kind, re.compile(_pattern(value))) for kind, value in folded if "*" in value)
        return exact, patterns


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


class Side(NamedTuple):
    """An identifier's place in a separation (“never link”): nobody on side 1 is ever joined with anybody on side 2."""

    separation: int
    side: int


Sides = Mapping[int, Sequence[Side]]
"""{identifier id: its places in separations}."""


@dataclass(frozen=True, slots=True)
class Component:
    """One person's identifiers: `first` is the canonically first of them, whose minted id is the profile's id."""

    first: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that joined nobody, and why: `shared`, `limit:<kind>`, `undeclared:<kind>` or `separated`."""

    edge: Edge
    why: str


def partition(
    nodes: Iterable[Node],
    edges: Iterable[Edge],
    rules: IdentityRules = DEFAULT_RULES,
    sides: Sides | None = None,
    *,
    refusals: list[Refusal] | None = None,
) -> list[Component]:
    """The components of whole neighborhoods, sorted by `first`; every node is in exactly one, a shared one alone.

    `refusals`, when given, receives every link that joins nobody (those inside a component are not among them).
    """
    known = {node.id: node for node in nodes}
    whole = list(edges)
    forest = _Forest(known, whole, rules, sides or {})
    refused: list[Refusal] = []
    for edge in _in_canonical_order(known, whole, rules):
        why = forest.join(edge)
        if why and refusals is not None:
            refused.append(Refusal(edge, why))
    if refusals is not None:
        refusals += [one for one in refused if not forest.are_one(one.edge)]
        refusals += [Refusal(e, "shared") for e in whole if known[e.a].is_shared or known[e.b].is_shared]
    found = (_component(known, ids, rules) for ids in forest.members())
    return sorted(found, key=lambda component: component.first)


def canonical_place(node: Node, rules: IdentityRules = DEFAULT_RULES) -> tuple[int, int, str, str]:
    """Sort key: the component's first identifier is the earliest, then the strongest kind, then by kind and value."""
    return node.first_seen_us, rules.rank(node.kind), node.kind, node.value


def _in_canonical_order(known: Mapping[int, Node], edges: Iterable[Edge], rules: IdentityRules) -> list[Edge]:
    def place(edge: Edge) -> tuple[int, tuple[int, str, str], tuple[int, str, str]]:
        a, b = known[edge.a], known[edge.b]
        left, right = (rules.rank(a.kind), a.kind, a.value), (rules.rank(b.kind), b.kind, b.value)
        return (edge.first_seen_us, left, right) if left <= right else (edge.first_seen_us, right, left)

    return sorted((e for e in edges if not (known[e.a].is_shared or known[e.b].is_shared)), key=place)


def _component(known: Mapping[int, Node], ids: Sequence[int], rules: IdentityRules) -> Component:
    first = min((known[i] for i in ids), key=lambda node: canonical_place(node, rules))
    return Component(first.id, tuple(sorted(ids)))


def _pattern(value: str) -> str:
    """`*` alone is special: what fnmatch knows beside it is taken as it stands."""
    return translate(re.sub(r"[\[?]", lambda match: f"[{match[0]}]", value))


class _Forest:
    """Union-find whose roots count their identifiers by kind, name their addresses and know their separations."""

    def __init__(self, known: Mapping[int, Node], edges: Iterable[Edge], rules: IdentityRules, sides: Sides) -> None:
        self._rules = rules
        self._parent = {i: i for i in known}
        self._kinds = {i: {node.kind: 1} for i, node in known.items()}
        self._user_ids = {i: [i] for i, node in known.items() if node.kind == USER_ID}
        self._addresses = {i: [i] for i, node in known.items() if node.kind in ADDRESS_KINDS}
        self._known = known
        self._declared = {pair for edge in edges for pair in ((edge.a, edge.b), (edge.b, edge.a))
                          if known[pair[0]].kind == USER_ID and known[pair[1]].kind in ADDRESS_KINDS}  # fmt: skip
        self._sides = {i: set(places) for i, places in sides.items() if i in known}

    def join(self, edge: Edge) -> str:
        """Unite the two components; "" when they are one now, else why the link was refused."""
        a, b = self._root(edge.a), self._root(edge.b)
        if a == b:
            return ""
        merged = dict(self._kinds[a])
        for kind, count in self._kinds[b].items():
            merged[kind] = merged.get(kind, 0) + count
        why = self._objection(a, b, edge, merged)
        if not why:
            self._unite(a, b, merged)
        return why

    def are_one(self, edge: Edge) -> bool:
        """Whether both ends are in one component now."""
        return self._root(edge.a) == self._root(edge.b)

    def members(self) -> Iterable[list[int]]:
        """The components as lists of ids."""
        found: dict[int, list[int]] = {}
        for i in self._parent:
            found.setdefault(self._root(i), []).append(i)
        return found.values()

    def _objection(self, a: int, b: int, edge: Edge, merged: Mapping[str, int]) -> str:
        has_user_id = USER_ID in merged
        for kind, count in merged.items():
            if count > self._rules.limit(kind, has_user_id=has_user_id):
                return f"limit:{kind}"
        if has_user_id:
            for kind in ADDRESS_KINDS:
                if merged.get(kind, 0) > 1 and not self._are_declared(kind, a, b, edge):
                    return f"undeclared:{kind}"
        return "separated" if self._are_separated(a, b) else ""

    def _are_declared(self, kind: str, a: int, b: int, edge: Edge) -> bool:
        """Whether further addresses come by a link with a user id, now or each at some time."""
        if (edge.a, edge.b) in self._declared or (edge.b, edge.a) in self._declared:
            return True
        users = [*self._user_ids.get(a, ()), *self._user_ids.get(b, ())]
        addresses = (*self._addresses.get(a, ()), *self._addresses.get(b, ()))
        return all(
            any((user, one) in self._declared for user in users) for one in addresses if self._known[one].kind == kind
        )

    def _are_separated(self, a: int, b: int) -> bool:
        left, right = self._sides.get(a), self._sides.get(b)
        return bool(left and right) and any(Side(one, 3 - side) in right for one, side in left)  # type: ignore[operator, union-attr]

    def _unite(self, a: int, b: int, merged: dict[str, int]) -> None:
        self._parent[b] = a
        self._kinds[a] = merged
        for held in (self._user_ids, self._addresses):
            if b in held:
                held[a] = [*held.get(a, ()), *held.pop(b)]
        if b in self._sides:
            self._sides[a] = self._sides.get(a, set()) | self._sides.pop(b)

    def _root(self, i: int) -> int:
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i
