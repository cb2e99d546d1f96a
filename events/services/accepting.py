"""Accepting: a readable request becomes one durable inbox row. The answer is given only after the commit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from django.conf import settings
from django.db import connection

from cdp.outbox.services import wake
from events import wire
from events.contracts import Accepted, Rejection, RequestFacts, SourceFacts
from events.models import Inbox, Source

INSERT = """
INSERT INTO events_inbox (source_id, received_at, lane, path_type, body, facts, items)
VALUES (%s, coalesce(%s, statement_timestamp()), %s, %s, %b, %s::jsonb, %s) RETURNING id
"""
_encode = msgspec.json.Encoder().encode


def limits_for(path_type: str) -> wire.Limits:
    """The limits of a path: what loaders record in process may have whole invoices as one event."""
    if path_type == "record":
        return wire.Limits(settings.BULK_MAX_EVENT_BYTES, 100_000)
    return wire.Limits(settings.INGEST_MAX_EVENT_BYTES, settings.INGEST_MAX_REQUEST_EVENTS)


def read(body: bytes, *, path_type: str, facts: RequestFacts) -> wire.Request:
    """The request as the door and the worker both read it. Raises `wire.Unreadable`."""
    return wire.parse(body, path_type=path_type, limits=limits_for(path_type), anonymous_id=facts.anonymous_id)


def accept(
    source: SourceFacts | Source,
    body: bytes,
    *,
    path_type: str,
    facts: RequestFacts | Mapping[str, Any] | None = None,
    lane: int = Inbox.Lane.LIVE,
    received_at: datetime | None = None,
    request: wire.Request | None = None,
) -> Accepted:
    """Store a request; durable when this returns, unless the caller holds a transaction open. `request` saves reading
    twice.

    Raises `wire.Unreadable` for what cannot be read at all, and what the database raises when it is away: then
    nothing is known to be stored and the client must send it again.
    """
    if not isinstance(facts, RequestFacts):
        facts = msgspec.convert(facts or {}, RequestFacts)
    request = request if request is not None else read(body, path_type=path_type, facts=facts)
    row = (
        source.pk if isinstance(source, Source) else source.id,
        received_at,
        int(lane),
        path_type,
        body,
        _encode(facts).decode(),
        len(request.items),
    )
    inbox_id = _insert(row)
    wake("events.process")
    rejected = tuple(Rejection(fault.index, fault.code, fault.reason) for fault in request.faults())
    return Accepted(inbox_id, len(request.items), rejected)


def _insert(row: tuple[object, ...]) -> int:
    """One statement on Django's own connection, prepared on the server, the body sent as binary."""
    connection.ensure_connection()
    raw: psycopg.Connection[tuple[int]] = connection.connection
    before, raw.prepare_threshold = raw.prepare_threshold, 1
    try:
        with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
            found = cursor.execute(INSERT, row).fetchone()
    finally:
        raw.prepare_threshold = before
    assert found is not None
    return found[0]
