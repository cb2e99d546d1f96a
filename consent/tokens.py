"""Tokens of the links in mails: opaque, signed, never expiring; each kind under a domain of its own. Pure.

Unsubscribe: base64url(version, address hash, message id, masked address, purpose, 16-byte HMAC-SHA256). Preferences:
base64url(version, address hash, identifier id, masked address, HMAC). The masked address is in the token because an
address cannot be read back from its hash, and the page must say whom it is about.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

VERSION = 1
SIGNATURE_BYTES = 16
MAX_LENGTH = 600
UNSUBSCRIBE, PREFERENCES = b"cdp.unsubscribe\0", b"cdp.preferences\0"


@dataclass(frozen=True, slots=True)
class MailToken:
    """What a genuine token says."""

    purpose: str
    address_hash: bytes
    message_id: int
    masked: str


@dataclass(frozen=True, slots=True)
class PreferenceToken:
    """What the link to the preference center says: an address, and its e-mail identifier (0: it had none)."""

    address_hash: bytes
    identifier_id: int
    masked: str


def mask(address: str) -> str:
    """`jane@example.com` → `j•••@e•••.com`: enough for its owner to recognize it, too little for anybody else."""
    local, _, domain = address.partition("@")
    host, dot, tld = domain.rpartition(".")
    return f"{local[:1]}•••@{(host or domain)[:1]}•••{dot}{tld if dot else ''}"[:60]


def sign(token: MailToken, *, key: bytes) -> str:
    """The token as it stands in a link."""
    body = _body(token.address_hash, token.message_id, token.masked) + token.purpose.encode()
    return _seal(UNSUBSCRIBE, body, key)


def read(text: str, *, key: bytes) -> MailToken | None:
    """The token's content, or None when it is not one of ours, whatever is wrong with it."""
    found = _open(UNSUBSCRIBE, text, key)
    if found is None:
        return None
    address, message_id, masked, rest = found
    return MailToken(purpose=rest.decode(), address_hash=address, message_id=message_id, masked=masked)


def sign_preferences(token: PreferenceToken, *, key: bytes) -> str:
    """The token as it stands in a link."""
    return _seal(PREFERENCES, _body(token.address_hash, token.identifier_id, token.masked), key)


def read_preferences(text: str, *, key: bytes) -> PreferenceToken | None:
    """The token's content, or None when it is not one of ours: one to unsubscribe is not."""
    found = _open(PREFERENCES, text, key)
    return None if found is None else PreferenceToken(*found[:3])


def _body(address: bytes, number: int, masked: str) -> bytes:
    shown = masked.encode()
    return b"".join((bytes([VERSION]), address, number.to_bytes(8, "big"), bytes([len(shown)]), shown))


def _seal(domain: bytes, body: bytes, key: bytes) -> str:
    return base64.urlsafe_b64encode(body + _signature(domain, body, key)).rstrip(b"=").decode()


def _open(domain: bytes, text: str, key: bytes) -> tuple[bytes, int, str, bytes] | None:
    """(address hash, number, masked address, what follows) of a genuine token of this domain."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    genuine = hmac.compare_digest(signature, _signature(domain, body, key))
    if not genuine or len(body) < 26 or body[0] != VERSION:
        return None
    end = 26 + body[25]
    return body[1:17], int.from_bytes(body[17:25], "big"), body[26:end].decode(), body[end:]


def _signature(domain: bytes, body: bytes, key: bytes) -> bytes:
    return hmac.new(key, domain + body, hashlib.sha256).digest()[:SIGNATURE_BYTES]
