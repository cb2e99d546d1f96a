"""What every rule node is: frozen, self-validating, able to parse, evaluate, bound, compile, name and say itself.

A node class that lacks one of these functions cannot be instantiated, and a test names it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, Self

from sqlglot import exp

from segments.rules.explaining import Explanation
from segments.rules.facts import PersonFacts
from segments.rules.scope import Scope

MAX_DEPTH = 8
MAX_NODES = 100
MAX_WEIGHT = 100
HEAVY = 5
"""The weight of a clause that takes a table of its own: a plain one weighs 1, and twenty heavy ones take seconds."""
MAX_EXACT_HEIGHT = 4


class RuleError(ValueError):
    """A rule that cannot be used: `path` = JSON path of the bad node, `message` = what is wrong and what it takes."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the rule a piece of JSON stands, and how the nodes below it are read."""

    parse_node: Callable[[object, "Place"], "Node"]
    path: str = "$"
    depth: int = 1

    def at(self, key: str | int) -> "Place":
        """The place of a key or an index of this piece; no deeper in the tree of nodes."""
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        return Place(self.parse_node, self.path + step, self.depth)

    def child(self, raw: object, key: str | int) -> "Node":
        """Parse a node below this one."""
        below = self.at(key)
        return self.parse_node(raw, Place(self.parse_node, below.path, self.depth + 1))

    def refuse(self, message: str) -> NoReturn:
        """Raise RuleError for this place."""
        raise RuleError(self.path, message)

    def only(self, raw: Mapping[str, Any], allowed: Sequence[str]) -> None:
        """Refuse keys that mean nothing here: a misspelt bound must not be ignored."""
        unknown = sorted(set(raw) - set(allowed))
        if unknown:
            self.refuse(f"unknown key {unknown[0]!r}; this node takes {', '.join(allowed)}")


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a rule looks at: events (`ANY_EVENT` = all), `properties` of them as (event, property), traits, and more.

    `reach_us`: how far back from now its events can matter; None = for ever. `computed`: full names of computed values.
    `segments`, `lists`, `purposes`: slugs and codes. `orders`, `identifiers`, `catalog`: whether it looks at those at
    all; `attributes`: which attributes of products.
    """

    events: frozenset[str] = frozenset()
    properties: frozenset[tuple[str, str]] = frozenset()
    traits: frozenset[str] = frozenset()
    reach_us: int | None = 0
    computed: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    orders: bool = False
    identifiers: bool = False
    catalog: bool = False

    def __or__(self, other: "Mentions") -> "Mentions":
        reach = None if self.reach_us is None or other.reach_us is None else max(self.reach_us, other.reach_us)
        return Mentions(
            self.events | other.events,
            self.properties | other.properties,
            self.traits | other.traits,
            reach,
            self.computed | other.computed,
            self.segments | other.segments,
            self.lists | other.lists,
            self.purposes | other.purposes,
            self.attributes | other.attributes,
            self.orders or other.orders,
            self.identifiers or other.identifiers,
            self.catalog or other.catalog,
        )


class Node(ABC):
    """One clause of a rule. Instants are µs since the epoch; `now_us` is given, never asked for."""

    key: ClassVar[str]
    example: ClassVar[str]
    meaning: ClassVar[str]

    @classmethod
    @abstractmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        """The node that `raw` says; raises RuleError with the path to what is wrong."""

    @abstractmethod
    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        """The reference meaning: true or false, never unknown."""

    @abstractmethod
    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        """A lower bound (> now) on the first instant at which the answer can change with no new event; or NEVER."""

    @abstractmethod
    def compile(self, scope: Scope) -> exp.Expression:
        """SQL of the same meaning as `evaluate` over one profile's row: true or false, never NULL."""

    @abstractmethod
    def due(self, scope: Scope) -> exp.Expression | None:
        """SQL of a bound as `valid_until` gives it (int64 µs, or NEVER), or a looser (earlier) one; None = NEVER."""

    @abstractmethod
    def sentence(self) -> str:
        """The clause in human words, without a full stop."""

    @abstractmethod
    def mentions(self) -> Mentions:
        """The event and trait names it looks at."""

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """Why the answer is what it is, clause by clause."""
        below = tuple(child.explain(facts, now_us) for child in self.children())
        return Explanation(self.key, self.sentence(), self.evaluate(facts, now_us), below)

    def height(self) -> int:
        """Levels of nodes, itself included."""
        return 1 + max((child.height() for child in self.children()), default=0)

    def weight(self) -> int:
        """How dear it is to ask, without the nodes below: `HEAVY` where it walks histories or orders by itself."""
        return 1

    def needs_events(self) -> bool:
        """Whether it is false, and stays so, for everybody who has none of the events it mentions."""
        return False

    def children(self) -> Sequence["Node"]:
        """The nodes below it."""
        return ()
