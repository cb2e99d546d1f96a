"""Which segments somebody counts as being in while a request waits: offers, decisions and experiments ask it.

`known_of` asks the consent gate once a request; only what it answers can be asked about. Of a whole person the stored
memberships count, of a stranger what holds for somebody of whom nothing is known. A browser with a public key gets the
rules that look at nothing but events, asked of the events that hang on the very identifier it named.
"""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec

import profiles.queries
from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from cdp.lib.values import read_number
from consent.contracts import PERSONALIZATION, NewRefusal, Subject
from consent.queries import allows
from people.queries.callers import Whose
from segments.queries.live import LiveSegment, by_level, company_zone, live_segments
from segments.rules import Mentions, PastEvent, PersonFacts
from segments.rules.facts import ANY_EVENT

KEPT_S = 3.0
MOST_EVENTS = 1_000
HELD = """SELECT segment_id FROM segments_membership
WHERE profile_id = %s::uuid AND left_at IS NULL AND segment_id = ANY(%s::bigint[])"""
COLUMNS = "name, (extract(epoch FROM occurred_at) * 1000000)::bigint, properties::text, id, context->>'channel'"
NEWEST = f"""SELECT {COLUMNS} FROM events_event
WHERE identifier_id = ANY(%s::bigint[]) AND occurred_at >= %s::timestamptz
ORDER BY occurred_at DESC, id DESC LIMIT %s::int"""  # noqa: S608 - our own columns
NEWEST_NAMED = f"""SELECT {COLUMNS} FROM events_event
WHERE identifier_id = ANY(%s::bigint[]) AND occurred_at >= %s::timestamptz AND name = ANY(%s::text[])
ORDER BY occurred_at DESC, id DESC LIMIT %s::int"""  # noqa: S608
LONG_AGO = timedelta(days=36_500)
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode


class Somebody(Protocol):
    """Whoever is asked about, after the consent gate: see `Known`."""

    @property
    def is_browser(self) -> bool: ...
    @property
    def profile_id(self) -> UUID | None: ...
    @property
    def identifier_ids(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who may be treated by what they did, or nobody: unknown, shared by many, or refusing it.

    `profile_id` of a whole person. `identifier_ids`: whose facts count; of a browser with a public key exactly what
    hangs on them. `person_ids`: all identifiers of the person, never to be answered with. `refusal`: why a known
    person is nobody here; the caller notes it (`consent.services.note_refusals`).
    """

    is_browser: bool = False
    profile_id: UUID | None = None
    identifier_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] = ()
    refusal: NewRefusal | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether nothing of anybody counts."""
        return not self.identifier_ids


def known_of(found: Whose, now: datetime, *, is_browser: bool, use: str = "decision") -> Known:
    """Whom the personalization purpose lets be known, in one or two statements. `is_browser`: a write key asks; `use`:
    what is noted as not done where it is refused. A refusal made anywhere holds on every device."""
    own, person = _identifiers(found)
    if not own:
        return Known(is_browser)
    decision = allows(Subject(identifier_ids=person), PERSONALIZATION, now)
    if not decision.allowed:
        refusal = NewRefusal(use, PERSONALIZATION, decision.reason, entry_id=decision.evidence, identifier_id=person[0])
        return Known(is_browser, refusal=refusal)
    return Known(is_browser, None if is_browser else found.profile_id, own, person)


def standing(known: Somebody, slugs: Collection[str], now: datetime) -> frozenset[str]:
    """Those of the live segments `slugs` that this somebody is in, in at most one statement."""
    kept = _kept.current(now)
    wanted = [kept.by_slug[slug] for slug in slugs if slug in kept.by_slug]
    if not wanted:
        return frozenset()
    if known.is_browser:
        return _of_browser(known, wanted, now)
    if known.profile_id is None:
        return kept.strangers.intersection(slugs)
    rows = bulk_sql.fetch_often(HELD, [known.profile_id, [one.id for one in wanted]])
    held = {segment_id for (segment_id,) in rows}
    return frozenset(one.slug for one in wanted if one.id in held)


def asks_events_only(mentions: Mentions) -> bool:
    """Whether a rule looks at nothing but events, so that a browser with a public key may be asked about it."""
    beside = (mentions.traits, mentions.computed, mentions.segments, mentions.lists, mentions.purposes)
    return not any(beside) and not (mentions.orders or mentions.identifiers or mentions.catalog)


def answerable_by_browsers(slugs: Collection[str], now: datetime) -> frozenset[str]:
    """Those of these live segments that can hold for a browser with a public key at all."""
    kept = _kept.current(now)
    return frozenset(slug for slug in slugs if slug in kept.by_slug and asks_events_only(kept.by_slug[slug].mentions))


def forget_standing() -> None:
    """Read the live segments afresh at the next question, in this process."""
    _kept.forget()


def _identifiers(found: Whose) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Whose facts count and whom the gate is asked about; none for an identifier that is nobody's."""
    if found.profile_id is not None:
        ids = found.person_ids
        if ids is None:
            ids = tuple(profiles.queries.askable(profile_id=found.profile_id))
        return ids, ids
    if not found.identifier_ids:
        return (), ()
    if found.person_ids is None:
        own, person = profiles.queries.askable_beside(found.identifier_ids)
        return tuple(own), tuple(person)
    return (found.identifier_ids if found.person_ids else ()), found.person_ids


def _of_browser(known: Somebody, wanted: Sequence[LiveSegment], now: datetime) -> frozenset[str]:
    asked = [one for one in wanted if asks_events_only(one.mentions)]
    events = _events(known.identifier_ids, [one.mentions for one in asked], now) if known.identifier_ids else ()
    facts = PersonFacts(events=events, zone=company_zone())
    now_us = to_us(now)
    return frozenset(one.slug for one in asked if one.rule.evaluate(facts, now_us))


def _events(ids: tuple[int, ...], mentions: Sequence[Mentions], now: datetime) -> tuple[PastEvent, ...]:
    """The newest events that these rules can look at."""
    if not mentions:
        return ()
    names = sorted(frozenset[str]().union(*(one.events for one in mentions)))
    reach = [one.reach_us for one in mentions if one.reach_us is not None]
    since = now - (timedelta(microseconds=max(reach)) if len(reach) == len(mentions) else LONG_AGO)
    if ANY_EVENT in names:
        rows = bulk_sql.fetch_often(NEWEST, [list(ids), since, MOST_EVENTS])
    else:
        rows = bulk_sql.fetch_often(NEWEST_NAMED, [list(ids), since, names, MOST_EVENTS])
    return tuple(
        PastEvent(name, at_us, _objects(properties) if properties else {}, event_id, channel)
        for name, at_us, properties, event_id, channel in rows
    )


class _Live(NamedTuple):
    """The live segments by slug, and those a stranger is in."""

    by_slug: Mapping[str, LiveSegment]
    strangers: frozenset[str]


class _Keeper:
    """The live segments, read again every three seconds by one thread while the others go by what there is."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.live: _Live | None = None
        self.refresh_at = 0.0

    def current(self, now: datetime) -> _Live:
        found = self.live
        if found is not None and time.monotonic() < self.refresh_at:
            return found
        if not self.lock.acquire(blocking=found is None):
            return found if found is not None else self.current(now)
        try:
            if self.live is None or time.monotonic() >= self.refresh_at:
                self.live = _read(now)
                self.refresh_at = time.monotonic() + KEPT_S
            return self.live
        finally:
            self.lock.release()


_kept = _Keeper()


def _read(now: datetime) -> _Live:
    segments = live_segments()
    return _Live({one.slug: one for one in segments}, _strangers(segments, now))


def _strangers(segments: Sequence[LiveSegment], now: datetime) -> frozenset[str]:
    """What holds for somebody of whom nothing is known, with segments that use others after those."""
    now_us, held, zone = to_us(now), set[str](), company_zone()
    for level in by_level(segments):
        facts = PersonFacts(segments=frozenset(held), zone=zone)
        held.update(one.slug for one in level if one.rule.evaluate(facts, now_us))
    return frozenset(held)
