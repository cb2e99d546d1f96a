"""Components become profiles: writes the `profile_id`s that change, rebuilds the profiles they touch, says so upward.

Called under the identity lock; takes state locks before profile locks, each in id order (argued in `sightings`).
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from cdp.outbox.services import publish
from profiles.identity import IdentityRules, partition
from profiles.services import rows, states
from profiles.services.arrays import plain
from profiles.services.neighborhoods import Neighborhood
from profiles.services.rows import IdentifierRow


def regroup(
    neighborhood: Neighborhood,
    *,
    minted: Sequence[IdentifierRow],
    newly_shared: Sequence[IdentifierRow],
    rules: IdentityRules,
) -> None:
    """Partition the neighborhoods, write the new identifiers where they belong, and move the others that changed."""
    targets = {row.id: row.minted_id for row in newly_shared}
    for component in partition(
        (r.node() for r in neighborhood.identifiers.values()), neighborhood.edges.values(), rules
    ):
        profile_id = neighborhood.identifiers[component.first].minted_id
        targets.update(dict.fromkeys(component.members, profile_id))
    for row in minted:
        row.profile_id = targets.get(row.id, row.minted_id)
    rows.insert_identifiers(minted)
    states.insert_profiles(
        {row.profile_id for row in minted}, shared={row.profile_id for row in minted if row.is_shared}
    )
    fresh = {row.id for row in minted}
    candidates = [*neighborhood.identifiers.values(), *newly_shared]
    moved = {row.id: row for row in candidates if row.id not in fresh and row.profile_id != targets[row.id]}
    shared = [row for row in newly_shared if row.id not in fresh]
    if moved or shared:
        _move(moved, targets, shared)


def _move(moved: Mapping[int, IdentifierRow], targets: Mapping[int, UUID], shared: Sequence[IdentifierRow]) -> None:
    before = {i: row.profile_id for i, row in moved.items()}
    affected = set(before.values()) | {targets[i] for i in moved} | {targets[row.id] for row in shared}
    members = states.lock_members(affected)  # state rows first, and only then may a profile_id change
    if moved:
        rows.execute(
            """UPDATE profiles_identifier i SET profile_id = n.profile_id
            FROM unnest(%s::bigint[], %s::uuid[]) AS n(id, profile_id) WHERE i.id = n.id""",
            [plain(moved), plain(targets[i] for i in moved)],
        )
    states.insert_profiles(affected)
    states.rebuild(affected)
    _publish(members, before, {i: targets[i] for i in moved})
    unmoved = sorted(str(row.profile_id) for row in shared if row.id not in moved)
    if unmoved:
        publish("profile.changed", {"profile_ids": unmoved})


def _publish(members: Mapping[int, UUID], before: Mapping[int, UUID], after: Mapping[int, UUID]) -> None:
    """Say of each former profile where its identifiers went: all to one (merged) or to several (split)."""
    went: dict[UUID, set[UUID]] = {}
    for i, old in members.items():
        if i in before or old in set(before.values()):
            went.setdefault(old, set()).add(after.get(i, old))
    losers: dict[UUID, list[UUID]] = {}
    for old, places in sorted(went.items()):
        if len(places) > 1:
            publish(
                "profile.split",
                {"from": str(old), "profiles": _texts(places), "identifier_ids": _from(before, {old})},
            )
        elif places != {old}:
            losers.setdefault(places.pop(), []).append(old)
    for winner, gone in sorted(losers.items()):
        publish(
            "profile.merged",
            {"winner": str(winner), "losers": _texts(gone), "identifier_ids": _from(before, set(gone))},
        )


def _from(before: Mapping[int, UUID], profiles: set[UUID]) -> list[int]:
    return sorted(i for i, old in before.items() if old in profiles)


def _texts(ids: Iterable[UUID]) -> list[str]:
    return sorted(str(i) for i in ids)
