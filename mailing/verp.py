"""Return paths that name their message, so that a bounce says which mail it is of, whatever it quotes. Pure.

`bounces@example.com` becomes `bounces+<token>@example.com`. The token is base32, since mail servers change the case of
what stands before the @; it is read from the end of that part, so any delimiter will do.
"""

import base64
import binascii
import hmac

MAC_BYTES = 16
TOKEN_LENGTH = 39
DOMAIN = b"cdp.mail.verp\0"


def return_path(message_id: int, address: str, key: bytes) -> str:
    """The envelope's sender of a message; `address` is the mailbox that takes bounces. Empty where that is empty."""
    local, at, domain = address.rpartition("@")
    if not at:
        return ""
    body = message_id.to_bytes(8, "big")
    token = base64.b32encode(body + _mac(body, key)).decode().rstrip("=").lower()
    return f"{local}+{token}@{domain}"


def message_of(address: str, key: bytes) -> int | None:
    """The message whose return path this is; None unless its token is ours."""
    local = address.strip().strip("<>").rpartition("@")[0]
    token = local[-TOKEN_LENGTH:].upper()
    if len(local) <= TOKEN_LENGTH or len(token) != TOKEN_LENGTH:
        return None
    try:
        raw = base64.b32decode(token + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[:8], raw[8:]
    return int.from_bytes(body, "big") if hmac.compare_digest(mac, _mac(body, key)) else None


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, DOMAIN + body, "sha256")[:MAC_BYTES]
