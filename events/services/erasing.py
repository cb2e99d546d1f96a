"""Erasing a person's events: from the log with their items in the raw requests, and wherever else raw bytes name them.

In bounded transactions, each complete in itself: run again, it goes on where it was. Counters of days stay, since they
count nobody in particular; hashes of message ids stay, so that what is sent again is known to be nothing new.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from cdp.lib.conflicts import retrying
from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import asked, may_name
from cdp.outbox.services.forgetting import forget_topics
from events import wire
from events.blanking import BLANK, blank, is_blank
from events.contracts import RequestFacts
from events.services import planning
from events.services.accepting import read
from events.services.claiming import InboxRow
from plans import services as plans

BATCH = 2_000
REQUESTS_AT_ONCE = 20_000
BODIES_AT_ONCE = 25
"""Requests held in memory, and locked while they are searched: each may be as large as a body may be."""
TAKE = """
SELECT id, inbox_id, index, source_id, type, name, properties::text, cart_id FROM events_event
WHERE identifier_id = ANY(%s::bigint[]) LIMIT %s
"""
READ = """
SELECT id, source_id, received_at, path_type, body, facts::text, lane FROM events_inbox
WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE
"""
# How far processing has come with a request that waits is kept.
WRITE = """
UPDATE events_inbox SET body = %s::bytea, facts = %s::jsonb || (
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(facts)
  WHERE key IN ('trying', 'tries', 'next_index', 'sent_again'))
WHERE id = %s
"""
DELETE = "DELETE FROM events_event WHERE id = ANY(%s::bigint[])"
OTHERS = """
SELECT inbox_id, index FROM events_event
WHERE inbox_id = ANY(%s::bigint[]) AND NOT identifier_id = ANY(%s::bigint[])
"""
ENDS = "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM events_inbox"
NAMING = f"""
SELECT id FROM events_inbox CROSS JOIN LATERAL (
  SELECT encode(body, 'escape') || ' ' || facts::text AS said OFFSET 0) AS request
WHERE id BETWEEN %s AND %s AND {may_name("said")} ORDER BY id
"""  # noqa: S608 - names of our own
REJECTS = f"""
SELECT id, raw, edited, detail, note FROM events_rejectedevent CROSS JOIN LATERAL (
  SELECT concat_ws(' ', encode(raw, 'escape'), encode(edited, 'escape'), detail, note) AS said OFFSET 0) AS item
WHERE received_at <= %s AND {may_name("said")} ORDER BY id
"""  # noqa: S608 - names of our own
EMPTY_REJECTS = """
UPDATE events_rejectedevent SET raw = %s::bytea, edited = NULL, detail = '', note = 'erased', name = '',
  resolution = CASE WHEN resolved_at IS NULL THEN 'dismissed' ELSE resolution END,
  resolved_at = coalesce(resolved_at, %s::timestamptz)
WHERE id = ANY(%s::bigint[])
"""
_facts = msgspec.json.Decoder(RequestFacts).decode
_encode = msgspec.json.Encoder().encode
Keys = frozenset[tuple[str, str]]


def erase_events(identifier_ids: Collection[int]) -> dict[str, int]:
    """Delete the events of these identifiers, blank them in their raw requests, and take back samples learned of them.

    Batches of 2,000, each a transaction. Counts by what was done.
    """
    ids = list(identifier_ids)
    events = items = 0
    while True:
        deleted, blanked = retrying(lambda: _erase_batch(ids))
        if not deleted:
            return {"events deleted": events, "items blanked in raw requests": items}
        events, items = events + deleted, items + blanked


def erase_raw(identifiers: Keys, identifier_ids: Collection[int], erased_at: datetime) -> dict[str, int]:
    """Blank in every kept raw request what names one of these identifiers and is not another person's event.

    That finds what was sent twice, refused or is still waiting. Reads every request once. What happened after
    `erased_at` stays: they are back.
    """
    items = requests = 0
    for part in _naming(Mentions(identifiers)):
        count = retrying(lambda part=part: _blank_theirs(part, identifiers, identifier_ids, erased_at))  # type: ignore[misc]
        items, requests = items + count, requests + len(part)
    return {"raw requests looked into": requests, "items blanked in raw requests": items}


def erase_rejects(identifiers: Keys, erased_at: datetime) -> int:
    """Empty items in quarantine that name one of these identifiers; open ones count as dismissed. How many."""
    ids = _naming_rejects(Mentions(identifiers), erased_at)
    return bulk_sql.execute(EMPTY_REJECTS, [bytes(BLANK), erased_at, ids]) if ids else 0


def rejects_naming(identifiers: Keys, until: datetime) -> list[int]:
    """Ids of items in quarantine, received up to `until`, that name one of these identifiers."""
    return _naming_rejects(Mentions(identifiers), until)


def raw_remains(identifiers: Keys, identifier_ids: Collection[int], erased_at: datetime) -> int:
    """Items of raw requests and of quarantine that still name them."""
    mentions = Mentions(identifiers)
    places = 0
    for part in _naming(mentions):
        with transaction.atomic():
            places += sum(map(len, _theirs(part, identifiers, identifier_ids, erased_at).values()))
    return places + len(_naming_rejects(mentions, erased_at))


@transaction.atomic
def _blank_theirs(part: Sequence[int], identifiers: Keys, identifier_ids: Collection[int], erased_at: datetime) -> int:
    return _blank_places(_theirs(part, identifiers, identifier_ids, erased_at))


@transaction.atomic
def _erase_batch(ids: list[int]) -> tuple[int, int]:
    taken = bulk_sql.fetch(TAKE, [ids, BATCH])
    places: dict[int, set[int]] = defaultdict(set)
    for row in taken:
        places[row[1]].add(row[2])
    blanked = _blank_places(places)
    forget_topics({row[7] for row in taken if row[7]})
    plans.forget_samples((row[3], row[4], row[5], msgspec.json.decode(row[6])) for row in taken)
    return (bulk_sql.execute(DELETE, [[row[0] for row in taken]]) if taken else 0), blanked


def _blank_places(places: dict[int, set[int]]) -> int:
    """Blank items (by request and index); of a request without any other item also what its head said."""
    for row in _requests(sorted(places)):
        if is_blank(row.body, path_type=row.path_type, indexes=places[row.id]):
            continue
        try:
            request = read(row.body, path_type=row.path_type, facts=row.facts)
        except wire.Unreadable:  # a limit lowered since: it is nothing but theirs as far as anybody can tell
            bulk_sql.execute(WRITE, [b'{"batch":[]}' if row.path_type in wire.MANY else bytes(BLANK), "{}", row.id])
            continue
        left = any(type(i) is not wire.Blank and i.index not in places[row.id] for i in request.items)
        if left or row.path_type not in wire.MANY:
            body = blank(row.body, path_type=row.path_type, indexes=places[row.id])
        else:
            body = _encode({"batch": [BLANK] * len(request.items)})
        facts = row.facts if left else RequestFacts(replay=row.facts.replay, queued_at=row.facts.queued_at)
        bulk_sql.execute(WRITE, [body, _encode(facts).decode(), row.id])
    return sum(map(len, places.values()))


def _theirs(
    request_ids: Sequence[int], identifiers: Keys, identifier_ids: Collection[int], erased_at: datetime
) -> dict[int, set[int]]:
    """{request: places of items} of theirs: hanging on one of their identifiers, or unusable and naming one."""
    others = set(bulk_sql.fetch(OTHERS, [list(request_ids), list(identifier_ids)]))
    mentions = Mentions(identifiers)
    found: dict[int, set[int]] = {}
    for row in _requests(request_ids):
        first = dataclasses.replace(row, facts=msgspec.structs.replace(row.facts, replay=""))
        entries = planning.read_rows([first])
        if not mentions.in_bytes(_encode(row.facts)):  # else the head may name every item's person
            entries = [one for one in entries if mentions.in_bytes(getattr(one.item, "raw", b""))]
        usable, others_of_it = planning.opened(entries)
        places = {one.item.index for one in usable if _is_past(one, identifiers, erased_at)}
        if row.received_at <= erased_at:
            places |= {one.index for one in others_of_it if mentions.in_bytes(one.raw)}
        places = {index for index in places if (row.id, index) not in others}
        if places:
            found[row.id] = places
    return found


def _is_past(one: planning.Fresh, identifiers: Keys, erased_at: datetime) -> bool:
    hangs = not identifiers.isdisjoint(one.keys[:1])
    return hangs and (one.source.kind == "import" or one.item.at_us <= to_us(erased_at))


def _requests(ids: Sequence[int]) -> Iterator[InboxRow]:
    """These requests, locked, in the order of their ids."""
    for part in range(0, len(ids), BODIES_AT_ONCE):
        for row in bulk_sql.fetch(READ, [list(ids[part : part + BODIES_AT_ONCE])]):
            yield InboxRow(row[0], row[1], row[2], row[3], bytes(row[4]), _facts(row[5]), 0, row[6])


def _naming(mentions: Mentions) -> Iterator[list[int]]:
    """Requests that may name them, as many at a time as are held in memory."""
    low, high = bulk_sql.fetch(ENDS)[0]
    for start in range(low, high + 1, REQUESTS_AT_ONCE) if mentions.values and high else ():
        ids = [row[0] for row in bulk_sql.fetch(NAMING, [start, start + REQUESTS_AT_ONCE - 1, *asked(mentions)])]
        for first in range(0, len(ids), BODIES_AT_ONCE):
            yield ids[first : first + BODIES_AT_ONCE]


def _naming_rejects(mentions: Mentions, until: datetime) -> list[int]:
    if not mentions.values:
        return []
    return [
        row[0]
        for row in bulk_sql.fetch(REJECTS, [until, *asked(mentions)])
        if mentions.in_bytes(row[1]) or mentions.in_bytes(row[2]) or mentions.in_text(f"{row[3]} {row[4]}")
    ]
