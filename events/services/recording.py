"""Recording: events of in-process producers (loaders) enter by the same inbox and the same parser as everyone's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from events.contracts import Accepted, RequestFacts, SourceFacts
from events.models import Inbox, Source
from events.services.accepting import accept

CHUNK_EVENTS = 1000
CHUNK_BYTES = 4 * 1024 * 1024
_encode = msgspec.json.Encoder(decimal_format="number").encode


def record(
    source: SourceFacts | Source,
    items: Sequence[Mapping[str, Any]],
    lane: int = Inbox.Lane.BULK,
    received_at: datetime | None = None,
    facts: RequestFacts | None = None,
) -> list[Accepted]:
    """Store events (dicts in the Segment format) as inbox rows of up to 1,000 events or 4 MB. One answer a row."""
    return [
        accept(source, body, path_type="record", facts=facts, lane=lane, received_at=received_at)
        for body in _bodies(items)
    ]


def _bodies(items: Sequence[Mapping[str, Any]]) -> list[bytes]:
    bodies: list[bytes] = []
    chunk: list[bytes] = []
    size = 0
    for item in items:
        raw = _encode(item)
        if chunk and (len(chunk) >= CHUNK_EVENTS or size + len(raw) > CHUNK_BYTES):
            bodies.append(_body(chunk))
            chunk, size = [], 0
        chunk.append(raw)
        size += len(raw)
    return [*bodies, _body(chunk)] if chunk else bodies


def _body(chunk: list[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(chunk) + b"]}"
