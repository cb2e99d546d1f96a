"""Whom a choice is about, and in which words it was asked: found before the ledger is locked.

Identifiers that nobody has seen yet are registered, since a refusal by a stranger is kept too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp.lib.clock import to_us
from cdp.lib.hashing import address_hash
from cdp.lib.problems import Problem
from consent.choices import Choice
from consent.contracts import PurposeFacts, WordingFacts
from consent.models import Wording
from consent.purposes_in_force import Purposes, purposes_now
from consent.words_in_force import wording_facts
from profiles.contracts import IdentifierKey, Sighting
from profiles.identifiers import Blocked, canonicalize
from profiles.services import register_sightings

KIND_OF_CHANNEL = {"email": "email", "sms": "phone"}
ADDRESS_KINDS = frozenset(KIND_OF_CHANNEL.values())


@dataclass(frozen=True, slots=True)
class Target:
    """A choice that can be recorded: exactly one of `address_hash` and `identifier_id` is set.

    `address`: canonical, empty where only its hash is known.
    """

    choice: Choice
    purpose: PurposeFacts
    address: str = ""
    address_hash: bytes | None = None
    identifier_id: int | None = None
    wording: WordingFacts | None = None

    @property
    def subject(self) -> str:
        """What names the subject in keys."""
        return str(self.identifier_id) if self.address_hash is None else self.address_hash.hex()


def find(choices: Sequence[Choice], *, now: datetime) -> list[Target | Problem]:
    """Each choice with its subject, or what is wrong with it and how to mend it; in their order."""
    purposes = purposes_now()
    words = _words(choices)
    keys: dict[int, IdentifierKey] = {}
    found: list[Target | Problem] = []
    for place, choice in enumerate(choices):
        try:
            purpose = _purpose(choice, purposes)
            wording = _wording(choice, words)
            subject = _subject(choice, purpose)
        except Problem as problem:
            found.append(problem)
            continue
        if isinstance(subject, IdentifierKey):
            keys[place] = subject
            subject = Target(choice, purpose)
        found.append(Target(choice, purpose, subject.address, subject.address_hash, subject.identifier_id, wording))
    ids = _register(set(keys.values()), now)
    for place, key in keys.items():
        known = found[place]
        if isinstance(known, Target):
            found[place] = Target(known.choice, known.purpose, identifier_id=ids[key], wording=known.wording)
    return found


def refused(field: str, reason: str, detail: str) -> Problem:
    """The refusal of one choice."""
    errors = [{"field": field, "reason": reason, "detail": detail}]
    return Problem("invalid_consent", "This consent statement cannot be recorded", 422, detail, errors)


def _purpose(choice: Choice, purposes: Purposes) -> PurposeFacts:
    found = purposes.get(choice.purpose)
    if found is None:
        known = ", ".join(sorted(one.code for one in purposes.all))
        raise refused("purpose", "unknown_purpose", f"There is no purpose {choice.purpose!r}. Known: {known}.")
    return found


def _subject(choice: Choice, purpose: PurposeFacts) -> Target | IdentifierKey:
    if not purpose.channel:
        return _identified(choice, purpose)
    if choice.address_hash is not None and not choice.address:
        return Target(choice, purpose, address_hash=choice.address_hash)
    kind = KIND_OF_CHANNEL[purpose.channel]
    raw = choice.address
    if not raw and choice.identifier is not None and choice.identifier[0] == kind:
        raw = choice.identifier[1]
    if not raw:
        given = choice.identifier[0] if choice.identifier else "nothing"
        what = "an address: give email" if kind == "email" else "a phone number: give phone"
        raise refused(given, f"needs_{kind}", f"{purpose.code} is stated for {what} instead of {given}.")
    value = _canonical(kind, raw).value
    return Target(choice, purpose, value, address_hash(value))


def _identified(choice: Choice, purpose: PurposeFacts) -> Target | IdentifierKey:
    if choice.identifier_id is not None:
        return Target(choice, purpose, identifier_id=choice.identifier_id)
    if choice.identifier is not None:
        return _canonical(*choice.identifier)
    if choice.address:
        return _canonical("email" if "@" in choice.address else "phone", choice.address)
    if choice.address_hash is not None:
        return Target(choice, purpose, address_hash=choice.address_hash)
    raise refused("email", "one_subject", "Name exactly one of email, phone, user_id and anonymous_id.")


def _canonical(kind: str, raw: str) -> IdentifierKey:
    key = canonicalize(kind, raw)
    if isinstance(key, Blocked):
        raise refused(kind, key.reason, f"This {kind} identifies nobody ({key.reason}).")
    return key


def _words(choices: Sequence[Choice]) -> list[WordingFacts]:
    """Every version of the words these choices may mean."""
    by_id = {choice.wording_id for choice in choices if choice.wording_id is not None}
    versioned = {choice.purpose for choice in choices if choice.wording_version is not None}
    if not by_id and not versioned:
        return []
    rows = Wording.objects.filter(pk__in=by_id) | Wording.objects.filter(purpose_id__in=versioned)
    return [wording_facts(row) for row in rows]


def _wording(choice: Choice, words: Sequence[WordingFacts]) -> WordingFacts | None:
    if choice.wording_id is None and choice.wording_version is None:
        return None
    locale = choice.locale.replace("_", "-")
    for one in words:
        by_version = one.version == choice.wording_version and one.locale in (locale, locale.partition("-")[0].lower())
        if one.purpose == choice.purpose and (one.id == choice.wording_id or by_version):
            return one
    raise refused(
        "wording_version",
        "unknown_wording",
        f"{choice.purpose} has no such words: give wording_version together with the locale they were shown in.",
    )


def _register(keys: set[IdentifierKey], now: datetime) -> Mapping[IdentifierKey, int]:
    if not keys:
        return {}
    seen = to_us(now)
    return register_sightings([Sighting((key,), seen, seen, 0, b"\0" * 16) for key in sorted(keys)])
