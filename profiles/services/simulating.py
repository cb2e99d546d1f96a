"""Changed identity rules in shadow: who would be whom, computed for everybody from what is stored; nothing is written.

Most neighborhoods are settled at once and for all of them together: where even the whole of it breaks no rule, it is
one person. Only the others are partitioned, some thousand identifiers at a time, by the very function that activation
uses; so the answer is the one activation gives, for what was stored when the simulation read it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from profiles.identity import ADDRESS_KINDS, BlockedValue, Edge, IdentityRules, Node, Refusal, Side, partition
from profiles.services import columns, neighborhoods, rows
from profiles.services.columns import Columns, Flags, Ints

AT_ONCE = 10_000
"""Identifiers partitioned between two signs of life."""
MOST_EXAMPLES = 200
Heard = Callable[[int, str], None]
"""f(identifiers done, what is being done); may raise to end it."""
ALL_SIDES = """SELECT x.identifier_id, x.separation_id, x.side FROM profiles_separatedidentifier x
JOIN profiles_separation s ON s.id = x.separation_id AND s.lifted_at IS NULL"""


@dataclass(slots=True)
class Outcome:
    """By place in `world`: `after` is the same number for one person under the new rules.

    `refusals`: links that join now and would not, the first MOST_EXAMPLES; `refused`: {why: links that join nobody}.
    `oversized`: {a place in a neighborhood past the limit, which stays as it is: how large that is}. `hits`: {blocked
    value: identifiers it names}.
    """

    world: Columns
    rules: IdentityRules
    is_shared: Flags
    after: Ints
    refused: dict[str, int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    oversized: dict[int, int] = field(default_factory=dict)
    hits: dict[BlockedValue, int] = field(default_factory=dict)


def simulate(rules: IdentityRules, heard: Heard = lambda done, note: None) -> Outcome:
    """What activating these rules would make of everybody stored."""
    world = columns.read()
    heard(0, "reading what is blocked")
    is_blocked, hits = _blocked(world, rules, heard)
    found = Outcome(world, rules, _over(world, rules) | is_blocked, np.arange(len(world.ids)), hits=hits)
    heard(0, "walking the links")
    is_open = ~(found.is_shared[world.a] | found.is_shared[world.b])
    label = _neighborhoods(len(world.ids), world.a[is_open], world.b[is_open])
    _count_shared(found, is_open)
    size = np.bincount(label, minlength=1)
    found.after = label + len(world.ids)  # settled: the whole neighborhood is one person
    _leave_oversized(found, label, size)
    doubtful = _doubtful(found, label, size)
    total = int(doubtful.sum())
    done = len(world.ids) - int(np.count_nonzero(doubtful[label]))
    heard(done, f"judging {total:,} groups of linked identifiers")
    _partition_doubtful(found, label, doubtful, is_open, done, heard)
    return found


def _over(world: Columns, rules: IdentityRules) -> Flags:
    """Those seen with more people than their kind may be."""
    most = np.array([_most(rules, kind) for kind in world.kinds], dtype=np.int64)
    return np.asarray(world.degree > most[world.kind], dtype=np.bool_)


def _most(rules: IdentityRules, kind: str) -> int:
    own = next((rule.shared_after for rule in rules.kinds if rule.kind == kind), None)
    return rules.shared_after if own is None else own


def _blocked(world: Columns, rules: IdentityRules, heard: Heard) -> tuple[Flags, dict[BlockedValue, int]]:
    """Who the rules say names nobody: values are read in a stream, of the kinds concerned only."""
    flags = np.zeros(len(world.ids), dtype=np.bool_)
    hits = dict.fromkeys(rules.blocked, 0)
    if not rules.blocked:
        return flags, hits
    wanted = {one.kind for one in rules.blocked}
    each = {one: IdentityRules(blocked=(one,)) for one in rules.blocked}
    for start in range(0, len(world.ids), AT_ONCE * 5):
        ids = world.ids[start : start + AT_ONCE * 5]
        kinds = None if "" in wanted else sorted(wanted)
        for identifier_id, kind, value in _values(ids, kinds):
            if rules.is_blocked(kind, value):
                flags[np.searchsorted(world.ids, identifier_id)] = True
                for one, alone in each.items():
                    hits[one] += alone.is_blocked(kind, value)
        heard(0, "reading what is blocked")
    return flags, hits


def _values(ids: Ints, kinds: list[str] | None) -> list[tuple[int, str, str]]:
    where = "id BETWEEN %s AND %s" + ("" if kinds is None else " AND kind = ANY(%s)")
    params = [int(ids[0]), int(ids[-1]), *([] if kinds is None else [kinds])]
    return rows.fetch(f"SELECT id, kind, value FROM profiles_identifier WHERE {where}", params)  # noqa: S608


def _neighborhoods(count: int, a: Ints, b: Ints) -> Ints:
    """A number by place, the same for all that links lead to from one another."""
    ones = np.ones(len(a), dtype=np.int8)
    graph = coo_matrix((ones, (a.astype(np.int32), b.astype(np.int32))), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _count_shared(found: Outcome, is_open: Flags) -> None:
    world = found.world
    if closed := int(np.count_nonzero(~is_open)):
        found.refused["shared"] = closed
    joins_now = ~is_open & (world.person[world.a] == world.person[world.b])
    for place in np.flatnonzero(joins_now)[:MOST_EXAMPLES]:
        found.refusals.append(Refusal(_edge(world, int(place)), "shared"))


def _leave_oversized(found: Outcome, label: Ints, size: Ints) -> None:
    """Past the limit everybody stays who they are, as when events arrive."""
    for number in np.flatnonzero(size > neighborhoods.MAX_WALK):
        places = np.flatnonzero(label == number)
        found.after[places] = found.world.person[places] + 2 * len(label)
        found.oversized[int(places[0])] = len(places)


def _doubtful(found: Outcome, label: Ints, size: Ints) -> Flags:
    """By neighborhood: whether some link of it may be refused."""
    world, kinds = found.world, len(found.world.kinds)
    allowed = np.array([_allowed(found.rules, kind) for kind in world.kinds], dtype=np.int64)
    held, counts = np.unique(label * kinds + world.kind, return_counts=True)
    doubtful = np.zeros(len(size), dtype=np.bool_)
    doubtful[(held // kinds)[counts > allowed[held % kinds]]] = True
    doubtful[label[_places(world, _sides())]] = True
    return np.asarray(doubtful & (size > 1) & (size <= neighborhoods.MAX_WALK), dtype=np.bool_)


def _allowed(rules: IdentityRules, kind: str) -> int:
    """How many of a kind a whole neighborhood may have without any link being doubtful."""
    least = min(rules.limit(kind, has_user_id=False), rules.limit(kind, has_user_id=True))
    return min(least, 1) if kind in ADDRESS_KINDS else least


def _sides() -> dict[int, list[Side]]:
    found: dict[int, list[Side]] = {}
    for identifier_id, separation, side in rows.fetch(ALL_SIDES, []):
        found.setdefault(identifier_id, []).append(Side(separation, side))
    return found


def _places(world: Columns, ids: Mapping[int, object]) -> list[int]:
    wanted = np.array(sorted(ids), dtype=np.int64)
    places = np.searchsorted(world.ids, wanted)
    return [
        int(place) for place, i in zip(places, wanted, strict=True) if place < len(world.ids) and world.ids[place] == i
    ]


def _partition_doubtful(found: Outcome, label: Ints, doubtful: Flags, is_open: Flags, done: int, heard: Heard) -> None:
    world, sides = found.world, _sides()
    nodes = np.flatnonzero(doubtful[label])
    links = np.flatnonzero(is_open & doubtful[label[world.a]])
    next_person = 3 * len(label)
    for node_part, link_part in _parts(nodes, links, label, world):
        ids = world.ids[node_part]
        place_of = dict(zip(ids.tolist(), node_part.tolist(), strict=True))
        known = [
            Node(i, kind, value, int(world.first_us[place_of[i]]), False)
            for i, kind, value in rows.fetch(
                "SELECT id, kind, value FROM profiles_identifier WHERE id = ANY(%s)", [ids.tolist()]
            )
        ]
        there = {node.id for node in known}  # but for those erased meanwhile
        edges = [edge for place in link_part if (edge := _edge(world, int(place))).a in there and edge.b in there]
        refusals: list[Refusal] = []
        mine = {i: sides[i] for i in there & sides.keys()}
        for component in partition(known, edges, found.rules, mine, refusals=refusals):
            found.after[[place_of[i] for i in component.members]] = next_person
            next_person += 1
        _note(found, refusals, place_of)
        done += len(node_part)
        heard(done, "judging linked identifiers")


def _parts(nodes: Ints, links: Ints, label: Ints, world: Columns) -> Iterator[tuple[Ints, Ints]]:
    """Whole neighborhoods, some AT_ONCE identifiers at a time, with their links."""
    nodes = nodes[np.argsort(label[nodes], kind="stable")]
    links = links[np.argsort(label[world.a[links]], kind="stable")]
    node_labels, link_labels = label[nodes], label[world.a[links]]
    start = 0
    while start < len(nodes):
        last = node_labels[min(start + AT_ONCE, len(nodes)) - 1]
        end = int(np.searchsorted(node_labels, last, side="right"))
        span = np.searchsorted(link_labels, [node_labels[start], last + 1], side="left")
        yield nodes[start:end], links[span[0] : span[1]]
        start = end


def _note(found: Outcome, refusals: list[Refusal], place_of: Mapping[int, int]) -> None:
    person = found.world.person
    for one in refusals:
        found.refused[one.why] = found.refused.get(one.why, 0) + 1
        joins_now = person[place_of[one.edge.a]] == person[place_of[one.edge.b]]
        if joins_now and len(found.refusals) < MOST_EXAMPLES:
            found.refusals.append(one)


def _edge(world: Columns, place: int) -> Edge:
    ids: npt.NDArray[np.int64] = world.ids
    return Edge(int(ids[world.a[place]]), int(ids[world.b[place]]), int(world.linked_us[place]))
