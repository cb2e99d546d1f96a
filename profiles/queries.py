"""Reads of profiles: who an identifier is, what a profile holds. Batch variants cost one or two statements each."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from cdp.lib import bulk_sql
from profiles.contracts import AccountFacts, Counter, IdentifierFacts, ProfileState, Trait
from profiles.identifiers import EMAIL, NOBODY, Blocked, canonicalize
from profiles.models import AccountMember, Identifier, Link, Profile

_FACTS = ("id", "kind", "value", "profile_id", "is_shared", "first_seen_at")
FIND = """SELECT id, kind, value, profile_id, is_shared, first_seen_at FROM profiles_identifier
WHERE kind = %s::text AND value = %s::text"""
MEMBERS = """SELECT id, kind, value, profile_id, is_shared, first_seen_at FROM profiles_identifier
WHERE profile_id = ANY(%s::uuid[]) ORDER BY first_seen_at, id"""
TRAITS = "SELECT id, traits::text FROM profiles_profile WHERE id = ANY(%s::uuid[])"
OF_PROFILE = "SELECT id, is_shared FROM profiles_identifier WHERE profile_id = %s::uuid ORDER BY id"
LANGUAGES = """SELECT DISTINCT said FROM (SELECT traits FROM profiles_profile LIMIT %s) AS p,
  LATERAL (VALUES (p.traits->'locale'->>0), (p.traits->'language'->>0)) AS told(said) WHERE said IS NOT NULL"""
GONE_BY = """SELECT minted_id FROM profiles_identifier WHERE id = ANY(%s::bigint[])
UNION SELECT moved.profile FROM (SELECT from_profile FROM profiles_identitymove WHERE identifier_id = ANY(%s::bigint[])
  UNION SELECT to_profile FROM profiles_identitymove WHERE identifier_id = ANY(%s::bigint[])) AS moved(profile)
WHERE NOT EXISTS (SELECT 1 FROM profiles_identifier i WHERE i.minted_id = moved.profile)"""
SHARED_BESIDE = """SELECT i.id, i.kind, i.value, i.profile_id, i.is_shared, i.first_seen_at FROM profiles_identifier i
WHERE i.is_shared AND i.id IN (SELECT b_id FROM profiles_link WHERE a_id = ANY(%s::bigint[])
  UNION SELECT a_id FROM profiles_link WHERE b_id = ANY(%s::bigint[])) ORDER BY i.first_seen_at, i.id"""
BESIDE = """SELECT id FROM profiles_identifier WHERE NOT is_shared AND profile_id IN
  (SELECT profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[]) AND NOT is_shared) ORDER BY id"""
PERSON = """SELECT id, is_shared, profile_id, kind = %s::text AND value = %s::text FROM profiles_identifier
WHERE profile_id = (SELECT profile_id FROM profiles_identifier WHERE kind = %s::text AND value = %s::text)
ORDER BY id"""
STRONGEST = """SELECT DISTINCT ON (profile_id) profile_id, id FROM profiles_identifier AS i
WHERE profile_id = ANY(%s::uuid[])
  AND NOT EXISTS (SELECT 1 FROM profiles_profile AS p WHERE p.id = i.profile_id AND p.is_shared)
  AND NOT is_shared AND kind <> 'nobody'
ORDER BY profile_id, array_position(ARRAY['user_id', 'email', 'phone'], kind) NULLS LAST, kind = 'anonymous_id',
  first_seen_at, id"""
WITH_TRAIT = """SELECT id, (traits->%s::text->0)::text FROM profiles_profile
WHERE id > %s::uuid AND NOT is_shared AND traits->%s::text->>0 LIKE ANY(%s::text[]) ORDER BY id LIMIT %s::bigint"""
WHOSE = """SELECT id, is_shared FROM profiles_identifier WHERE profile_id IN
  (SELECT profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[])) ORDER BY id"""
PERSONS = """SELECT id, profile_id FROM profiles_identifier WHERE NOT is_shared AND kind <> 'nobody' AND profile_id IN
  (SELECT profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[]) AND NOT is_shared) ORDER BY id"""
OF_IDS = "SELECT id, is_shared FROM profiles_identifier WHERE id = ANY(%s::bigint[]) ORDER BY id"


def resolve(profile_id: UUID) -> UUID | None:
    """The present profile of any id ever minted; None if it never was, or was erased."""
    return Identifier.objects.filter(minted_id=profile_id).values_list("profile_id", flat=True).first()


def resolve_many(profile_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """{id: present profile} of those that resolve."""
    return dict(Identifier.objects.filter(minted_id__in=list(profile_ids)).values_list("minted_id", "profile_id"))


def find(kind: str, value: object) -> IdentifierFacts | None:
    """The identifier of this kind and (raw or canonical) value, if it was ever seen."""
    key = canonicalize(kind, value)
    if isinstance(key, Blocked):
        return None
    # Not by the ORM, whose query building costs twice what the server needs: every personal answer begins here.
    rows = bulk_sql.fetch(FIND, [key.kind, key.value])
    return IdentifierFacts(*rows[0]) if rows else None


class FoundPerson(msgspec.Struct, frozen=True):
    """An identifier and whose it is. `askable` are all identifiers of the profile, none if one of them is shared;
    `beside` those that are not shared, none if this one is."""

    id: int
    profile_id: UUID
    askable: tuple[int, ...]
    beside: tuple[int, ...]


def find_person(kind: str, value: object) -> FoundPerson | None:
    """`find`, `askable` and `beside` by one statement: every personal answer begins with all three."""
    key = canonicalize(kind, value)
    if isinstance(key, Blocked):
        return None
    rows = bulk_sql.fetch_often(PERSON, [key.kind, key.value, key.kind, key.value])
    own = next((row for row in rows if row[3]), None)
    if own is None:
        return None
    is_shared = any(row[1] for row in rows)
    return FoundPerson(
        own[0],
        own[2],
        () if is_shared else tuple([row[0] for row in rows]),
        () if own[1] else tuple([row[0] for row in rows if not row[1]]),
    )


def askable(*, profile_id: UUID | None = None, identifier_ids: Collection[int] = ()) -> list[int]:
    """The identifiers of a profile, or those given that exist, by id; none at all if one of them is nobody's."""
    if profile_id is not None:
        rows = bulk_sql.fetch(OF_PROFILE, [profile_id])
    else:
        rows = bulk_sql.fetch(OF_IDS, [list(identifier_ids)]) if identifier_ids else []
    return [] if any(is_shared for _, is_shared in rows) else [pk for pk, _ in rows]


def askable_beside(identifier_ids: Collection[int]) -> tuple[list[int], list[int]]:
    """`askable` and `beside` of some identifiers, by one statement."""
    rows = bulk_sql.fetch(WHOSE, [list(identifier_ids)]) if identifier_ids else []
    own = [(pk, is_shared) for pk, is_shared in rows if pk in set(identifier_ids)]
    if any(is_shared for _, is_shared in own):
        return [], []
    return [pk for pk, _ in own], [pk for pk, is_shared in rows if not is_shared]


def beside(identifier_ids: Collection[int]) -> list[int]:
    """The identifiers of whoever these belong to, by id: what the gate is asked about before one of them is used."""
    return [pk for (pk,) in bulk_sql.fetch(BESIDE, [list(identifier_ids)])]


def search(text: str, *, limit: int = 50) -> list[IdentifierFacts]:
    """Identifiers of any kind with this value, as written or as canonical for its kind."""
    kinds = identifier_kinds()
    keys = {key for kind in kinds if not isinstance(key := canonicalize(kind, text), Blocked)}
    found = Identifier.objects.filter(kind__in=kinds, value__in={key.value for key in keys}).values_list(*_FACTS)
    facts = (IdentifierFacts(*row) for row in found)
    return [fact for fact in facts if (fact.kind, fact.value) in keys][:limit]


def nobodies(identifier_ids: Collection[int]) -> set[int]:
    """Those of these identifiers under which events without anybody are stored."""
    rows = Identifier.objects.filter(pk__in=list(identifier_ids), kind=NOBODY)
    return set(rows.values_list("pk", flat=True))


def identifier_kinds() -> list[str]:
    """The kinds in use, by one index probe a kind (a DISTINCT would read every identifier)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH RECURSIVE kinds(kind) AS (
                SELECT min(kind) FROM profiles_identifier
                UNION ALL SELECT (SELECT min(i.kind) FROM profiles_identifier i WHERE i.kind > kinds.kind)
                FROM kinds WHERE kinds.kind IS NOT NULL
            ) SELECT kind FROM kinds WHERE kind IS NOT NULL"""
        )
        return [kind for (kind,) in cursor.fetchall()]


def identifiers_of(profile_ids: Iterable[UUID]) -> dict[UUID, list[IdentifierFacts]]:
    """{profile id: its identifiers, oldest first}; ids without a present profile have an empty list."""
    wanted = list(profile_ids)
    found: dict[UUID, list[IdentifierFacts]] = {profile_id: [] for profile_id in wanted}
    for row in bulk_sql.fetch(MEMBERS, [wanted]) if wanted else ():
        found[row[3]].append(IdentifierFacts(*row))
    return found


def identifier_facts(identifier_ids: Collection[int]) -> dict[int, IdentifierFacts]:
    """{identifier id: facts} of those that exist."""
    rows = Identifier.objects.filter(id__in=list(identifier_ids)).values_list(*_FACTS)
    return {row[0]: IdentifierFacts(*row) for row in rows}


def known_keys(keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """{(kind, canonical value): present profile id} of those that were ever seen, in one statement."""
    ordered = sorted(keys)
    statement = """SELECT i.kind, i.value, i.profile_id FROM unnest(%s::text[], %s::text[]) AS asked(kind, value)
        JOIN profiles_identifier AS i ON i.kind = asked.kind AND i.value = asked.value"""
    found = bulk_sql.fetch(statement, [[kind for kind, _ in ordered], [value for _, value in ordered]])
    return {(kind, value): profile_id for kind, value, profile_id in found}


def kin_of(identifier_ids: Collection[int]) -> dict[int, tuple[UUID, str]]:
    """{identifier id: (profile id, kind)} of every identifier of everyone who owns one of these, in one statement."""
    statement = """SELECT id, profile_id, kind FROM profiles_identifier WHERE profile_id IN (
        SELECT profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[]))"""
    found = bulk_sql.fetch(statement, [list(identifier_ids)])
    return {identifier_id: (profile_id, kind) for identifier_id, profile_id, kind in found}


def persons_of(identifier_ids: Collection[int]) -> dict[int, tuple[UUID, tuple[int, ...]]]:
    """{identifier id: (profile id, all identifiers of the person)}, without those that are shared: nobody's."""
    rows = bulk_sql.fetch_often(PERSONS, [sorted(set(identifier_ids))]) if identifier_ids else []
    members: dict[UUID, list[int]] = {}
    for pk, profile_id in rows:
        members.setdefault(profile_id, []).append(pk)
    asked = set(identifier_ids)
    return {pk: (profile_id, tuple(members[profile_id])) for pk, profile_id in rows if pk in asked}


def profiles_of_identifiers(identifier_ids: Collection[int]) -> dict[int, UUID]:
    """{identifier id: present profile id} of those that exist."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[])", [list(identifier_ids)]
        )
        return dict(cursor.fetchall())


def profile_states(profile_ids: Collection[UUID]) -> dict[UUID, ProfileState]:
    """{profile id: its state} of those that exist. Traits set to null are absent."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, traits::text, counters::text, event_count, first_seen_at, last_seen_at, is_shared
            FROM profiles_profile WHERE id = ANY(%s::uuid[])""",
            [list(profile_ids)],
        )
        rows = cursor.fetchall()
    return {
        profile_id: ProfileState(profile_id, _values(traits), _counters(counters), *rest)
        for profile_id, traits, counters, *rest in rows
    }


def languages(*, limit: int) -> set[str]:
    """What the first `limit` people call their language (`de-AT`), in traits `locale` and `language`."""
    with connection.cursor() as cursor:
        cursor.execute(LANGUAGES, [limit])
        return {said.strip() for (said,) in cursor.fetchall() if said and said.strip()}


def trait_times(profile_id: UUID) -> dict[str, Trait]:
    """{name: (value, event time µs, message hash hex)}, with those set to null."""
    traits = Profile.objects.filter(id=profile_id).values_list("traits", flat=True).first() or {}
    return {name: (value, at_us, hash_hex) for name, (value, at_us, hash_hex) in traits.items()}


def traits_of(profile_ids: Collection[UUID]) -> dict[UUID, dict[str, Trait]]:
    """{profile id: {name: (value, event time µs, message hash hex)}} of those that exist."""
    rows = bulk_sql.fetch(TRAITS, [list(profile_ids)]) if profile_ids else []
    return {profile_id: _raw_traits(traits) for profile_id, traits in rows}


def email_of(profile_id: UUID) -> str | None:
    """The address to write to: see `emails_of`."""
    return emails_of([profile_id]).get(profile_id)


def emails_of(profile_ids: Collection[UUID]) -> dict[UUID, str]:
    """{profile id: canonical address}: the one in trait `email` if it is theirs, else the latest; no shared one."""
    known: dict[UUID, list[str]] = {}
    rows = Identifier.objects.filter(profile_id__in=list(profile_ids), kind=EMAIL, is_shared=False)
    for profile_id, value in rows.order_by("first_seen_at", "id").values_list("profile_id", "value"):
        known.setdefault(profile_id, []).append(value)
    several = [profile_id for profile_id, values in known.items() if len(values) > 1]
    said = {p: _canonical_email(state.traits.get("email")) for p, state in profile_states(several).items()}
    return {p: said[p] if said.get(p) in values else values[-1] for p, values in known.items()}


def accounts_of(identifier_ids: Collection[int]) -> list[AccountFacts]:
    """The accounts (groups) these identifiers were seen in, the latest first; 100 at most: for people."""
    found: dict[int, AccountFacts] = {}
    members = AccountMember.objects.filter(identifier_id__in=list(identifier_ids)).select_related("account")
    for row in members.order_by("-last_seen_at", "pk")[:1_000]:
        account, old = row.account, found.get(row.account_id)
        found[account.pk] = AccountFacts(
            account.pk,
            account.group_id,
            account_name(account.group_id, account.traits),
            {name: value for name, (value, *_) in account.traits.items() if value is not None},
            min(row.first_seen_at, old.first_seen_at) if old else row.first_seen_at,
            max(row.last_seen_at, old.last_seen_at) if old else row.last_seen_at,
        )
    return list(found.values())[:100]


def account_name(group_id: str, traits: Mapping[str, Any]) -> str:
    """What an account's traits (as stored) call it, else its id."""
    for name in ("name", "company", "title"):
        value, *_ = traits.get(name, ("",))
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:80]
    return group_id


def _canonical_email(raw: object) -> str:
    key = canonicalize(EMAIL, raw)
    return "" if isinstance(key, Blocked) else key.value


def links_of(identifier_ids: Collection[int]) -> list[Link]:
    """The links between and around these identifiers, both ends loaded, oldest first; 200 at most: for people."""
    ids = list(identifier_ids)
    links = Link.objects.filter(a_id__in=ids) | Link.objects.filter(b_id__in=ids)
    return list(links.select_related("a", "b").order_by("first_seen_at", "id")[:200])


_raw_traits = msgspec.json.Decoder(dict[str, Trait]).decode
_counters = msgspec.json.Decoder(dict[str, Counter]).decode


def _values(traits: str) -> dict[str, object]:
    return {name: value for name, (value, _, _) in _raw_traits(traits).items() if value is not None}


def addresses(kinds: Collection[str]) -> Iterator[tuple[str, str]]:
    """(kind, canonical value) of every identifier of these kinds, a thousand at a time."""
    rows = Identifier.objects.filter(kind__in=list(kinds)).order_by("kind", "value").values_list("kind", "value")
    yield from rows.iterator(chunk_size=1_000)


def of_kind(kind: str, *, limit: int = 10_000) -> list[IdentifierFacts]:
    """Identifiers of a kind, the oldest first."""
    rows = Identifier.objects.filter(kind=kind).order_by("pk").values_list(*_FACTS)[:limit]
    return [IdentifierFacts(*row) for row in rows]


def ids_gone_by(identifier_ids: Collection[int]) -> set[UUID]:
    """Profile ids that stood for these identifiers at any time and are nobody else's: minted with one of them, or of
    the journal and minted with none that still exists.
    """
    ids = list(identifier_ids)
    return {row[0] for row in bulk_sql.fetch(GONE_BY, [ids, ids, ids])} if ids else set()


def shared_beside(identifier_ids: Collection[int]) -> list[IdentifierFacts]:
    """The shared identifiers that any of these was seen with, oldest first."""
    ids = list(identifier_ids)
    return [IdentifierFacts(*row) for row in bulk_sql.fetch(SHARED_BESIDE, [ids, ids])] if ids else []


def strongest_of(profile_ids: Collection[UUID]) -> dict[UUID, int]:
    """{profile id: the identifier that what is done for them hangs on} of those who are somebody: no shared one."""
    return dict(bulk_sql.fetch(STRONGEST, [list(profile_ids)])) if profile_ids else {}


def with_trait(name: str, patterns: Collection[str], after: UUID | None, limit: int) -> list[tuple[UUID, object]]:
    """(profile id, value) of up to `limit` people after `after`, by id, whose trait, as text, holds one of `patterns`.

    Walks the profiles by id: for work over all of them, a batch at a time.
    """
    likes = [f"%{_escaped(pattern)}%" for pattern in patterns]
    rows = bulk_sql.fetch(WITH_TRAIT, [name, after or UUID(int=0), name, likes, limit])
    return [(profile_id, msgspec.json.decode(value)) for profile_id, value in rows]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
