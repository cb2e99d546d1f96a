"""Who asks, and hence whose past may be looked at.

- A write key is public: it sees the events that hang on the very anonymous_id it names, nothing reached from it.
- A user token vouches for one user id: the profile of that user and no other.
- A server key with the scope asked for asks for anybody.
"""

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import events.queries
import profiles.queries
from cdp.access.queries import read_user_token, server_caller
from cdp.lib.problems import Problem
from profiles.identifiers import Blocked, canonicalize

SERVER, TOKEN, BROWSER = "server", "token", "browser"
Named = tuple[str, str]
"""How a person is named: (profile_id, user_id, email or anonymous_id; value)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose key or token is in force. `sub`: the user a token vouches for; `source_id`: of a write key."""

    kind: str
    sub: str = ""
    source_id: int = 0


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose past counts: a whole profile, or bare identifiers; neither = nobody is known. `speaks_for`: the identifier
    of the person whose own device asks, for what its head says (0: none). `person_ids`: all of the person's, where they
    were looked up with it."""

    profile_id: UUID | None = None
    identifier_ids: tuple[int, ...] = ()
    speaks_for: int = 0
    person_ids: tuple[int, ...] | None = None


NOBODY = Whose()


def caller_of(meta: Mapping[str, Any], query: Mapping[str, str], *, scope: str) -> Caller:
    """Who calls; raises Problem 401 or 403. `scope`: what a server key must hold."""
    scheme, _, credential = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    bearer = credential.strip() if scheme.lower() == "bearer" else ""
    if bearer.startswith("sk_"):
        _check_server_key(bearer, scope)
        return Caller(SERVER)
    token = meta.get("HTTP_X_USER_TOKEN", "").strip() or bearer
    if token:
        return Caller(TOKEN, sub=read_user_token(token.removeprefix("ut_")).sub)
    return Caller(BROWSER, source_id=_source_of_write_key(meta, query))


def whose(caller: Caller, person: Named | None) -> Whose:
    """Whose past this caller may have looked at; raises Problem 403 for somebody else's."""
    if caller.kind == SERVER:
        return _anybody(person)
    if caller.kind == TOKEN:
        return _themselves(caller.sub, person)
    return _browser(person)


def everybody(people: Sequence[Named]) -> list[UUID | None]:
    """Profiles of the people a server key names, in their order, None for the unknown: two statements for all."""
    keys = {index: canonicalize(name, value) for index, (name, value) in enumerate(people) if name != "profile_id"}
    known = profiles.queries.known_keys(
        {(key.kind, key.value) for key in keys.values() if not isinstance(key, Blocked)}
    )
    ids = {index: UUID(value) for index, (name, value) in enumerate(people) if name == "profile_id"}
    resolved = profiles.queries.resolve_many(set(ids.values())) if ids else {}
    found: list[UUID | None] = []
    for index in range(len(people)):
        key = keys.get(index)
        if index in ids:
            found.append(resolved.get(ids[index]))
        else:
            found.append(None if key is None or isinstance(key, Blocked) else known.get((key.kind, key.value)))
    return found


def askable_of(profile_ids: Collection[UUID]) -> dict[UUID, tuple[int, ...]]:
    """{profile id: all its identifiers, none if one of them is shared}, in one statement."""
    found = profiles.queries.identifiers_of(profile_ids) if profile_ids else {}
    return {
        profile_id: () if any(one.is_shared for one in facts) else tuple(sorted(one.id for one in facts))
        for profile_id, facts in found.items()
    }


def _check_server_key(plain: str, scope: str) -> None:
    caller = server_caller(plain)
    if caller is None:
        detail = "Send a key made in the admin under Access → Server keys as `Authorization: Bearer sk_…`."
        headers = {"WWW-Authenticate": "Bearer"}
        raise Problem("server_key_invalid", "Unknown or revoked server key", 401, detail, headers=headers)
    if scope not in caller.scopes:
        detail = f"This server key lacks the scope {scope}. Make one that has it in the admin."
        raise Problem("scope_missing", "Scope missing", 403, detail)


def _source_of_write_key(meta: Mapping[str, Any], query: Mapping[str, str]) -> int:
    keys = [key for key in _write_keys(meta, query) if key]
    if not keys:
        raise Problem(
            "key_missing",
            "A key is needed",
            401,
            "From a browser send the source's write key as ?writeKey= or X-Write-Key; from a server"
            " `Authorization: Bearer sk_…`; for a signed-in customer X-User-Token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    source = next((found for key in keys if (found := events.queries.source_by_write_key(key))), None)
    if source is None:
        raise Problem(
            "unknown_write_key", "The write key is unknown", 401, "Write keys stand in the admin under Sources."
        )
    if not source.enabled:
        raise Problem("source_disabled", "The source is disabled", 403, "Enable it in the admin under Sources.")
    return source.id


def _write_keys(meta: Mapping[str, Any], query: Mapping[str, str]) -> tuple[str, ...]:
    header = meta.get("HTTP_X_WRITE_KEY", "")
    basic = _basic_user(meta.get("HTTP_AUTHORIZATION", ""))
    return basic, header, header.partition(":")[0], query.get("writeKey", ""), query.get("write_key", "")


def _basic_user(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def _browser(person: Named | None) -> Whose:
    if person is None:
        return NOBODY
    name, value = person
    if name != "anonymous_id":
        raise Problem(
            "write_key_reads_no_profile",
            "A write key cannot ask for a person",
            403,
            f"With a write key name an anonymous_id, not {name}. For {name} use a server key or a user token.",
        )
    found = profiles.queries.find_person("anonymous_id", value)
    return Whose(identifier_ids=(found.id,), speaks_for=found.id, person_ids=found.beside) if found else NOBODY


def _themselves(sub: str, person: Named | None) -> Whose:
    if person is not None and person != ("user_id", sub) and person[0] != "anonymous_id":
        raise Problem(
            "token_of_another",
            "The user token is somebody else's",
            403,
            "A user token answers for its own user id only: leave the person out of the query.",
        )
    found = profiles.queries.find_person("user_id", sub)
    return Whose(profile_id=found.profile_id, speaks_for=found.id, person_ids=found.askable) if found else NOBODY


def _anybody(person: Named | None) -> Whose:
    if person is None:
        return NOBODY
    name, value = person
    if name == "profile_id":
        return Whose(profile_id=profiles.queries.resolve(UUID(value)))
    found = profiles.queries.find_person(name, value)
    return Whose(profile_id=found.profile_id, person_ids=found.askable) if found else NOBODY
