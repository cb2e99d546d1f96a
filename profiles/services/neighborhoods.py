"""The walk over raw neighborhoods: from touched identifiers along all links, set at a time, stopping at shared ones.

A kiosk therefore never forms a storm, and a neighborhood past MAX_WALK identifiers is left as it is, with an alarm.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from profiles.identity import Edge
from profiles.services import rows
from profiles.services.rows import IdentifierRow

MAX_WALK = 20_000
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Neighborhood:
    """Whole raw neighborhoods: unshared identifiers by id, and every link between two of them."""

    identifiers: dict[int, IdentifierRow] = field(default_factory=dict)
    edges: dict[tuple[int, int], Edge] = field(default_factory=dict)
    rounds: int = 0


def walk(seeds: Iterable[int], known: Mapping[int, IdentifierRow], *, limit: int | None = None) -> Neighborhood:
    """The neighborhoods of the unshared identifiers among `seeds`.

    `known` holds rows that are newer than the database's (or not yet in it); links must be written already.
    Identifiers of neighborhoods larger than `limit` (MAX_WALK) are left out, with an error logged once for each.
    """
    limit = MAX_WALK if limit is None else limit
    found = Neighborhood()
    pending = [sorted(set(seeds))]
    given_up: set[int] = set()
    while pending:
        group = [seed for seed in pending.pop() if seed not in given_up and seed not in found.identifiers]
        part, whole = _walk_group(group, known, limit=max(limit, 4 * len(group)) if len(group) > 1 else limit)
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
        found.rounds += part.rounds
    return found


def _walk_group(seeds: Iterable[int], known: Mapping[int, IdentifierRow], *, limit: int) -> tuple[Neighborhood, bool]:
    """(what was walked, whether it is whole)."""
    part = Neighborhood()
    part.identifiers = _unshared(seeds, known)
    frontier = list(part.identifiers)
    visited = set(frontier)
    while frontier:
        part.rounds += 1
        edges = rows.edges_of(frontier)
        part.edges.update(((edge.a, edge.b), edge) for edge in edges)
        far = {end for edge in edges for end in edge[:2]} - visited
        visited |= far
        fresh = _unshared(far, known)
        part.identifiers.update(fresh)
        if len(part.identifiers) > limit:
            return part, False
        frontier = list(fresh)
    part.edges = {
        pair: edge for pair, edge in part.edges.items() if pair[0] in part.identifiers and pair[1] in part.identifiers
    }
    return part, True


def _unshared(ids: Iterable[int], known: Mapping[int, IdentifierRow]) -> dict[int, IdentifierRow]:
    wanted = set(ids)
    found = {i: known[i] for i in wanted & known.keys() if not known[i].is_shared}
    missing = wanted - known.keys()
    if missing:
        found |= {row.id: row for row in rows.load(missing) if not row.is_shared}
    return found
