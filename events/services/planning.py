"""Planning a slice: claimed requests read into entries, each with its fate. Reads the database, writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from cdp.lib.hashing import message_hash
from consent import queries as consent
from consent.contracts import TombstoneFacts
from events import queries, wire
from events.contracts import SourceFacts
from events.identifying import identify
from events.items import OpenItem, open_item
from events.services.accepting import read
from events.services.claiming import InboxRow
from profiles.contracts import IdentifierKey, Sighting

BROWSER_LINK_FLOOR_US = timedelta(days=7) // timedelta(microseconds=1)
# A probe a message, whatever the planner believes of the table's size: a join of two lists read the whole table.
KNOWN = """
SELECT source_id, message_hash, occurred_at FROM (
  SELECT source_id, message_hash,
    (SELECT stored.occurred_at FROM events_storedmessage AS stored
     WHERE stored.source_id = asked.source_id AND stored.message_hash = asked.message_hash) AS occurred_at
  FROM unnest(%s::bigint[], %s::bytea[]) AS asked(source_id, message_hash) OFFSET 0) AS looked_up
WHERE occurred_at IS NOT NULL
"""
MessageKey = tuple[int, bytes]


class Entry(msgspec.Struct, frozen=True):
    """One item of one claimed request."""

    row: InboxRow
    item: wire.Item | wire.Fault | wire.Blank
    sent_at: object


class Fresh(msgspec.Struct):
    """A new event, identified. `keys` are its identifiers, strongest first."""

    row: InboxRow
    source: SourceFacts
    item: OpenItem
    hash: bytes
    received_us: int
    keys: tuple[IdentifierKey, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """An item bound for quarantine."""

    row: InboxRow
    index: int
    stage: str
    reason: str
    detail: str
    raw: bytes


@dataclass(slots=True)
class Plan:
    """What is to become of every entry: each stands in exactly one of the four lists."""

    fresh: list[Fresh] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    duplicates: list[InboxRow] = field(default_factory=list)
    refused: list[tuple[InboxRow, int]] = field(default_factory=list)


def read_rows(rows: Iterable[InboxRow]) -> list[Entry]:
    """Every item of every row, in (row, index) order, leaving out what a row has behind it."""
    return [entry for row in rows for entry in _read_row(row)]


def plan(entries: Sequence[Entry]) -> Plan:
    """Decide the fate of each entry: reject, duplicate, refuse, or fresh."""
    result = Plan()
    opened = [found for entry in entries if (found := _open(entry, result)) is not None]
    known = _known({(one.source.id, one.hash) for one in opened})
    tombstones = _tombstones(opened)
    seen: set[MessageKey] = set()
    for one in opened:
        key = (one.source.id, one.hash)
        # Tombstones first: what was stored before the erasure and is sent again is refused and blanked, not counted
        # as a duplicate and kept.
        if tombstones and _is_erased(one, tombstones, known.get(key)):
            result.refused.append((one.row, one.item.index))
        elif key in known or key in seen:
            result.duplicates.append(one.row)
        else:
            seen.add(key)
            result.fresh.append(one)
    return result


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


def _read_row(row: InboxRow) -> list[Entry]:
    try:
        request = read(row.body, path_type=row.path_type, facts=row.facts)
    except wire.Unreadable as fault:
        # The door refuses such bodies: only limits lowered since, or a hand that wrote the row, lead here.
        return [Entry(row, wire.Fault(0, row.body, fault.code, fault.detail), None)]
    sent_at = request.sent_at if request.sent_at is not None else row.facts.sent_at or None
    return [Entry(row, item, sent_at) for item in request.items if item.index >= row.next_index]


def _open(entry: Entry, result: Plan) -> Fresh | None:
    row, item = entry.row, entry.item
    if type(item) is wire.Item:
        return _identify(row, item, entry.sent_at, result)
    if type(item) is wire.Fault:
        result.rejects.append(Reject(row, item.index, item.stage, item.code, item.reason, item.raw))
    else:
        result.refused.append((row, item.index))
    return None


def _identify(row: InboxRow, item: wire.Item, sent_at: object, result: Plan) -> Fresh | None:
    source = queries.source_by_id(row.source_id)
    assert source is not None  # the foreign key holds it
    received_us = to_us(row.received_at)
    opened = open_item(item, inbox_id=row.id, sent_at=sent_at, received_us=received_us)
    found = identify(
        type=opened.type,
        user_id=opened.user_id,
        anonymous_id=opened.anonymous_id,
        previous_id=opened.previous_id,
        properties=opened.properties,
        traits=opened.traits,
        context=opened.context,
        asserts=source.asserts,
    )
    if not found.keys:
        result.rejects.append(Reject(row, item.index, "identity", "nobody_named", found.blocked, item.raw))
        return None
    return Fresh(row, source, opened, message_hash(opened.message_id), received_us, found.keys)


def _known(keys: set[MessageKey]) -> dict[MessageKey, datetime]:
    """The time each message stored before was stored under."""
    if not keys:
        return {}
    ordered = sorted(keys)
    found = bulk_sql.fetch(KNOWN, [[key[0] for key in ordered], [key[1] for key in ordered]])
    return {(source_id, message): occurred_at for source_id, message, occurred_at in found}


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
