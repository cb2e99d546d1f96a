"""Planning a slice: claimed requests read into entries, each with its fate. Reads the database, writes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from cdp.lib.hashing import message_hash
from consent import queries as consent
from consent import signals
from consent.contracts import TombstoneFacts
from events import posthog, queries, wire
from events.anonymizing import ANONYMOUS_ID, FLAG, stripped
from events.cleaning.ground import Ground
from events.contracts import RANGE, RequestFacts, SourceFacts
from events.digests import digest_of
from events.identifying import blocked_by_rules, identify
from events.items import OpenItem, open_item
from events.queries.quarantine import settled_places
from events.services.accepting import read
from events.services.claiming import InboxRow
from events.services.conforming import STAGE, breach_of
from events.services.denying import ANONYMOUS, REFUSE, STORE, fate_of, signal_of
from events.services.grounding import ground_of
from events.vouching import NOTHING, REFUSED_FLAG
from plans.contracts import Breach
from plans.queries import Plan as TrackingPlan
from plans.queries import plan_now
from profiles.contracts import IdentifierKey, Sighting
from profiles.identifiers import NOBODY
from profiles.identity import IdentityRules
from profiles.rules_in_force import rules_now

BROWSER_LINK_FLOOR_US = timedelta(days=7) // timedelta(microseconds=1)
# A probe a message, whatever the planner believes of the table's size: a join of two lists read the whole table.
KNOWN = """
SELECT asked.source_id, asked.message_hash, found.occurred_at, found.digest
FROM unnest(%s::bigint[], %s::bytea[]) AS asked(source_id, message_hash)
CROSS JOIN LATERAL (
  SELECT occurred_at, digest FROM events_storedmessage AS stored
  WHERE stored.source_id = asked.source_id AND stored.message_hash = asked.message_hash LIMIT 1) AS found
"""
NOTHING_TOLD = RequestFacts()
MessageKey = tuple[int, bytes]
Known = dict[MessageKey, tuple[datetime, int | None]]


class Entry(msgspec.Struct, frozen=True):
    """One item of one claimed request."""

    row: InboxRow
    item: wire.Item | wire.Fault | wire.Blank
    sent_at: object


class Origin(NamedTuple):
    """What an event was read from."""

    item: wire.Item
    sent_at: object


class Fresh(msgspec.Struct):
    """A new event, identified. `keys` are its identifiers, strongest first. `speaks`: it may say something about
    consent; `fate`: what becomes of it by what it denies itself."""

    row: InboxRow
    source: SourceFacts
    item: OpenItem
    hash: bytes
    received_us: int
    keys: tuple[IdentifierKey, ...]
    digest: int
    breach: Breach | None = None
    speaks: bool = False
    fate: str = STORE
    origin: "Origin | None" = None

    @property
    def key(self) -> MessageKey:
        """What tells messages apart."""
        return self.source.id, self.hash


@dataclass(frozen=True, slots=True)
class Reject:
    """An item bound for quarantine."""

    row: InboxRow
    index: int
    stage: str
    reason: str
    detail: str
    raw: bytes
    breach: Breach | None = None


@dataclass(slots=True)
class Plan:
    """What is to become of every entry: each stands in exactly one of the first four lists.

    `conflicts` are those of the duplicates that say something else than the first message of their id did; `rules`:
    those the slice is worked under. `heard`: events whose word on consent counts although they are not stored as they
    came; `stripped`: what replaces an item in its raw request; `sizes`: of such requests, how many items were planned.
    """

    fresh: list[Fresh] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    duplicates: list[InboxRow] = field(default_factory=list)
    refused: list[tuple[InboxRow, int]] = field(default_factory=list)
    conflicts: list[Fresh] = field(default_factory=list)
    heard: list[Fresh] = field(default_factory=list)
    stripped: list[tuple[InboxRow, int, bytes]] = field(default_factory=list)
    sizes: Counter[int] = field(default_factory=Counter)
    rules: IdentityRules = field(default_factory=rules_now)


def read_rows(rows: Iterable[InboxRow]) -> list[Entry]:
    """Every item of every row, in (row, index) order, leaving out what a row has behind it.

    Of requests that go through again also what staff dismissed, and what they sent again: that is the item now.
    """
    entries: list[Entry] = []
    again: list[int] = []
    for row in rows:
        entries += _read_row(row)
        if row.facts.replay == RANGE:
            again.append(row.id)
    settled = settled_places(again) if again else set()
    return [one for one in entries if (one.row.id, one.item.index) not in settled] if settled else entries


def plan(entries: Sequence[Entry], *, as_new: bool = False) -> Plan:
    """Decide the fate of each entry: reject, duplicate, refuse, or fresh. `as_new`: as if none had been stored."""
    result = Plan()
    requests: dict[int, _Request] = {}
    opened = [found for entry in entries if (found := _open(entry, result, requests)) is not None]
    known = known_messages({one.key for one in opened})
    tombstones = _tombstones(opened)
    tracking = plan_now()
    first: dict[MessageKey, int] = {}
    for one in opened:
        key = one.key
        stored = known.get(key)
        # Tombstones first: what was stored before the erasure and is sent again is refused and blanked, not counted
        # as a duplicate and kept.
        if tombstones and _is_erased(one, tombstones, stored[0] if stored else None):
            result.refused.append((one.row, one.item.index))
            continue
        if one.fate != STORE:
            kept = _denied(one, stored is not None and not as_new, result)
            if kept is None:
                continue
            one = kept
        if (stored is not None and not as_new) or key in first:
            result.duplicates.append(one.row)
            if differs(one.digest, stored[1] if stored is not None and not as_new else first[key]):
                result.conflicts.append(one)
        elif _conforms(one, tracking, result):
            first[key] = one.digest
            result.fresh.append(one)
    if result.heard:
        result.sizes.update(entry.row.id for entry in entries)
    return result


def opened(entries: Iterable[Entry]) -> tuple[list[Fresh], list[Reject]]:
    """Every usable item with its identifiers, and the others, whatever became of them when they were processed."""
    result = Plan()
    requests: dict[int, _Request] = {}
    found = [one for entry in entries if (one := _open(entry, result, requests)) is not None]
    return found, result.rejects


def _denied(one: Fresh, is_stored: bool, result: Plan) -> Fresh | None:
    """What is left of an event that denies itself; None where nothing is. What it says about consent is heard."""
    if one.fate == REFUSE:
        if is_stored:  # under other settings: it is in the log, and stays
            return one
        result.heard.append(one)
        result.refused.append((one.row, one.item.index))
        return None
    result.heard.append(one)
    if one.origin is None:
        return one
    found = without_anybody(one, one.origin)
    result.stripped.append((one.row, one.item.index, found.item.raw))
    return found


def without_anybody(one: Fresh, origin: Origin) -> Fresh:
    """The event as its stripped item reads: the same as when that is read again."""
    item = wire.reread(one.item.index, stripped(origin.item), one.item.type)
    return _nobody(one.row, item, origin.sent_at, one.source, one.received_us)


def differs(digest: int, first: int | None) -> bool:
    """Whether a message says something else than the first of its id; of those stored before digests nobody knows."""
    return first is not None and digest != first


def _conforms(one: Fresh, tracking: TrackingPlan, result: Plan) -> bool:
    """Whether the tracking plan lets it in. What it refuses is not stored: the same message may come again, mended."""
    item = one.item
    verdict = tracking.verdict(one.source.id, item.type, item.name, item.properties, item.context)
    if verdict is None:
        return True
    breach = breach_of(one.row, item, verdict)
    if not verdict.refuses:
        one.breach = breach
        return True
    result.rejects.append(Reject(one.row, item.index, STAGE, verdict.reason, verdict.sentences, item.raw, breach))
    return False


def sightings(fresh: Iterable[Fresh]) -> list[Sighting]:
    """One sighting a distinct set of identifiers and source, with the earliest time and its evidence."""
    earliest: dict[tuple[tuple[IdentifierKey, ...], int], tuple[int, bytes, int]] = {}
    for one in fresh:
        key = (one.keys, one.source.id)
        link_us = (
            one.item.at_us if one.source.server_side else max(one.item.at_us, one.received_us - BROWSER_LINK_FLOOR_US)
        )
        old = earliest.get(key)
        if old is None:
            earliest[key] = (link_us, one.hash, one.item.at_us)
        elif (link_us, one.hash) < old[:2] or one.item.at_us < old[2]:
            earliest[key] = (*min((link_us, one.hash), old[:2]), min(one.item.at_us, old[2]))
    return [
        Sighting(keys, seen_us, link_us, source_id, evidence)
        for (keys, source_id), (link_us, evidence, seen_us) in earliest.items()
    ]


def sightings_of_heard(heard: Iterable[Fresh]) -> list[Sighting]:
    """Of events not stored as they came only the strongest identifier is kept, for the ledger: nothing is linked."""
    return [Sighting((one.keys[0],), one.received_us, one.received_us, one.source.id, one.hash) for one in heard]


def _read_row(row: InboxRow) -> list[Entry]:
    try:
        request = read(row.body, path_type=row.path_type, facts=row.facts)
    except wire.Unreadable as fault:
        # The door refuses such bodies: only limits lowered since, or a hand that wrote the row, lead here.
        return [Entry(row, wire.Fault(0, row.body, fault.code, fault.detail), None)]
    sent_at = request.sent_at if request.sent_at is not None else row.facts.sent_at or None
    return [Entry(row, item, sent_at) for item in request.items if item.index >= row.next_index]


def _open(entry: Entry, result: Plan, requests: dict[int, "_Request"]) -> Fresh | None:
    row, item = entry.row, entry.item
    if type(item) is wire.Item:
        request = requests.get(row.id)
        if request is None:
            request = requests[row.id] = _request_of(row)
        return _identify(row, item, entry.sent_at, request, result)
    if type(item) is wire.Fault:
        result.rejects.append(Reject(row, item.index, item.stage, item.code, item.reason, item.raw))
    else:
        result.refused.append((row, item.index))
    return None


class _Request(NamedTuple):
    """What all events of a request share."""

    source: SourceFacts
    received_us: int
    ground: Ground


def _request_of(row: InboxRow) -> _Request:
    source = queries.source_by_id(row.source_id)
    assert source is not None  # the foreign key holds it
    return _Request(source, to_us(row.received_at), ground_of(source, row.facts))


def _identify(row: InboxRow, item: wire.Item, sent_at: object, request: _Request, result: Plan) -> Fresh | None:
    source, received_us, ground = request
    if item.head.anonymous_id == ANONYMOUS_ID:
        return _nobody(row, item, sent_at, source, received_us)
    opened = open_item(item, inbox_id=row.id, sent_at=sent_at, received_us=received_us, ground=ground)
    vouched = NOTHING
    if row.facts.user_token or "userToken" in opened.context:
        vouched = _vouched(row, opened)
    found = identify(
        type=opened.type,
        user_id=opened.user_id,
        anonymous_id=opened.anonymous_id,
        previous_id=opened.previous_id,
        properties=opened.properties,
        traits=opened.traits,
        context=opened.context,
        trust=source.trust,
        vouched=vouched,
    )
    keys = found.keys if result.rules.is_plain else result.rules.applied(found.keys)
    if not keys:
        reason, mending = (found.reason, found.mending) if not found.keys else blocked_by_rules(found.keys)
        result.rejects.append(Reject(row, item.index, "identity", reason, mending, item.raw))
        return None
    if found.unproven:
        opened.flags = (*opened.flags, *(f"unproven_{kind}" for kind in found.unproven))
    digest = digest_of(item.head)
    fresh = Fresh(row, source, opened, message_hash(opened.message_id), received_us, keys, digest)
    said = (
        row.facts.consent_done
    )  # by whoever recorded it: it would be said a second time, and perhaps taken back since
    if not said and signals.may_speak(name=opened.name, context=opened.context, gpc=row.facts.gpc):
        _listen(fresh, item, sent_at)
    return fresh


def _listen(fresh: Fresh, item: wire.Item, sent_at: object) -> None:
    """Note that an event may say something about consent, and what becomes of it by that."""
    row, source = fresh.row, fresh.source
    signal = signal_of(
        fresh.item,
        source_id=source.id,
        server_side=source.server_side,
        message_hash=fresh.hash,
        gpc=row.facts.gpc,
    )
    fresh.speaks = True
    if signals.is_malformed(signal):
        fresh.item.flags = (*fresh.item.flags, signals.MALFORMED)
    fresh.fate = fate_of(fresh.item, signal)
    if fresh.fate == ANONYMOUS and row.path_type == posthog.PATH_TYPE:
        fresh.fate = REFUSE  # its items are of another shape, which has no stripped form
    if fresh.fate == ANONYMOUS:
        fresh.origin = Origin(item, sent_at)


def _nobody(row: InboxRow, item: wire.Item, sent_at: object, source: SourceFacts, received_us: int) -> Fresh:
    """An event without anybody: it hangs on its source's identifier that is nobody's; the head says nothing."""
    ground = ground_of(source, NOTHING_TOLD)
    opened = open_item(item, inbox_id=row.id, sent_at=sent_at, received_us=received_us, ground=ground)
    opened.flags = (*opened.flags, FLAG)
    keys = (IdentifierKey(NOBODY, f"source-{source.id}"),)
    return Fresh(row, source, opened, message_hash(opened.message_id), received_us, keys, digest_of(item.head))


def _vouched(row: InboxRow, opened: OpenItem) -> frozenset[IdentifierKey]:
    """What the event's tokens vouch for; its own is taken out of the context, so that no token reaches the log."""
    given = (row.facts.user_token, opened.context.pop("userToken", None))
    found, is_refused = queries.vouched_by_all(tuple(token for token in given if token), received_at=row.received_at)
    if is_refused:
        opened.flags = (*opened.flags, REFUSED_FLAG)
    return found


def known_messages(keys: set[MessageKey]) -> Known:
    """Of each message stored before: the time it was stored under, and the digest of what it said."""
    if not keys:
        return {}
    ordered = sorted(keys)
    found = bulk_sql.fetch(KNOWN, [[key[0] for key in ordered], [key[1] for key in ordered]])
    return {(source_id, message): (occurred_at, digest) for source_id, message, occurred_at, digest in found}


def _tombstones(opened: list[Fresh]) -> dict[tuple[str, str], TombstoneFacts]:
    keys = {key for one in opened for key in one.keys}
    return consent.erased(sorted(keys)) if keys else {}


def _is_erased(
    one: Fresh, tombstones: dict[tuple[str, str], TombstoneFacts], stored_under: datetime | None = None
) -> bool:
    """Whether the event is of an erased person's past. A message's first stored time stays, whatever it says now."""
    at_us = one.item.at_us if stored_under is None else min(one.item.at_us, to_us(stored_under))
    for key in one.keys:
        stone = tombstones.get(key)
        if stone is not None and (stone.refuses_all or one.source.kind == "import" or at_us <= to_us(stone.erased_at)):
            return True
    return False
