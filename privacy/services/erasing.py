"""Erasing a person from every store: tombstones first, then the stores by stage, then what was under way, then a check.

1. In one transaction in which nobody stores events: tombstones, silence for the addresses, and the identifiers lose
   their names. From then on nobody is found by them, what is said of the past is refused, and whoever signs up again
   gets identifiers of their own. It is written to the journal outside the database before.
2. Every store by stage. Each step is idempotent, so a run that died anywhere is run again from its start.
3. Transactions that may have read what is now gone are waited for, and every store erases once more what they wrote.
4. Every store searches for remains.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from cdp.lib.conflicts import is_blameless
from cdp.lib.failures import describe
from cdp.lib.rights import Erased, Held, Person, Store
from consent import queries as consent
from consent.services import tombstones
from consent.services.forgetting import end_grants
from lake.queries.watermarks import horizon
from privacy import journal
from privacy.services.finding import UNSEEN, find_person_by_identifier
from privacy.stores import stores
from profiles.identifiers import PERSON_KINDS
from profiles.queries import find
from profiles.services import erasing as identities

log = structlog.get_logger(__name__)

TRIES = 3
PAUSE_S = 0.5
UNDER_WAY_S = 30.0


class _Joined(Exception):
    """Somebody joined the person since they were looked up."""


class ErasureIncomplete(Exception):
    """Something of the person is still held: run the erasure again. `remains`: {store name: records}."""

    def __init__(self, remains: dict[str, int]) -> None:
        super().__init__("still held: " + ", ".join(f"{name} ({count})" for name, count in sorted(remains.items())))
        self.remains = remains


def erasure_stores() -> tuple[Store, ...]:
    """What `erase_person` goes through, in its order: the tombstones, every store by stage, what was under way."""
    return (TOMBSTONES, *stores(), UNDER_WAY)


def erase_person(person: Person, now: datetime, *, exactly: bool = False) -> Iterator[tuple[Store, Erased]]:
    """Erase the person everywhere; after each of `erasure_stores` says what it did, as evidence.

    To be run to its end; run again after a failure or a crash, with the same `now`. `exactly`: these identifiers and no
    other that stands beside them now. Raises ErasureIncomplete where something still stands at the end.
    """
    person, laid = _hidden(person, now, exactly)
    yield TOMBSTONES, laid
    for store in (*stores(), UNDER_WAY):
        yield store, _erased(store, person, now)
    if left := remains(person):
        raise ErasureIncomplete(left)


def remains(person: Person) -> dict[str, int]:
    """{store name: records that still hold or point to the person}, of the stores that have any."""
    counts = {store.name: store.remains(person) for store in stores()}
    return {name: count for name, count in counts.items() if count}


def refused_hashes(person: Person) -> tuple[bytes, ...]:
    """Hashes of the identifiers that get a tombstone: those of a person always, others if nobody else used them."""
    shared = identities.used_by_others(person.ids)
    pairs = zip(person.identifiers, person.identifier_hashes, strict=True)
    return tuple(key for one, key in pairs if one.kind in PERSON_KINDS or one.id not in shared)


def _hidden(person: Person, now: datetime, exactly: bool) -> tuple[Person, Erased]:
    """The person as they stood when they lost their names, and what was done then."""
    lay = replace(TOMBSTONES, erase=partial(_lay, exactly=exactly))
    for _ in range(TRIES - 1):
        person = person if exactly else _as_it_stands(person, now)
        with suppress(_Joined):
            return person, _erased(lay, person, now)
    person = _as_it_stands(person, now)
    return person, _erased(lay, person, now)


def _as_it_stands(person: Person, now: datetime) -> Person:
    """With what joined the person since they were found, or lost its name in a run that died."""
    for one in (*person.identifiers, *_seen_since(person, now)):
        found = find_person_by_identifier(one.id)
        if found is None:
            continue
        nameless = tuple(own for own in found.identifiers if own.kind == identities.ERASED_KIND)
        known = set(person.ids)
        fresh = tuple(own for own in nameless or found.identifiers if own.id not in known)
        ids = tuple(dict.fromkeys((*person.profile_ids, *found.profile_ids)))
        seen = {(own.kind, own.value) for own in found.identifiers}
        kept = (held for held in person.identifiers if held.id != UNSEEN or (held.kind, held.value) not in seen)
        person = replace(person, identifiers=(*kept, *fresh), profile_ids=ids)
    return person


def _seen_since(person: Person, now: datetime) -> Iterator[Held]:
    """Rows of addresses that nobody had seen and somebody has now; after the erasure such a row is a newcomer's."""
    unseen = [(one.kind, one.value) for one in person.identifiers if one.id == UNSEEN]
    stones = consent.erased(unseen) if unseen else {}
    for key in unseen:
        found = find(*key) if key not in stones or stones[key].erased_at < now else None
        if found is not None and not found.is_shared:
            yield Held(found.id, found.kind, found.value)


def _erased(store: Store, person: Person, now: datetime) -> Erased:
    """What one store did; again after a conflict or when its server was away for a moment."""
    for attempt in range(1, TRIES):
        try:
            return store.erase(person, now)
        except Exception as error:
            if not is_blameless(error):
                raise
            log.warning("erasing_again", store=store.name, error=describe(error))
            time.sleep(PAUSE_S * attempt)
    return store.erase(person, now)


def _lay(person: Person, now: datetime, *, exactly: bool = True) -> Erased:
    """The journal first: what it knows and the database does not is made up for at the next start."""
    named = replace(person, identifiers=tuple(o for o in person.identifiers if o.kind != identities.ERASED_KIND))
    refused = refused_hashes(named)
    journal.note(journal.Noted(now, refused, named.identifier_hashes))
    with tombstones.no_event_meanwhile():
        if not exactly and set(_as_it_stands(person, now).ids) - set(person.ids):
            raise _Joined
        laid = tombstones.lay_tombstones(refused, now)
        nameless = identities.take_names(person.ids)
        ended = end_grants(person.address_hashes, now)
        silent = tombstones.silence_erased(person.address_hashes, now)
    counts = {"tombstones": laid, "identifiers without a name": nameless, "addresses silenced": silent}
    return Erased({**counts, "grants ended": ended})


def _no_remains(person: Person) -> int:
    return 0


def _once_more(person: Person, now: datetime) -> Erased:
    waited = _wait_for_others()
    counts: dict[str, int] = {}
    for store in stores():
        for name, count in _erased(store, person, now).counts.items():
            if count and "kept" not in name and "searched" not in name and "looked" not in name:
                counts[f"{store.name}: {name}"] = count
    return Erased(counts, later=() if waited else ("a long transaction was not waited for",))


def _wait_for_others() -> bool:
    """Whether every transaction that may have seen the person is over."""
    mark, until = horizon().xmax, time.monotonic() + UNDER_WAY_S
    while horizon().xmin < mark:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


TOMBSTONES = Store(
    name="tombstones",
    title="Refuse everything said of the person until now",
    stage=0,
    erase=_lay,
    remains=_no_remains,
    why_no_export="hashes that exist only after an erasure",
)
UNDER_WAY = Store(
    name="under way",
    title="What was under way meanwhile",
    stage=90,
    erase=_once_more,
    remains=_no_remains,
    why_no_export="no place of its own: every store once more",
)
