"""Sightings become identifiers and links; touched neighborhoods are recomputed. The door is `register_sightings`.

Why nothing is lost with any number of workers:

1. Steady state: two SELECTs find every identifier and link as early as seen; nothing is written and nothing locked.
2. Whoever has something new takes the identity lock (one advisory lock, held to the end of a short transaction), and
   only then reads again. So identifiers, links, degrees and `profile_id` have one writer at a time, which sees all that
   was committed before it; the last writer of a neighborhood has seen all its links, and its components are a function
   of those.
3. `fold_deltas` does not take that lock. It locks its identifiers' state rows in id order, *then* reads their
   `profile_id`, then locks those profile rows in id order. A regrouping locks the state rows of every identifier of
   every profile it touches, in id order, *before* it changes a `profile_id`, and then the profile rows in id order.
   Hence either the fold committed first, and the rebuilt profile is the join of states that contain it; or the fold
   waits for the state lock and then reads the new `profile_id`. A new identifier's rows are invisible until the commit
   that makes them.
4. Lock order is one for all: identity lock < identifier rows < state rows < profile rows, each in id order. A deadlock
   with a stranger (DDL, a hand-made update) rolls everything back and is tried again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from django.db import transaction

from cdp.lib.conflicts import retrying
from profiles.contracts import IdentifierKey, Sighting
from profiles.identifiers import person_key
from profiles.identity import IdentityRules
from profiles.rules_in_force import rules_locked
from profiles.services import components, rows
from profiles.services.neighborhoods import walk
from profiles.services.rows import IdentifierRow, LinkBefore, SeenLink

MAX_LINKED = 20
"""Only the strongest identifiers of one event are linked with each other: links grow with the square."""
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two identifiers (in key order) as one batch saw them together."""

    first_seen_us: int
    a_is_person: bool
    b_is_person: bool
    source_id: int
    message_hash: bytes


_Pairs = dict[tuple[IdentifierKey, IdentifierKey], _Pair]


def register_sightings(sightings: Sequence[Sighting]) -> dict[IdentifierKey, int]:
    """Make everything these events say about identity known; answers the id of each identifier.

    Opens its own short transaction only where something is new; must not be called inside one (raises RuntimeError).
    Idempotent. Publishes profile.merged, profile.split and profile.changed where existing profiles change.
    """
    first_seen, pairs = _gathered(sightings)
    ids, earlier = rows.known_ids(first_seen)
    missing = first_seen.keys() - ids.keys()
    links = rows.unsatisfied(_seen_links(pairs, ids))
    if not (missing or earlier or links):
        return ids
    unsaid = _unsaid(
        pairs, ids, links
    )  # what the database holds already it holds for good: not asked again when locked

    def register() -> dict[IdentifierKey, int]:
        with transaction.atomic(durable=True):
            return _register(first_seen, unsaid, ids, earlier)

    return retrying(register, tries=ATTEMPTS)


def _register(
    first_seen: dict[IdentifierKey, int],
    pairs: _Pairs,
    ids: dict[IdentifierKey, int],
    earlier: dict[int, int],
) -> dict[IdentifierKey, int]:
    rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
    rules = rules_locked()
    found, found_earlier = rows.known_ids({key: us for key, us in first_seen.items() if key not in ids})
    ids, earlier = ids | found, earlier | found_earlier
    minted = rows.mint(first_seen.keys() - ids.keys(), first_seen)
    ids |= {IdentifierKey(row.kind, row.value): row.id for row in minted}
    links = rows.unsatisfied(_seen_links(pairs, ids))
    touched = _touched(minted, links, earlier)
    newly_shared = _grow_degrees(touched, links, rules)
    fresh = {row.id for row in minted}
    existing = [row for row in touched.values() if row.id not in fresh]
    for row in existing:
        row.first_seen_us = min(row.first_seen_us, earlier.get(row.id, row.first_seen_us))
    rows.upsert_links([before.link for before in links])
    rows.update_identifiers(_changed(existing, links, earlier))
    neighborhood = walk(_seeds(touched, links, earlier, newly_shared), touched)
    components.regroup(neighborhood, minted=minted, reshared=[touched[i] for i in newly_shared], rules=rules)
    return ids


def _gathered(sightings: Sequence[Sighting]) -> tuple[dict[IdentifierKey, int], _Pairs]:
    """(earliest time by identifier, earliest evidence by pair); each distinct set of identifiers is expanded once."""
    earliest: dict[tuple[IdentifierKey, ...], Sighting] = {}
    for sighting in sightings:
        old = earliest.get(sighting.identifiers)
        if old is None or sighting.link_at_us < old.link_at_us:
            earliest[sighting.identifiers] = sighting
    first_seen: dict[IdentifierKey, int] = {}
    pairs: _Pairs = {}
    for keys, sighting in earliest.items():
        for key in keys:
            if sighting.link_at_us < first_seen.get(key, sighting.link_at_us + 1):
                first_seen[key] = sighting.link_at_us
        if len(keys) > 1:
            _gather_pairs(pairs, sighting)
    return first_seen, pairs


def _gather_pairs(pairs: _Pairs, sighting: Sighting) -> None:
    person = person_key(sighting.identifiers)
    for a, b in combinations(sorted(set(sighting.identifiers[:MAX_LINKED])), 2):
        old = pairs.get((a, b))
        a_is_person, b_is_person = a == person, b == person
        if old is not None:
            a_is_person, b_is_person = a_is_person or old.a_is_person, b_is_person or old.b_is_person
        if old is None or sighting.link_at_us < old.first_seen_us:
            evidence = (sighting.link_at_us, sighting.source_id, sighting.message_hash)
        else:
            evidence = (old.first_seen_us, old.source_id, old.message_hash)
        pairs[a, b] = _Pair(evidence[0], a_is_person, b_is_person, evidence[1], evidence[2])


def _seen_links(pairs: _Pairs, ids: dict[IdentifierKey, int]) -> list[SeenLink]:
    """The pairs whose two identifiers have ids, as links (a < b by id)."""
    links = []
    for (left, right), pair in pairs.items():
        a, b = ids.get(left), ids.get(right)
        if a is None or b is None:
            continue
        if a < b:
            links.append(SeenLink(a, b, *_fields(pair)))
        else:
            links.append(
                SeenLink(b, a, *_fields(pair))._replace(a_is_person=pair.b_is_person, b_is_person=pair.a_is_person)
            )
    return links


def _unsaid(pairs: _Pairs, ids: dict[IdentifierKey, int], links: Sequence[LinkBefore]) -> _Pairs:
    """The pairs with an unknown identifier or among `links`."""
    open_links = {frozenset(before.link[:2]) for before in links}
    return {
        (left, right): pair
        for (left, right), pair in pairs.items()
        if left not in ids or right not in ids or frozenset((ids[left], ids[right])) in open_links
    }


def _fields(pair: _Pair) -> tuple[int, bool, bool, int, bytes]:
    return pair.first_seen_us, pair.a_is_person, pair.b_is_person, pair.source_id, pair.message_hash


def _touched(
    minted: Sequence[IdentifierRow], links: Sequence[LinkBefore], earlier: dict[int, int]
) -> dict[int, IdentifierRow]:
    """The identifiers this batch says something new about, by id."""
    touched = {row.id: row for row in minted}
    stored = (
        {before.link.a for before in links} | {before.link.b for before in links} | earlier.keys()
    ) - touched.keys()
    if stored:
        touched |= {row.id: row for row in rows.load(stored)}
    return touched


def _grow_degrees(touched: dict[int, IdentifierRow], links: Sequence[LinkBefore], rules: IdentityRules) -> list[int]:
    """Count the person keys new to each identifier; answers the ids of those that became shared by it."""
    newly_shared = []
    for link, a_was_person, b_was_person, _ in links:
        if link.a_is_person and not a_was_person:
            touched[link.b].degree += 1
        if link.b_is_person and not b_was_person:
            touched[link.a].degree += 1
    for row in touched.values():
        if not row.is_shared and rules.is_shared(row.degree, row.kind, row.value):
            row.is_shared = True
            newly_shared.append(row.id)
    return sorted(newly_shared)


def _changed(
    existing: Sequence[IdentifierRow], links: Sequence[LinkBefore], earlier: dict[int, int]
) -> list[IdentifierRow]:
    seen_with_person = {link.b for link, was, _, _ in links if link.a_is_person and not was}
    seen_with_person |= {link.a for link, _, was, _ in links if link.b_is_person and not was}
    return [row for row in existing if row.id in earlier or row.id in seen_with_person]


def _seeds(
    touched: dict[int, IdentifierRow], links: Sequence[LinkBefore], earlier: dict[int, int], newly_shared: list[int]
) -> set[int]:
    """Where components may have changed: along moved links, at moved times, and around what has just become shared."""
    seeds = set(earlier)
    for link, _, _, moves in links:
        if moves and not (touched[link.a].is_shared or touched[link.b].is_shared):
            seeds |= {link.a, link.b}
    if newly_shared:
        seeds |= {end for edge in rows.edges_of(newly_shared) for end in edge[:2]}
    return seeds
