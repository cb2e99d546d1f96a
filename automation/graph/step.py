"""What every step is: frozen, with an id that stays across edits, able to read and say itself. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from automation.graph.place import Place
from segments.rules import Node

Sequences = Callable[[object, Place], "tuple[Step, ...]"]
"""Reads a sequence of steps below a fork."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A way out of a fork. `key`: what `Passing.outcome` says of it and `Graph.next_of` takes; `rule` of a branch,
    `share` of a split.
    """

    key: str
    label: str
    steps: "tuple[Step, ...]"
    rule: Node | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One step. `path`: where it stands in the JSON."""

    do: ClassVar[str]
    takes: ClassVar[Sequence[str]]
    id: str
    path: str

    @classmethod
    @abstractmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        """The step that `raw` says; raises GraphError."""

    @abstractmethod
    def sentence(self) -> str:
        """In words, without a full stop."""

    def arms(self) -> tuple[Arm, ...]:
        """Its ways out, for forks; after each the flow goes on behind the fork."""
        return ()
