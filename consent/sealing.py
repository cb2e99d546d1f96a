"""The chain over the ledger: each block's HMAC-SHA256 covers the block before it and every entry since. Pure.

Whoever can write to the database but does not have the key cannot make a chain that fits entries they changed. Cutting
off the end leaves a chain that fits: that is what heads kept outside the database are for.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

FORM = 1
START = b"\0" * 32
COLUMNS = (
    "id", "entry_key", "address_hash", "identifier_id", "purpose_id", "state", "method", "source_id", "separation_id",
    "occurred_at_us", "received_at_us", "channel", "wording_id", "wording_sha256", "notice_version", "actor", "ip",
    "proof_id", "reason",
)  # fmt: skip
"""Everything an entry says, in the order in which it is sealed; another order or column is another FORM."""

_encode = msgspec.json.Encoder().encode


class Chain:
    """One block's digest in the making. `add` rows in ascending order of their ids."""

    def __init__(self, key: bytes, previous: bytes, number: int) -> None:
        self._hmac = hmac.new(key, digestmod=hashlib.sha256)
        self._hmac.update(_encode([FORM, previous.hex(), number]))
        self.entries = 0

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows of COLUMNS: bytes, integers, text and None."""
        for row in rows:
            line = _encode([value.hex() if isinstance(value, (bytes, memoryview)) else value for value in row])
            self._hmac.update(len(line).to_bytes(4, "big") + line)
            self.entries += 1

    def digest(self) -> bytes:
        """32 bytes."""
        return self._hmac.digest()
