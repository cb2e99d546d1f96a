"""The live view: the items of the newest requests with what became of each, found by reading alone.

A waiting request's items wait. Of a done one: its events are in the log, its rejects in quarantine, its blanks were
refused, and what is none of these was a duplicate. Nothing is noted for this on the way in.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings

from cdp.lib import bulk_sql
from cdp.lib.values import as_text
from events import wire
from events.contracts import RequestFacts
from events.rejects import event_name

MOST_ITEMS = 200
MOST_OF_ONE = 50
MOST_REQUESTS = 60
MOST_BYTES = 4 * 1024 * 1024
NEAR = 1_000  # ids of requests
OVERLAP = 100
"""Ids are given before requests commit: this many below the newest one seen are looked at again."""
NEWEST = """
SELECT id, source_id, received_at, path_type, body, facts::text, items, done_at IS NOT NULL, lane, octet_length(body)
FROM (SELECT * FROM events_inbox WHERE {source} id > %s::bigint ORDER BY id DESC LIMIT %s::bigint) AS newest
WHERE id <> ALL(%s::bigint[])
UNION ALL
SELECT id, source_id, received_at, path_type, body, facts::text, items, done_at IS NOT NULL, lane, octet_length(body)
FROM events_inbox WHERE id = ANY(%s::bigint[])
ORDER BY id DESC
"""
STORED = """
SELECT inbox_id, index, id, identifier_id, name, flags, occurred_at
FROM unnest(%s::bigint[], %s::bigint[]) AS near(first, last)
CROSS JOIN LATERAL (SELECT * FROM events_event WHERE inbox_id BETWEEN near.first AND near.last OFFSET 0) AS event
WHERE inbox_id = ANY(%s::bigint[])
"""
REJECTED = """
SELECT inbox_id, index, id, reason FROM events_rejectedevent WHERE inbox_id = ANY(%s::bigint[])
"""
CONFLICTS = "SELECT inbox_id, index FROM events_messageconflict WHERE inbox_id BETWEEN %s::bigint AND %s::bigint"
ONE = "SELECT path_type, body, facts::text FROM events_inbox WHERE id = %s::bigint"
_facts = msgspec.json.Decoder(RequestFacts).decode


@dataclass(slots=True)
class SeenItem:
    """One item, its ids as sent. `verdict` is waiting, accepted, duplicate, conflict, rejected or refused."""

    index: int
    verdict: str
    type: str = ""
    name: str = ""
    user_id: str = ""
    anonymous_id: str = ""
    flags: tuple[str, ...] = ()
    reason: str = ""
    event_id: int | None = None
    identifier_id: int | None = None
    rejected_id: int | None = None
    occurred_at: datetime | None = None


@dataclass(slots=True)
class SeenRequest:
    """One request. `more`: items that are not listed."""

    id: int
    source_id: int
    received_at: datetime
    is_done: bool
    is_bulk: bool
    more: int = 0
    items: list[SeenItem] = field(default_factory=list)


def newest_requests(source_id: int | None, after: int = 0, again: Collection[int] = ()) -> list[SeenRequest]:
    """Newest first: up to 60 requests after this id, and those asked for `again` since they waited; up to 200 items."""
    source = "" if source_id is None else f"source_id = {int(source_id)} AND"
    known = sorted(again)[:MOST_REQUESTS]
    rows = bulk_sql.fetch(NEWEST.format(source=source), [max(0, after - OVERLAP), MOST_REQUESTS, known, known])
    found: list[SeenRequest] = []
    left, size = MOST_ITEMS, 0
    for row_id, source_of, at, path_type, body, facts, items, is_done, lane, length in rows:
        size += length
        if left <= 0 or (found and size > MOST_BYTES):
            break
        seen = SeenRequest(row_id, source_of, at, is_done, bool(lane))
        seen.items = _items(bytes(body), path_type, facts)[: min(left, MOST_OF_ONE)]
        seen.more = max(0, items - len(seen.items))
        left -= len(seen.items)
        found.append(seen)
    _judge([one for one in found if one.is_done])
    return found


def raw_item(inbox_id: int, index: int) -> bytes | None:
    """The bytes of one item of a request; None where there is none any more."""
    rows = bulk_sql.fetch(ONE, [inbox_id])
    if not rows:
        return None
    path_type, body, facts = rows[0]
    parsed = _parsed(bytes(body), path_type, facts)
    if parsed is None:
        return bytes(body)
    return next((getattr(item, "raw", b'{"blanked":true}') for item in parsed if item.index == index), None)


def _items(body: bytes, path_type: str, facts: str) -> list[SeenItem]:
    parsed = _parsed(body, path_type, facts)
    if parsed is None:
        return [SeenItem(0, "waiting", type="unreadable")]
    return [_item(item) for item in parsed]


def _parsed(body: bytes, path_type: str, facts: str) -> Sequence[Any] | None:
    bulk = path_type == "record"
    limits = wire.Limits(settings.BULK_MAX_EVENT_BYTES if bulk else settings.INGEST_MAX_EVENT_BYTES, 100_000)
    try:
        read = wire.parse(body, path_type=path_type, limits=limits, anonymous_id=_facts(facts).anonymous_id)
    except wire.Unreadable:
        return None
    return read.items


def _item(item: Any) -> SeenItem:
    if type(item) is wire.Item:
        head = item.head
        kind = str(head.type)
        name = head.event if kind == "track" else head.name
        return SeenItem(
            item.index,
            "waiting",
            type=kind,
            name=(as_text(name) or "")[:120],
            user_id=as_text(head.user_id) or "",
            anonymous_id=as_text(head.anonymous_id) or "",
        )
    if type(item) is wire.Fault:
        name = event_name(item.raw)
        return SeenItem(item.index, "waiting", type="?" if not name else "", name=name, reason=item.code)
    return SeenItem(item.index, "refused", type="erased")


def _near(ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """First and last of each run of ids near each other: between those of a quiet source lies the whole log."""
    first: list[int] = []
    last: list[int] = []
    for one in sorted(ids):
        if last and one - last[-1] <= NEAR:
            last[-1] = one
        else:
            first.append(one)
            last.append(one)
    return first, last


def _judge(requests: Sequence[SeenRequest]) -> None:
    if not requests:
        return
    ids = [one.id for one in requests]
    bounds = [min(ids), max(ids)]
    stored = {(row[0], row[1]): row[2:] for row in bulk_sql.fetch(STORED, [*_near(ids), ids])}
    rejected = {(row[0], row[1]): row[2:] for row in bulk_sql.fetch(REJECTED, [ids])}
    conflicts = set(bulk_sql.fetch(CONFLICTS, bounds))
    for request in requests:
        for item in request.items:
            place = (request.id, item.index)
            if place in stored:
                item.verdict = "accepted"
                item.event_id, item.identifier_id, name, item.flags, item.occurred_at = stored[place]
                item.name = name if item.type == "track" else item.name
            elif place in rejected:
                item.verdict = "rejected"
                item.rejected_id, item.reason = rejected[place]
            elif item.verdict != "refused":
                item.verdict = "conflict" if place in conflicts else "duplicate"
