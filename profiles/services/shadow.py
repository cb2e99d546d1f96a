"""In shadow: what a decision would make of people, computed from what is stored, with nothing written.

Reads without the identity lock: a preview may be an event behind, the decision itself never is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from profiles.identity import IdentityRules, Refusal, Side, partition
from profiles.rules_in_force import rules_now
from profiles.services import rows
from profiles.services.neighborhoods import Neighborhood, walk

SHADOW_SEPARATION = 0
"""Stands for the separation that does not exist yet; stored ones begin at 1."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """`before` and `after`: {profile id: its identifiers' ids}. `refusals`: the links that would join nobody, and why.

    An id of `after` that is not in `before` is that of a former profile, which would come back.
    """

    before: Mapping[UUID, tuple[int, ...]]
    after: Mapping[UUID, tuple[int, ...]]
    refusals: tuple[Refusal, ...]

    @property
    def changes(self) -> bool:
        """Whether anybody would be somebody else."""
        return {frozenset(ids) for ids in self.before.values()} != {frozenset(ids) for ids in self.after.values()}


def present(identifier_ids: Collection[int]) -> Shadow:
    """The neighborhoods of these identifiers as they stand: why links join nobody."""
    known = {row.id: row for row in rows.load(identifier_ids)}
    neighborhood = walk(known, known)
    return regrouped(neighborhood, rules_now(), rows.sides_of(neighborhood.identifiers))


def separated(one_side: Collection[int], other_side: Collection[int]) -> Shadow:
    """What `separate` would do."""
    ids = {*one_side, *other_side}
    known = {row.id: row for row in rows.load(ids)}
    places = {i: Side(SHADOW_SEPARATION, 1) for i in one_side} | {i: Side(SHADOW_SEPARATION, 2) for i in other_side}
    neighborhood = walk(known, known)
    sides = rows.sides_of(neighborhood.identifiers)
    for i, place in places.items():
        sides.setdefault(i, []).append(place)
    return regrouped(neighborhood, rules_now(), sides)


def lifted(separation_id: int) -> Shadow:
    """What `lift` would do."""
    found = rows.fetch(
        "SELECT identifier_id FROM profiles_separatedidentifier WHERE separation_id = %s", [separation_id]
    )
    known = {row.id: row for row in rows.load([row[0] for row in found])}
    neighborhood = walk(known, known)
    sides = {
        i: [place for place in places if place.separation != separation_id]
        for i, places in rows.sides_of(neighborhood.identifiers).items()
    }
    return regrouped(neighborhood, rules_now(), sides)


def regrouped(neighborhood: Neighborhood, rules: IdentityRules, sides: Mapping[int, Sequence[Side]]) -> Shadow:
    """The present people of whole neighborhoods, and those these rules and separations would make of them."""
    identifiers = neighborhood.identifiers
    before: dict[UUID, list[int]] = {}
    for row in identifiers.values():
        before.setdefault(row.profile_id, []).append(row.id)
    refusals: list[Refusal] = []
    parts = partition(
        (row.node() for row in identifiers.values()), neighborhood.edges.values(), rules, sides, refusals=refusals
    )
    return Shadow(
        {profile_id: tuple(sorted(ids)) for profile_id, ids in before.items()},
        {identifiers[part.first].minted_id: part.members for part in parts},
        tuple(refusals),
    )
