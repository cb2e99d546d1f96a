"""Paths of categories: read from text as shops write them, and joined to one tree with counts. Pure."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

STEP = re.compile(r"\s*(?:>|›|»)\s*")
DEEPEST = 12
LONGEST_STEP = 200

Path = tuple[str, ...]


class PathCount(NamedTuple):
    """How many products stand at exactly this path, and how many of these may be bought."""

    path: Path
    products: int
    in_stock: int


class Category(NamedTuple):
    """A node of the tree. Counts are of products at it and below; `own` of those at it alone."""

    path: Path
    products: int
    in_stock: int
    own: int

    @property
    def name(self) -> str:
        """Its last step."""
        return self.path[-1]

    @property
    def depth(self) -> int:
        """0 for a root."""
        return len(self.path) - 1


def path_of(value: Any) -> list[str] | None:
    """The steps of "Home > Kitchen > Cups" or of a list of texts; None where it is neither, or too deep or long."""
    if isinstance(value, str):
        found = _path_in(value)
        return None if found is None else list(found)
    return _steps(value) if isinstance(value, list) else None


@lru_cache(maxsize=4096)  # many products stand at one place
def _path_in(text: str) -> list[str] | None:
    return _steps(STEP.split(html.unescape(html.unescape(text)) if "&" in text else text))


def _steps(steps: list[Any]) -> list[str] | None:
    if not all(isinstance(step, str) and len(step) <= LONGEST_STEP for step in steps):
        return None
    found = [step.strip() for step in steps if step.strip()]
    return found if len(found) <= DEEPEST else None


class Tree:
    """The categories of a shop, roots first, children by name. Made once from counts, then only read."""

    def __init__(self, counts: Iterable[PathCount]) -> None:
        sums: dict[Path, list[int]] = {}
        for path, products, in_stock in counts:
            for depth in range(1, len(path) + 1):
                held = sums.setdefault(path[:depth], [0, 0, 0])
                held[0] += products
                held[1] += in_stock
                held[2] += products if depth == len(path) else 0
        self.nodes: Mapping[Path, Category] = {path: Category(path, *sums[path]) for path in sums}
        below: dict[Path, list[Path]] = {}
        for path in self.nodes:
            below.setdefault(path[:-1], []).append(path)
        self._below = {path: sorted(found, key=lambda one: one[-1].casefold()) for path, found in below.items()}

    def children(self, path: Path = ()) -> list[Category]:
        """The categories right below; the roots for the empty path."""
        return [self.nodes[one] for one in self._below.get(path, ())]

    def ancestors(self, path: Path) -> list[Category]:
        """From the root down to the parent; those the tree knows."""
        return [self.nodes[path[:depth]] for depth in range(1, len(path)) if path[:depth] in self.nodes]

    def walk(self, path: Path = ()) -> Iterator[Category]:
        """Everything below, each category before its children."""
        for one in self.children(path):
            yield one
            yield from self.walk(one.path)

    def named(self, name: str) -> list[Category]:
        """Every category of that name, at whatever place."""
        return [one for one in self.nodes.values() if one.name == name]

    def names(self) -> list[str]:
        """Each name once, those with the most products first."""
        sums: dict[str, int] = {}
        for one in self.nodes.values():
            sums[one.name] = sums.get(one.name, 0) + one.products
        return sorted(sums, key=lambda name: (-sums[name], name.casefold()))
