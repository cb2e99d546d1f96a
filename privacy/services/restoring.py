"""After a dump was restored: erasures that the journal knows and the database does not are carried out again."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from cdp.alarms.services import raise_alarm
from cdp.lib import bulk_sql
from cdp.lib.hashing import identifier_hash
from cdp.lib.rights import Person
from consent.services import tombstones
from privacy import journal
from privacy.journal import Noted
from privacy.services.erasing import ErasureIncomplete, erase_person
from privacy.services.finding import find_person, person_of
from privacy.stores import stores
from profiles import queries as profiles
from profiles.identifiers import PERSON_KINDS
from profiles.services.erasing import ERASED_KIND

STANDING = "SELECT identifier_hash, erased_at FROM consent_tombstone WHERE identifier_hash = ANY(%s::bytea[])"


@dataclass(frozen=True, slots=True)
class Applied:
    """One erasure of the journal. `identifiers`: how many of its identifiers the database held (again)."""

    erased_at: datetime
    identifiers: int


def unknown() -> list[Noted]:
    """Erasures of the journal of which the database lacks a tombstone."""
    found = list(journal.noted())
    asked = sorted({key for one in found for key in one.refused})
    stand = {bytes(key): at for key, at in bulk_sql.fetch(STANDING, [asked])} if asked else {}
    return [one for one in found if any(key not in stand or stand[key] < one.erased_at for key in one.refused)]


def apply_journal() -> Iterator[Applied]:
    """Carry out what `unknown` lists. Reads every identifier once, and none where the database knows everything."""
    pending = unknown()
    if not pending:
        return
    held = _held({key for one in pending for key in one.held})
    for one in pending:
        names = [held[key] for key in one.held if key in held]
        for kind, value in (held[key] for key in one.refused if key in held):
            person = find_person(kind, value)
            if person is not None and person.profile_ids:
                _erase(_without_others(person, one), one.erased_at)
        with tombstones.no_event_meanwhile():
            tombstones.lay_tombstones(one.refused, one.erased_at)
        yield Applied(one.erased_at, len(names))


def finish_nameless(now: datetime) -> int:
    """Erase to the end who lost their name in a run that died and was not begun again. Returns how many people."""
    people = {facts.profile_id for facts in profiles.of_kind(ERASED_KIND)}
    for profile_id in sorted(people):
        person = person_of(profile_id)
        for store in stores():
            store.erase(person, now)
    return len(people)


def _without_others(person: Person, noted: Noted) -> Person:
    """Who was erased then. The dump may know somebody else as one with them, who was separated later: they stay."""
    known = set(noted.held)
    pairs = list(zip(person.identifiers, person.identifier_hashes, strict=True))
    if all(key in known or one.kind not in PERSON_KINDS for one, key in pairs):
        return person
    return Person(tuple(one for one, key in pairs if key in known))


def _erase(person: Person, erased_at: datetime) -> None:
    try:
        for _ in erase_person(person, erased_at, exactly=not person.profile_ids):
            pass
    except ErasureIncomplete as left:
        raise_alarm(
            "privacy.erasure_incomplete",
            "",
            f"An erasure from before a restored dump is not complete: {left}. What is listed is not erased by itself"
            " once its name is gone: look there.",
            level="error",
        )


def _held(keys: Collection[bytes]) -> dict[bytes, tuple[str, str]]:
    """{hash: (kind, value)} of those that stand among the identifiers."""
    wanted = set(keys)
    pairs = (
        (identifier_hash(kind, value), (kind, value)) for kind, value in profiles.addresses(profiles.identifier_kinds())
    )
    return {key: pair for key, pair in pairs if key in wanted}
