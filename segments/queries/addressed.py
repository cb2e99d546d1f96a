"""Whose address a hash is. The ledger knows addresses by their keyed hash alone, and people by the address itself.

Kept in process as two columns of numbers, sixteen bytes an address, and read on from the last id at each question.
"""

import threading
from collections.abc import Collection

import numpy as np

from cdp.lib import bulk_sql
from cdp.lib.hashing import address_hash

OVERLAP = 20_000
"""Ids are given before they are seen: so many of the last ones are read again."""
PAGE = 100_000
NEWER = """
SELECT id, value FROM profiles_identifier WHERE kind IN ('email', 'phone') AND id > %s::bigint
ORDER BY id LIMIT %s::bigint
"""
UINT, INT = np.dtype(np.uint64), np.dtype(np.int64)


class _Index:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.hashes, self.ids, self.last = np.empty(0, UINT), np.empty(0, INT), 0

    def find(self, hashes: Collection[bytes]) -> list[int]:
        with self.lock:
            self._read_on()
            wanted = np.array([_short(one) for one in hashes], UINT)
            starts, ends = (np.searchsorted(self.hashes, wanted, side) for side in ("left", "right"))
            found = [self.ids[start:end] for start, end in zip(starts, ends, strict=True)]
        return sorted({int(one) for part in found for one in part})

    def _read_on(self) -> None:
        after, new = max(self.last - OVERLAP, 0), []
        while rows := bulk_sql.fetch(NEWER, [after, PAGE]):
            new += [(_short(address_hash(value)), pk) for pk, value in rows]
            after = rows[-1][0]
        if new:
            hashes = np.concatenate([self.hashes, np.array([one for one, _ in new], UINT)])
            ids = np.concatenate([self.ids, np.array([pk for _, pk in new], INT)])
            _, firsts = np.unique(ids, return_index=True)  # what was read again
            order = firsts[np.argsort(hashes[firsts], kind="stable")]
            self.hashes, self.ids = hashes[order], ids[order]
            self.last = max(self.last, after)


_index = _Index()


def identifiers_addressed(hashes: Collection[bytes]) -> list[int]:
    """Ids of the e-mail addresses and phone numbers of these hashes; of some others too, once in a great while."""
    return _index.find(hashes) if hashes else []


def forget_addresses() -> None:
    """Read all addresses afresh when one is asked for next."""
    _index.forget()


def _short(hashed: bytes) -> int:
    return int.from_bytes(hashed[:8], "big")
