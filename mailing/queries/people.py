"""Who messages are about: addresses, clocks and languages of many people with a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import msgspec
from django.conf import settings

from cdp.lib import bulk_sql
from cdp.lib.hashing import address_hash
from consent.contracts import Subject
from consent.regimes import country_code
from mailing import zones
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts

ZONES_TOLD = """
SELECT DISTINCT ON (i.profile_id) i.profile_id, z.time_zone FROM profiles_identifier AS i
JOIN consent_place AS z ON z.identifier_id = i.id WHERE i.profile_id = ANY(%s::uuid[])
ORDER BY i.profile_id, z.said_at DESC
"""
# Grouped by all that tells a zone: an audience has few of them.
CLOCKS = """
SELECT (p.traits->'timezone'->0)::text, (p.traits->'time_zone'->0)::text, (p.traits->'country'->0)::text,
  (p.traits->'address'->0->'country')::text, told.time_zone, array_agg(i.id)
FROM profiles_identifier AS i LEFT JOIN profiles_profile AS p ON p.id = i.profile_id
  LEFT JOIN LATERAL (
    SELECT z.time_zone FROM profiles_identifier AS own JOIN consent_place AS z ON z.identifier_id = own.id
    WHERE own.profile_id = i.profile_id ORDER BY z.said_at DESC LIMIT 1) AS told ON TRUE
WHERE i.id = ANY(%s::bigint[]) GROUP BY 1, 2, 3, 4, 5
"""
PUSH_TOKENS = ("push_token", "device_token")


@dataclass(frozen=True)
class PersonAsked:
    """Whoever an identifier belongs to now. `address`: where the message would go, None if nowhere is known.

    `is_theirs`: the address asked for is one of theirs. `traits`: by name, without those set to null.
    """

    identifier_id: int
    profile_id: UUID | None
    identifiers: tuple[IdentifierFacts, ...]
    traits: Mapping[str, object]
    channel: str
    address: str | None
    is_theirs: bool
    zone: str
    country: str

    @property
    def identifier_ids(self) -> tuple[int, ...]:
        """All of the profile's."""
        return tuple(one.id for one in self.identifiers)

    @property
    def is_shared(self) -> bool:
        """Nobody in particular: a kiosk, an address of a whole office."""
        return any(one.is_shared for one in self.identifiers)

    @cached_property
    def hashed(self) -> bytes | None:
        """Of where the message would go."""
        return address_hash(self.address) if self.address else None

    @property
    def subject(self) -> Subject:
        """Whom the gate is asked about."""
        if self.channel == "sms":
            return Subject(None, self.identifier_ids, self.hashed)
        return Subject(self.hashed if self.channel == "email" else None, self.identifier_ids)

    @property
    def locale(self) -> str:
        """What they call their language, as they wrote it; empty where nobody said."""
        said = self.traits.get("locale") or self.traits.get("language")
        return said.strip()[:35] if isinstance(said, str) else ""


@dataclass(frozen=True, slots=True)
class Whom:
    """One question: an identifier, the channel, and the address if it must be that one."""

    identifier_id: int
    channel: str = "email"
    address: str | None = None


def people(asked: Sequence[Whom], *, time_zone: str = "") -> list[PersonAsked]:
    """Whoever each identifier belongs to, in their order. `time_zone`: of those whose own is unknown."""
    profile_ids = profiles.profiles_of_identifiers({one.identifier_id for one in asked})
    mine = sorted(set(profile_ids.values()))
    members = profiles.identifiers_of(mine) if mine else {}
    traits = profiles.profile_states(mine) if mine else {}
    told = dict(bulk_sql.fetch(ZONES_TOLD, [mine])) if mine else {}
    fallbacks = (time_zone, settings.COMPANY_TIME_ZONE)
    known: dict[UUID, tuple[Mapping[str, object], str, str]] = {}
    for profile_id in mine:
        state = traits.get(profile_id)
        said: Mapping[str, object] = state.traits if state else {}
        country = _country(said)
        zone = zones.zone_of(said, told=told.get(profile_id, ""), country=country, fallbacks=fallbacks)
        known[profile_id] = (said, zone, country)
    nobody: tuple[Mapping[str, object], str, str] = (
        {},
        zones.zone_of({}, told="", country="", fallbacks=fallbacks),
        "",
    )
    found = []
    for one in asked:
        owner = profile_ids.get(one.identifier_id)
        facts = tuple(members[owner]) if owner else ()
        theirs, zone, country = known[owner] if owner else nobody
        address, is_theirs = _address(one, facts, theirs)
        found.append(
            PersonAsked(one.identifier_id, owner, facts, theirs, one.channel, address, is_theirs, zone, country)
        )
    return found


def zones_of(identifier_ids: Sequence[int], *, time_zone: str = "") -> dict[int, str]:
    """{identifier id: the zone of its person's clock}, as `people` tells it, with one statement."""
    fallbacks = (time_zone, settings.COMPANY_TIME_ZONE)
    nowhere = zones.zone_of({}, told="", country="", fallbacks=fallbacks)
    found = dict.fromkeys(identifier_ids, nowhere)
    for *said, told, ids in bulk_sql.fetch(CLOCKS, [list(identifier_ids)]):
        zone, time_zone_said, country, home = (msgspec.json.decode(one) if one else None for one in said)
        traits = dict(zip(zones.TRAITS, (zone, time_zone_said), strict=True))
        where = _country({"country": country, "address": {"country": home}})
        clock = zones.zone_of(traits, told=told or "", country=where, fallbacks=fallbacks)
        found |= dict.fromkeys(ids, clock)
    return found


def _address(one: Whom, facts: Sequence[IdentifierFacts], traits: Mapping[str, object]) -> tuple[str | None, bool]:
    """What hangs on an address (a guest's checkout) is written about to that very address: a profile may hold several.

    Of several the one in the trait counts if it is theirs, else the latest; never a shared one.
    """
    theirs = {fact.id: fact.value for fact in _reachable(one.channel, facts)}
    if one.address is not None:
        return one.address, one.address in theirs.values()
    said = traits.get("phone" if one.channel == "sms" else "email")
    named = said.strip().lower() if isinstance(said, str) else ""
    if one.identifier_id in theirs:
        return theirs[one.identifier_id], True
    open_to_all = [fact.value for fact in _reachable(one.channel, facts) if not fact.is_shared]
    if named in open_to_all:
        return named, True
    return (open_to_all[-1] if open_to_all else None), True


def _reachable(channel: str, facts: Sequence[IdentifierFacts]) -> list[IdentifierFacts]:
    """The identifiers that a channel can write to; push goes to a device's token, else to whoever is logged in."""
    if channel == "push":
        tokens = [fact for fact in facts if fact.kind in PUSH_TOKENS]
        return tokens or [fact for fact in facts if fact.kind == "user_id"]
    kind = "phone" if channel == "sms" else "email"
    return [fact for fact in facts if fact.kind == kind]


def _country(traits: Mapping[str, object]) -> str:
    home = traits.get("address")
    return country_code(traits.get("country")) or country_code(home.get("country") if isinstance(home, Mapping) else "")
