"""Signatures of deliveries as Standard Webhooks has them, so that its libraries in any language check ours. Pure.

Headers `webhook-id`, `webhook-timestamp` (unix seconds) and `webhook-signature`: `v1,<base64>`, one for each secret
and parted by blanks while a secret is changed. What is signed with HMAC-SHA256 is `<id>.<timestamp>.<body>`; the key is
what stands behind `whsec_`, decoded from base64. Source: standardwebhooks.com, specification 1.0.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def new_secret() -> str:
    """192 random bits, as text to be shown once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def headers(delivery_id: str, body: bytes, keys: Sequence[str], at: int) -> dict[str, str]:
    """The three headers; `delivery_id` is the same with each attempt."""
    signed = " ".join(f"v1,{_digest(delivery_id, body, key, at)}" for key in keys)
    return {ID: delivery_id, TIMESTAMP: str(at), SIGNATURE: signed}


def is_genuine(got: Mapping[str, str], body: bytes, key: str, *, now: int, tolerance_s: int = 300) -> bool:
    """As a recipient checks it: any `v1` of ours, not older or newer than the tolerance. Names in lower case."""
    at = got.get(TIMESTAMP, "")
    if not at.isascii() or not at.isdecimal() or abs(now - int(at)) > tolerance_s:
        return False
    expected = _digest(got.get(ID, ""), body, key, int(at))
    parts = [part.partition(",") for part in got.get(SIGNATURE, "").split(" ")]
    return any(hmac.compare_digest(expected, value) for version, _, value in parts if version == "v1")


def _digest(delivery_id: str, body: bytes, key: str, at: int) -> str:
    signed = f"{delivery_id}.{at}.".encode() + body
    return base64.b64encode(hmac.new(_bytes(key), signed, hashlib.sha256).digest()).decode()


def _bytes(key: str) -> bytes:
    """The key's bytes; secrets of before are base64 as well, and what is none counts as it stands."""
    text = key.removeprefix(PREFIX)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
