"""The rule that comes nearest to a cluster: a shallow decision tree over features that rules can ask, as any of all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from audiences.discovery.clustering import SEED, Labels, Numbers
from audiences.discovery.features import Clause, Feature

DEEPEST = 3
SMALLEST_LEAF = 0.005
EASIER = 0.03
"""A shorter rule is taken while its F1 is less than this below the best one's."""
Path = tuple[tuple[int, bool, float], ...]
"""Steps from the root to a leaf: (feature, whether above the threshold, threshold)."""


@dataclass(frozen=True, slots=True)
class Approximation:
    """`rule` in the segment language; `f1` of the tree it was made of, over those it was made from."""

    rule: Clause
    f1: float


def approximate(
    features: tuple[Feature, ...], values: Numbers, is_in: np.ndarray[Any, np.dtype[np.bool_]]
) -> Approximation:
    """The rule nearest to those with `is_in`: the shallowest tree that is nearly as good as the best."""
    asked = [place for place, feature in enumerate(features) if feature.clause is not None]
    candidates = [_of_depth(asked, values, is_in, depth) for depth in range(1, DEEPEST + 1)]
    best = max(f1 for _, f1 in candidates)
    paths, f1 = next(one for one in candidates if one[1] >= best - EASIER)
    return Approximation(_rule(features, paths), f1)


def _of_depth(
    asked: list[int], values: Numbers, is_in: np.ndarray[Any, np.dtype[np.bool_]], depth: int
) -> tuple[list[Path], float]:
    least = max(2, int(SMALLEST_LEAF * len(values)))
    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=SEED)
    chosen = values[:, asked]
    tree.fit(chosen, is_in)
    leaves = np.asarray(tree.apply(chosen), dtype=np.int64)
    taken, f1 = _best_leaves(leaves, is_in)
    paths = [
        tuple((asked[place], above, edge) for place, above, edge in path)
        for leaf, path in _paths(tree.tree_)
        if leaf in taken
    ]
    return paths, f1


def _best_leaves(leaves: Labels, is_in: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[set[int], float]:
    """The leaves that are taken together for the best F1: the purest first, as long as it grows."""
    found = []
    for leaf in np.unique(leaves):
        mine = leaves == leaf
        found.append((int(is_in[mine].sum()), int(mine.sum()), int(leaf)))
    found.sort(key=lambda one: (-one[0] / one[1], -one[1], one[2]))
    wanted, hits, size = int(is_in.sum()), 0, 0
    best, best_count = -1.0, 1
    for count, (own, total, _) in enumerate(found, start=1):
        hits, size = hits + own, size + total
        f1 = 2 * hits / (size + wanted)
        if f1 > best + 1e-12:
            best, best_count = f1, count
    return {leaf for _, _, leaf in found[:best_count]}, best


def _paths(tree: Any, node: int = 0, steps: Path = ()) -> Iterator[tuple[int, Path]]:
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:
        yield node, steps
        return
    feature, edge = int(tree.feature[node]), float(tree.threshold[node])
    yield from _paths(tree, left, (*steps, (feature, False, edge)))
    yield from _paths(tree, right, (*steps, (feature, True, edge)))


def _rule(features: tuple[Feature, ...], paths: list[Path]) -> Clause:
    ways = [_all(features, path) for path in _joined(paths)]
    return ways[0] if len(ways) == 1 else {"any": ways}


def _joined(paths: list[Path]) -> list[Path]:
    """Two leaves of one parent are that parent: the tree asked one question too many."""
    found = list(paths)
    while True:
        parents = {path[:-1] for path in found if path}
        whole = next((one for one in parents if sum(path[:-1] == one and bool(path) for path in found) == 2), None)
        if whole is None:
            return found
        found = [path for path in found if not path or path[:-1] != whole] + [whole]


def _all(features: tuple[Feature, ...], path: Path) -> Clause:
    """The bounds of a path, the narrowest of each feature and side."""
    above: dict[int, float] = {}
    below: dict[int, float] = {}
    for place, is_above, edge in path:
        if is_above:
            above[place] = max(edge, above.get(place, edge))
        else:
            below[place] = min(edge, below.get(place, edge))
    clauses = [_clause(features[place], edge, above=True) for place, edge in above.items()]
    clauses += [_clause(features[place], edge, above=False) for place, edge in below.items()]
    return clauses[0] if len(clauses) == 1 else {"all": clauses}


def _clause(feature: Feature, edge: float, *, above: bool) -> Clause:
    if feature.clause is None:
        raise ValueError(f"{feature.column} is nothing a rule can ask")
    asked = feature.clause(edge)
    return asked if above == feature.is_upper else {"not": asked}
