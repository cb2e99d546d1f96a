"""How often a schema may look at one value: a small one that branches into itself would keep a worker for days. Pure.

Counted is the worst that nesting as deep as the wire takes it can do, along one way down through an event.
"""

from collections.abc import Iterator
from typing import Any

DEEPEST = 64  # levels an event may be nested
ENOUGH = 10**12
_SAME = ("allOf", "anyOf", "oneOf")
_SAME_ONE = ("not", "if", "then", "else", "$ref", "$dynamicRef", "dependentSchemas")
_EITHER = ("additionalProperties", "unevaluatedProperties", "items", "unevaluatedItems")
_ALSO = ("contains", "propertyNames")


def looks(schema: Any) -> int:
    """How many parts of the schema are applied to one value and to what stands in it, at most; ENOUGH is many."""
    below: dict[int, int] = {}
    for _ in range(DEEPEST):
        level = _Level(schema, below)
        level.count(schema)
        for node in level.pending():
            level.count(node)
        if level.counts == below:
            break
        below = level.counts
    return below.get(id(schema), 0)


class _Level:
    """The counts at one depth, by node; `below` are those of one level deeper in the event."""

    def __init__(self, root: Any, below: dict[int, int]) -> None:
        self.root, self.below = root, below
        self.counts: dict[int, int] = {}
        self._inner: list[Any] = []
        self._open: set[int] = set()

    def pending(self) -> Iterator[Any]:
        """Schemas of what stands inside, for the next level."""
        while self._inner:
            node = self._inner.pop()
            if id(node) not in self.counts:
                yield node

    def count(self, node: Any) -> int:
        """Looks at one value from here. A circle that goes no deeper ends at once."""
        if not isinstance(node, dict) or id(node) in self._open:
            return 0
        if (known := self.counts.get(id(node))) is not None:
            return known
        self._open.add(id(node))
        found = 1 + sum(self.count(one) for one in _same(node, self.root)) + self._inside(node)
        self._open.discard(id(node))
        self.counts[id(node)] = min(found, ENOUGH)
        return self.counts[id(node)]

    def _inside(self, node: dict[str, Any]) -> int:
        either = [*_values(node.get("properties")), *_listed(node.get("prefixItems")), *(node.get(k) for k in _EITHER)]
        also = [*_values(node.get("patternProperties")), *(node.get(k) for k in _ALSO)]
        self._inner += [one for one in (*either, *also) if isinstance(one, dict)]
        deepest = max((self.below.get(id(one), 0) for one in either), default=0)
        return deepest + sum(self.below.get(id(one), 0) for one in also)


def _same(node: dict[str, Any], root: Any) -> Iterator[Any]:
    for key in _SAME:
        yield from _listed(node.get(key))
    for key in _SAME_ONE:
        found = node.get(key)
        if key == "dependentSchemas":
            yield from _values(found)
        else:
            yield target(root, found) if isinstance(found, str) else found


def target(root: Any, reference: str) -> Any:
    """What a reference within the schema means; None for what cannot be found."""
    if reference.startswith("#/"):
        for part in reference[2:].split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(root, list):
                root = root[int(part)] if part.isascii() and part.isdigit() and int(part) < len(root) else None
            else:
                root = root.get(part) if isinstance(root, dict) else None
        return root
    return root if reference == "#" else _named(root, reference.removeprefix("#"))


def _named(node: Any, name: str) -> Any:
    if isinstance(node, dict):
        if name in (node.get("$anchor"), node.get("$dynamicAnchor"), node.get("$id")):
            return node
        node = list(node.values())
    if isinstance(node, list):
        return next((found for one in node if (found := _named(one, name)) is not None), None)
    return None


def _values(found: Any) -> list[Any]:
    return list(found.values()) if isinstance(found, dict) else []


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []
