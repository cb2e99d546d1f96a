"""Accounts fold “group” calls: traits by the last word, members by who was seen. Order-free; a call twice is one.

Members are identifiers, so a merge or a split of people moves nothing here.
"""

from collections.abc import Iterable, Sequence

import msgspec

from profiles import folds
from profiles.contracts import GroupSighting, Trait
from profiles.services import rows
from profiles.services.arrays import plain, texts

_traits = msgspec.json.Decoder(dict[str, Trait]).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
MAKE = """INSERT INTO profiles_account (group_id, traits, first_seen_at, last_seen_at)
SELECT n.group_id, '{}', profiles_at(n.us), profiles_at(n.us) FROM unnest(%s::text[], %s::bigint[]) AS n(group_id, us)
ORDER BY n.group_id ON CONFLICT (group_id) DO NOTHING"""
LOCK = """SELECT id, group_id, traits::text FROM profiles_account WHERE group_id = ANY(%s::text[])
ORDER BY group_id FOR UPDATE"""
WRITE = """UPDATE profiles_account a SET traits = n.traits::jsonb,
    first_seen_at = least(a.first_seen_at, profiles_at(n.first_us)),
    last_seen_at = greatest(a.last_seen_at, profiles_at(n.last_us))
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[]) AS n(id, traits, first_us, last_us)
WHERE a.id = n.id"""
MEMBERS = """INSERT INTO profiles_accountmember AS m (account_id, identifier_id, first_seen_at, last_seen_at)
SELECT n.account, n.identifier, profiles_at(n.first_us), profiles_at(n.last_us)
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS n(account, identifier, first_us, last_us)
JOIN profiles_identifier i ON i.id = n.identifier ORDER BY n.account, n.identifier FOR KEY SHARE OF i
ON CONFLICT (account_id, identifier_id) DO UPDATE SET first_seen_at = least(m.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(m.last_seen_at, excluded.last_seen_at)"""


def fold_accounts(sightings: Sequence[GroupSighting]) -> None:
    """Fold these calls, in the caller's transaction. Identifiers erased meanwhile are left out."""
    if not sightings:
        return
    times: dict[str, list[int]] = {}
    members: dict[tuple[str, int], list[int]] = {}
    for one in sightings:
        times.setdefault(one.group_id, []).append(one.at_us)
        members.setdefault((one.group_id, one.identifier_id), []).append(one.at_us)
    rows.execute(MAKE, [texts(times), plain(min(each) for each in times.values())])
    ids: dict[str, int] = {}
    folded: dict[str, dict[str, Trait]] = {}
    for account_id, group_id, text in rows.fetch(LOCK, [texts(times)]):
        ids[group_id], folded[group_id] = account_id, _traits(text)
    for group_id, traits in _told(sightings).items():
        folded[group_id] = folds.join_traits(folded[group_id], traits)
    rows.execute(
        WRITE,
        [
            plain(ids[group_id] for group_id in times),
            texts(_encode(folded[group_id]).decode() for group_id in times),
            plain(min(each) for each in times.values()),
            plain(max(each) for each in times.values()),
        ],
    )
    rows.execute(
        MEMBERS,
        [
            plain(ids[group_id] for group_id, _ in members),
            plain(identifier_id for _, identifier_id in members),
            plain(min(each) for each in members.values()),
            plain(max(each) for each in members.values()),
        ],
    )


def _told(sightings: Iterable[GroupSighting]) -> dict[str, dict[str, Trait]]:
    """The traits these calls give each account."""
    found: dict[str, dict[str, Trait]] = {}
    for one in sightings:
        traits: dict[str, Trait] = {
            name: (value, one.at_us, one.hash_hex)
            for name, value in one.traits.items()
            if folds.is_foldable(name, value)
        }
        found[one.group_id] = folds.join_traits(found.get(one.group_id, {}), traits)
    return found
