"""Which identifiers were erased."""

from collections.abc import Sequence

from cdp.lib import bulk_sql
from cdp.lib.hashing import identifier_hash
from consent.contracts import TombstoneFacts

ERASED = """
SELECT identifier_hash, erased_at, refuses_all FROM consent_tombstone WHERE identifier_hash = ANY(%s::bytea[])
"""


def erased(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], TombstoneFacts]:
    """The erased ones among identifier keys (kind, canonical value), with one query."""
    hashes = {identifier_hash(kind, value): (kind, value) for kind, value in keys}
    rows = bulk_sql.fetch(ERASED, [list(hashes)])
    return {hashes[found]: TombstoneFacts(erased_at, refuses_all) for found, erased_at, refuses_all in rows}
