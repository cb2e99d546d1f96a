"""Unsubscribe tokens: opaque, signed, scoped to one purpose, address and message; they never expire. Pure.

Form: base64url(version, address hash, message id, masked address, purpose, 16-byte HMAC-SHA256). The masked address is
in the token because an address cannot be read back from its hash, and the page must say whom it is about.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

VERSION = 1
SIGNATURE_BYTES = 16
MAX_LENGTH = 600


@dataclass(frozen=True, slots=True)
class MailToken:
    """What a genuine token says."""

    purpose: str
    address_hash: bytes
    message_id: int
    masked: str


def mask(address: str) -> str:
    """`jane@example.com` → `j•••@e•••.com`: enough for its owner to recognize it, too little for anybody else."""
    local, _, domain = address.partition("@")
    host, dot, tld = domain.rpartition(".")
    return f"{local[:1]}•••@{(host or domain)[:1]}•••{dot}{tld if dot else ''}"[:60]


def sign(token: MailToken, *, key: bytes) -> str:
    """The token as it stands in a link."""
    masked = token.masked.encode()
    body = b"".join(
        (
            bytes([VERSION]),
            token.address_hash,
            token.message_id.to_bytes(8, "big"),
            bytes([len(masked)]),
            masked,
            token.purpose.encode(),
        )
    )
    return base64.urlsafe_b64encode(body + _signature(body, key)).rstrip(b"=").decode()


def read(text: str, *, key: bytes) -> MailToken | None:
    """The token's content, or None when it is not one of ours, whatever is wrong with it."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(body, key)) or len(body) < 27 or body[0] != VERSION:
        return None
    length = body[25]
    return MailToken(
        purpose=body[26 + length :].decode(),
        address_hash=body[1:17],
        message_id=int.from_bytes(body[17:25], "big"),
        masked=body[26 : 26 + length].decode(),
    )


def _signature(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"cdp.unsubscribe\0" + body, hashlib.sha256).digest()[:SIGNATURE_BYTES]
