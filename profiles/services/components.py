"""Components become profiles: writes the `profile_id`s that change, rebuilds the profiles they touch, says so upward.

Called under the identity lock; takes state locks before profile locks, each in id order (argued in `sightings`).
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from cdp.outbox.services import publish
from profiles.identity import IdentityRules, partition
from profiles.services import journal, rows, states
from profiles.services.arrays import plain
from profiles.services.journal import EVENTS, Cause
from profiles.services.neighborhoods import Neighborhood
from profiles.services.rows import IdentifierRow


def regroup(
    neighborhood: Neighborhood,
    *,
    minted: Sequence[IdentifierRow],
    reshared: Sequence[IdentifierRow],
    rules: IdentityRules,
    cause: Cause = EVENTS,
) -> None:
    """Partition the neighborhoods, write the new identifiers where they belong, and move the others that changed.

    `reshared`: identifiers that have just become nobody's, or somebody's again.
    """
    targets = {row.id: row.minted_id for row in reshared if row.is_shared}
    sides = rows.sides_of(neighborhood.identifiers)
    for component in partition(
        (r.node() for r in neighborhood.identifiers.values()), neighborhood.edges.values(), rules, sides
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
    candidates = [*neighborhood.identifiers.values(), *reshared]
    moved = {
        row.id: row
        for row in candidates
        if row.id not in fresh and row.profile_id != targets.get(row.id, row.profile_id)
    }
    flagged = [row for row in reshared if row.id not in fresh]
    if moved or flagged:
        _move(moved, targets, flagged, cause=cause, rules_number=rules.number)


def _move(
    moved: Mapping[int, IdentifierRow],
    targets: Mapping[int, UUID],
    flagged: Sequence[IdentifierRow],
    *,
    cause: Cause,
    rules_number: int,
) -> None:
    before = {i: row.profile_id for i, row in moved.items()}
    affected = (
        set(before.values()) | {targets[i] for i in moved} | {targets.get(row.id, row.profile_id) for row in flagged}
    )
    members = states.lock_members(affected)  # state rows first, and only then may a profile_id change
    if moved:
        rows.execute(
            """UPDATE profiles_identifier i SET profile_id = n.profile_id
            FROM unnest(%s::bigint[], %s::uuid[]) AS n(id, profile_id) WHERE i.id = n.id""",
            [plain(moved), plain(targets[i] for i in moved)],
        )
    states.insert_profiles(affected)
    states.rebuild(affected)
    changes = _changes(members, before, {i: targets[i] for i in moved})
    journal.write(changes, cause=cause, rules_number=rules_number)
    _publish(changes)
    unmoved = sorted(str(row.profile_id) for row in flagged if row.id not in moved)
    if unmoved:
        publish("profile.changed", {"profile_ids": unmoved})


def _changes(
    members: Mapping[int, UUID], before: Mapping[int, UUID], after: Mapping[int, UUID]
) -> list[journal.Change]:
    """Of each former profile where its identifiers went: all to one (merged) or to several (split)."""
    went: dict[UUID, set[UUID]] = {}
    left = set(before.values())
    for i, old in members.items():
        if old in left:
            went.setdefault(old, set()).add(after.get(i, old))
    changes: list[journal.Change] = []
    losers: dict[UUID, list[UUID]] = {}
    for old, places in sorted(went.items()):
        if len(places) > 1:
            changes.append(journal.Change("split", old, tuple(sorted(places)), _moves(before, after, {old})))
        elif places != {old}:
            losers.setdefault(places.pop(), []).append(old)
    for winner, gone in sorted(losers.items()):
        changes.append(journal.Change("merged", winner, tuple(sorted(gone)), _moves(before, after, set(gone))))
    return changes


def _publish(changes: Iterable[journal.Change]) -> None:
    for change in changes:
        ids = sorted(move.identifier_id for move in change.moves)
        others = [str(profile_id) for profile_id in change.others]
        if change.kind == "split":
            publish("profile.split", {"from": str(change.profile_id), "profiles": others, "identifier_ids": ids})
        else:
            publish("profile.merged", {"winner": str(change.profile_id), "losers": others, "identifier_ids": ids})


def _moves(before: Mapping[int, UUID], after: Mapping[int, UUID], profiles: set[UUID]) -> tuple[journal.Move, ...]:
    return tuple(journal.Move(i, old, after[i]) for i, old in sorted(before.items()) if old in profiles)
