"""Keyed hashes: the same person or address always gives the same bytes, and nobody without the salt can guess them.

Sixteen bytes everywhere: collisions among 10^9 values have a chance of about 10^-21.
"""

import hashlib

from django.conf import settings


def keyed_hash(domain: str, *parts: str) -> bytes:
    """16-byte BLAKE2b of `parts` under HASH_SALT; `domain` keeps hashes of different subjects apart."""
    digest = hashlib.blake2b(digest_size=16, key=settings.HASH_SALT.encode()[:64], person=domain.encode()[:16])
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return digest.digest()


def address_hash(address: str) -> bytes:
    """Hash of a canonical e-mail address or phone number: the key of consent, suppression and messages."""
    return keyed_hash("address", address)


def identifier_hash(kind: str, value: str) -> bytes:
    """Hash of a canonical identifier: the key of tombstones."""
    return keyed_hash("identifier", kind, value)


def message_hash(message_id: str) -> bytes:
    """16-byte unkeyed hash of a message id; with the source it is the deduplication key."""
    return hashlib.blake2b(message_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
