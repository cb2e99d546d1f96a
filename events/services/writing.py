"""Writing the log: events as rows of PostgreSQL's binary COPY, which neither side has to escape or to parse."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any

import msgspec
from django.db import connection

from cdp.lib.clock import EPOCH
from cdp.outbox.services import publish
from events.services.planning import Fresh
from profiles.contracts import IdentifierKey

BLOCK = 65_536  # ids a block of the sequence events_event_block: one block gives one contiguous batch
COPY = """
COPY events_event (id, source_id, inbox_id, index, message_hash, type, name, identifier_id, server_side, occurred_at,
  received_at, flags, cart_id, order_id, properties, context) FROM STDIN (FORMAT BINARY)
"""
_SIGNATURE, _END = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"
_COLUMNS = 16
_MILLENNIUM_US = (EPOCH.replace(year=2000) - EPOCH).days * 86_400_000_000  # PostgreSQL counts from there
# Each value stands behind its length: id, source, inbox, index, hash; identifier, server side, two instants.
_HEAD = Struct(">hiqiqiqiii16s")
_MIDDLE = Struct(">iqiBiqiq")
_JSON = Struct(">iB")  # length and version
_LENGTH = Struct(">i")
_NULL = b"\xff\xff\xff\xff"
_TEXT_TYPE = 25
_encode = msgspec.json.Encoder(decimal_format="number").encode
Place = tuple[int, int]
"""A request and the index of an item in it."""


def write_log(new: Sequence[Fresh], identifiers: Mapping[IdentifierKey, int], taken: Collection[Place] = ()) -> None:
    """COPY the events under contiguous ids, and publish each contiguous run. Those that stood in the log before they
    were `taken` out are told apart: what is counted by the run was counted of them."""
    if taken:
        _write_log([one for one in new if (one.row.id, one.item.index) not in taken], identifiers)
        _write_log([one for one in new if (one.row.id, one.item.index) in taken], identifiers, again=True)
    else:
        _write_log(new, identifiers)


def _write_log(new: Sequence[Fresh], identifiers: Mapping[IdentifierKey, int], *, again: bool = False) -> None:
    for start in range(0, len(new), BLOCK):
        part = new[start : start + BLOCK]
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('events_event_block')")
            first = cursor.fetchone()[0] * BLOCK
            with cursor.copy(COPY) as copy:
                copy.write(_rows(part, identifiers, first))
        # A claim is of one lane, and so is what comes of it.
        run: dict[str, Any] = {"first_id": first, "last_id": first + len(part) - 1}
        publish("events.stored", run | {"again": True} if again else run, lane=part[0].row.lane)


def _rows(part: Sequence[Fresh], identifiers: Mapping[IdentifierKey, int], first: int) -> bytes:
    cells: list[bytes] = [_SIGNATURE]
    for event_id, one in enumerate(part, first):
        item, source = one.item, one.source
        properties = _encode(item.properties)
        context = item.context_json or _encode(item.context)
        cells += (
            _HEAD.pack(_COLUMNS, 8, event_id, 8, source.id, 8, one.row.id, 4, item.index, 16, one.hash),
            _name(item.type),
            _name(item.name),
            _MIDDLE.pack(
                8,
                identifiers[one.keys[0]],
                1,
                source.server_side,
                8,
                item.at_us - _MILLENNIUM_US,
                8,
                one.received_us - _MILLENNIUM_US,
            ),
            _flags(item.flags),
            _NULL if item.cart_id is None else _text(item.cart_id),
            _NULL if item.order_id is None else _text(item.order_id),
            _JSON.pack(len(properties) + 1, 1),
            properties,
            _JSON.pack(len(context) + 1, 1),
            context,
        )
    cells.append(_END)
    return b"".join(cells)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _LENGTH.pack(len(raw)) + raw


_name = lru_cache(maxsize=4096)(_text)  # few types and names


@lru_cache(maxsize=4096)
def _flags(flags: tuple[str, ...]) -> bytes:
    """A text[]; of an empty one no dimension is told."""
    head = Struct(">iii").pack(1 if flags else 0, 0, _TEXT_TYPE)
    if flags:
        head += Struct(">ii").pack(len(flags), 1)
    body = head + b"".join(map(_text, flags))
    return _LENGTH.pack(len(body)) + body
