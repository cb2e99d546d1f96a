"""The whole of identity as arrays: every identifier and link in some 60 bytes, read in one snapshot by binary COPY.

For what looks at everybody at once (the simulator); 3 million identifiers are read in seconds and held in 300 MB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from profiles import queries
from profiles.services import rows

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
AT_ONCE = 50_000
_HEADER = 19
_IDENTIFIERS = """COPY (SELECT id, profiles_us(first_seen_at), degree::bigint, is_shared::int::bigint,
    coalesce(array_position(%s::text[], kind), 0)::bigint, profile_id FROM profiles_identifier ORDER BY id)
    TO STDOUT (FORMAT BINARY)"""
_LINKS = "COPY (SELECT a_id, b_id, profiles_us(first_seen_at) FROM profiles_link) TO STDOUT (FORMAT BINARY)"


@dataclass(slots=True)
class Columns:
    """Identifiers by place, in id order: `kind` indexes `kinds`, `person` is the same number for one present profile,
    and `profile_of` gives its id. Links: `a` and `b` are places.
    """

    kinds: tuple[str, ...]
    ids: Ints
    first_us: Ints
    degree: Ints
    is_shared: Flags
    kind: Ints
    person: Ints
    a: Ints
    b: Ints
    linked_us: Ints
    _halves: tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]

    def profile_of(self, place: int) -> UUID:
        """The present profile of the identifier at this place."""
        high, low = (int(half[place]) for half in self._halves)
        return UUID(int=high << 64 | low)


def read() -> Columns:
    """Everything as of one instant. Opens a transaction of its own; some seconds for millions."""
    with transaction.atomic(durable=True):
        rows.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", [])
        kinds = ("", *queries.identifier_kinds())
        found = _copied(_IDENTIFIERS, [list(kinds[1:])], numbers=5, with_uuid=True)
        links = _copied(_LINKS, [], numbers=3, with_uuid=False)
    ids = found["c0"].astype(np.int64)
    halves = found["high"].astype(np.uint64), found["low"].astype(np.uint64)
    return Columns(
        kinds,
        ids,
        found["c1"].astype(np.int64),
        found["c2"].astype(np.int64),
        found["c3"].astype(np.bool_),
        found["c4"].astype(np.int64),
        _numbered(*halves),
        *_placed(ids, links),
        halves,
    )


def _placed(ids: Ints, links: npt.NDArray[Any]) -> tuple[Ints, Ints, Ints]:
    a, b = (np.searchsorted(ids, links[name].astype(np.int64)) for name in ("c0", "c1"))
    return a, b, links["c2"].astype(np.int64)


def _numbered(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> Ints:
    """0, 1, 2 … for each distinct pair."""
    order = np.lexsort((low, high))
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1])
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(is_new) - 1
    return numbers


def _copied(statement: str, params: Sequence[Any], *, numbers: int, with_uuid: bool) -> npt.NDArray[Any]:
    layout = [("fields", ">i2")]
    for place in range(numbers):
        layout += [(f"l{place}", ">i4"), (f"c{place}", ">i8")]
    if with_uuid:
        layout += [("lu", ">i4"), ("high", ">u8"), ("low", ">u8")]
    dtype = np.dtype(layout)
    parts: list[npt.NDArray[Any]] = []
    held, is_first = bytearray(), True
    with connection.connection.cursor() as cursor, cursor.copy(statement, params) as copy:
        for block in copy:
            held += block
            if is_first:
                del held[:_HEADER]
                is_first = False
            if len(held) >= AT_ONCE * dtype.itemsize:
                whole = len(held) // dtype.itemsize
                parts.append(np.frombuffer(bytes(held[: whole * dtype.itemsize]), dtype))
                del held[: whole * dtype.itemsize]
    whole = len(held) // dtype.itemsize  # what is left over is the two bytes that end a copy
    parts.append(np.frombuffer(bytes(held[: whole * dtype.itemsize]), dtype))
    return np.concatenate(parts)
