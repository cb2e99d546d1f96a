"""Address hashes in lists: found by the whole address, shown by their beginning."""

from cdp.lib.hashing import address_hash
from consent import services


def entry_hash(value: bytes | memoryview | None) -> str:
    """The first characters of a hash, enough to compare two rows."""
    return bytes(value or b"").hex()[:12]


def hash_of(typed: str) -> bytes:
    """The hash under which a typed e-mail address would stand."""
    return address_hash(services.canonical_email(typed.strip()) or typed)
