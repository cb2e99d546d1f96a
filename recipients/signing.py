"""Signatures of deliveries: HMAC-SHA256 over time and body, with one secret, or two while one is changed. Pure.

`X-CDP-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>]`; what is signed is `<t>.<body>`.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"


def new_secret() -> str:
    """192 random bits, as text to be shown once."""
    return PREFIX + secrets.token_hex(24)


def signature(body: bytes, keys: Sequence[str], at: int) -> str:
    """The header's value; one `v1` a key."""
    return ",".join([f"t={at}", *(f"v1={_digest(body, key, at)}" for key in keys)])


def is_genuine(header: str, body: bytes, key: str, *, now: int, tolerance_s: int = 300) -> bool:
    """As a recipient checks it: any `v1` of ours, not older or newer than the tolerance."""
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not times[0].isdecimal() or abs(now - int(times[0])) > tolerance_s:
        return False
    expected = _digest(body, key, int(times[0]))
    return any(hmac.compare_digest(expected, value) for name, _, value in parts if name == "v1")


def _digest(body: bytes, key: str, at: int) -> str:
    return hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
