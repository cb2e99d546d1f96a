"""The walk over raw neighborhoods: from touched identifiers along all links, stopping at shared ones.

A kiosk therefore never forms a storm, a chain costs ten statements however long it is, and in a neighborhood past
MAX_WALK identifiers everybody stays who they are, with an alarm: a batch that touches one costs two large walks.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cdp.alarms.services import raise_alarm
from profiles.identity import Edge
from profiles.services import rows
from profiles.services.rows import IdentifierRow

MAX_WALK = 20_000
STEPS = (
    3  # hops walked set at a time before the rest is left to one recursive statement, which costs more an identifier
)
GROWTH = 4
"""Identifiers expected in a group's neighborhoods, for each of its seeds."""
OVERSIZED = "identity.oversized"
"""The alarm's code."""
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
        part, reached = _walk_group(group, known, limit=max(limit, GROWTH * len(group)) if len(group) > 1 else limit)
        if reached is None:
            found.identifiers.update(part.identifiers)
            found.edges.update(part.edges)
        elif len(group) > 1:  # one alone first: if it is the large one's, so are many of the others
            half = len(group) // 2
            pending += [part for part in (group[half + 1 :], group[:half], group[half : half + 1]) if part]
        else:
            given_up |= reached
            _tell(group[0], limit)
    return found


def _tell(identifier_id: int, limit: int) -> None:
    """One alarm for all such neighborhoods: they have no name, and every new identifier of one finds it again."""
    logger.error(
        "identity: the neighborhood of identifier %s has more than %s identifiers and is left as it is",
        identifier_id,
        limit,
    )
    raise_alarm(
        OVERSIZED,
        "",
        f"More than {limit:,} identifiers hang together by links. Their people stay as they are and events keep coming"
        " in, but nobody among them is joined or split any more. Look which identifier holds them together, and block"
        " its value in the identity rules.",
        level="error",
        link=f"/admin/profiles/identifier/{identifier_id}/change/",
    )


def _walk_group(
    seeds: Iterable[int], known: Mapping[int, IdentifierRow], *, limit: int
) -> tuple[Neighborhood, set[int] | None]:
    """(whole neighborhoods, None), or (…, whom the walk had met when it gave up). Nearly all end within a few steps."""
    part = Neighborhood(_unshared(seeds, known))
    frontier = list(part.identifiers)
    for _ in range(STEPS):
        frontier = _step(part, frontier, known)
        if not frontier or len(part.identifiers) > limit:
            break
    else:
        beyond = _leap(part, frontier, known, limit=limit)
        if len(part.identifiers) + len(beyond) > limit:
            return part, part.identifiers.keys() | beyond
        part.identifiers.update(_unshared(beyond, known))
        part.edges.update(((edge.a, edge.b), edge) for edge in rows.edges_of([*frontier, *beyond]))
    if len(part.identifiers) > limit:
        return part, set(part.identifiers)
    part.edges = {
        pair: edge for pair, edge in part.edges.items() if pair[0] in part.identifiers and pair[1] in part.identifiers
    }
    return part, None


def _step(part: Neighborhood, frontier: list[int], known: Mapping[int, IdentifierRow]) -> list[int]:
    """One hop from all of `frontier` at once; answers where that led."""
    edges = rows.edges_of(frontier)
    part.edges.update(((edge.a, edge.b), edge) for edge in edges)
    fresh = _unshared({end for edge in edges for end in edge[:2]} - part.identifiers.keys(), known)
    part.identifiers.update(fresh)
    return list(fresh)


def _leap(part: Neighborhood, frontier: list[int], known: Mapping[int, IdentifierRow], *, limit: int) -> set[int]:
    """Whom all further hops reach, in one statement: unshared ones, by id."""
    shared = [i for i, row in known.items() if row.is_shared]
    return set(rows.reach(frontier, shared=shared, limit=limit + 1)) - part.identifiers.keys()


def _unshared(ids: Iterable[int], known: Mapping[int, IdentifierRow]) -> dict[int, IdentifierRow]:
    wanted = set(ids)
    found = {i: known[i] for i in wanted & known.keys() if not known[i].is_shared}
    missing = wanted - known.keys()
    if missing:
        found |= {row.id: row for row in rows.load(missing) if not row.is_shared}
    return found
