"""The walk over raw neighborhoods: from touched identifiers along all links, stopping at shared ones.

A kiosk therefore never forms a storm, a chain costs ten statements however long it is, and in a neighborhood past
MAX_WALK identifiers everybody stays who they are, with an alarm.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from profiles.identity import Edge
from profiles.services import rows
from profiles.services.rows import IdentifierRow

MAX_WALK = 20_000
STEPS = (
    3  # hops walked set at a time before the rest is left to one recursive statement, which costs more an identifier
)
GROWTH = 4
"""Identifiers expected in a group's neighborhoods, for each of its seeds."""
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Neighborhood:
    """Whole raw neighborhoods: unshared identifiers by id, and every link between two of them."""

    identifiers: dict[int, IdentifierRow] = field(default_factory=dict)
    edges: dict[tuple[int, int], Edge] = field(default_factory=dict)


def walk(seeds: Iterable[int], known: Mapping[int, IdentifierRow], *, limit: int | None = None) -> Neighborhood:
    """The neighborhoods of the unshared identifiers among `seeds`.

    `known` holds rows that are newer than the database's (or not yet in it); links must be written already.
    Identifiers of neighborhoods larger than `limit` (MAX_WALK) are left out, with an error logged once for each.
    """
    limit = MAX_WALK if limit is None else limit
    found = Neighborhood()
    first = sorted(set(seeds))
    most = max(1, limit // GROWTH)  # of a larger group a neighborhood past the limit might pass for whole
    pending = [first[start : start + most] for start in range(0, len(first), most)] or [[]]
    given_up: set[int] = set()
    while pending:
        group = [seed for seed in pending.pop() if seed not in given_up and seed not in found.identifiers]
        part, whole = _walk_group(group, known, limit=max(limit, GROWTH * len(group)) if len(group) > 1 else limit)
        if whole:
            found.identifiers.update(part.identifiers)
            found.edges.update(part.edges)
        elif len(group) > 1:
            pending += [group[: len(group) // 2], group[len(group) // 2 :]]
        else:
            given_up.update(part.identifiers)
            logger.error(
                "identity: the neighborhood of identifier %s has more than %s identifiers and is left as it is",
                group[0],
                limit,
            )
    return found


def _walk_group(seeds: Iterable[int], known: Mapping[int, IdentifierRow], *, limit: int) -> tuple[Neighborhood, bool]:
    """(what was walked, whether it is whole): nearly all neighborhoods end within the first steps."""
    part = Neighborhood(_unshared(seeds, known))
    frontier = list(part.identifiers)
    for _ in range(STEPS):
        frontier = _step(part, frontier, known)
        if not frontier or len(part.identifiers) > limit:
            break
    else:
        _leap(part, frontier, known, limit=limit)
    if len(part.identifiers) > limit:
        return part, False
    part.edges = {
        pair: edge for pair, edge in part.edges.items() if pair[0] in part.identifiers and pair[1] in part.identifiers
    }
    return part, True


def _step(part: Neighborhood, frontier: list[int], known: Mapping[int, IdentifierRow]) -> list[int]:
    """One hop from all of `frontier` at once; answers where that led."""
    edges = rows.edges_of(frontier)
    part.edges.update(((edge.a, edge.b), edge) for edge in edges)
    fresh = _unshared({end for edge in edges for end in edge[:2]} - part.identifiers.keys(), known)
    part.identifiers.update(fresh)
    return list(fresh)


def _leap(part: Neighborhood, frontier: list[int], known: Mapping[int, IdentifierRow], *, limit: int) -> None:
    """All further hops, in one statement."""
    shared = [i for i, row in known.items() if row.is_shared]
    beyond = set(rows.reach(frontier, shared=shared, limit=limit + 1)) - part.identifiers.keys()
    part.identifiers.update(_unshared(beyond, known))
    if len(part.identifiers) <= limit:
        part.edges.update(((edge.a, edge.b), edge) for edge in rows.edges_of([*frontier, *beyond]))


def _unshared(ids: Iterable[int], known: Mapping[int, IdentifierRow]) -> dict[int, IdentifierRow]:
    wanted = set(ids)
    found = {i: known[i] for i in wanted & known.keys() if not known[i].is_shared}
    missing = wanted - known.keys()
    if missing:
        found |= {row.id: row for row in rows.load(missing) if not row.is_shared}
    return found
