"""Ids of answers: signed text that says which placement, variant and model an answer was of and what it showed, so that
feedback needs no row written while answering. Pure.

`r1_` and base64url of: nonce (12), time served (4), model run (4), variant (1), number of products (1), two bytes a
product, the unit of a holdout (16, only with a variant; hidden under a key stream of the nonce, so that two ids of one
unit have nothing in common), the placement's key; then a 16-byte MAC. Whoever holds an id reads no person in it, and
not what it showed either: an id stands in addresses of mails, and what somebody was shown tells of their interests.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PREFIX = "r1_"
MAC_BYTES = UNIT_BYTES = 16
NONCE_BYTES = 12
MOST_PRODUCTS = 255
LONGEST = 1_000
TAKEN_FOR = timedelta(days=30)
VARIANTS = ("", "treated", "holdout")
API = "api:"
_HEAD = NONCE_BYTES + 4 + 4 + 1 + 1
_MAC, _TAG, _MASK = b"recommend.mac", b"recommend.tag", b"recommend.unit"


class BadIdError(ValueError):
    """An id that is not taken. `reason` is a stable code: unknown_id or old_id; the message says what to do."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerId:
    """What a genuine id says. `placement`: a key, or `api:<strategy>`; `model_run` 0: none was live; `unit`: what the
    holdout was split by (`experiments.queries.unit_hash`), empty without a variant; `tags`: of the products shown."""

    nonce: bytes
    placement: str
    variant: str
    model_run: int
    served_at: datetime
    unit: bytes = b""
    tags: frozenset[bytes] = frozenset()
    tag_key: bytes = b""

    def showed(self, product_id: str) -> bool:
        """Whether the answer held this product; wrongly yes for about one in 65,536 others, a product shown."""
        return bool(self.tags) and _tag(self.tag_key, product_id) in self.tags


def make(
    *,
    nonce: bytes,
    placement: str,
    variant: str = "",
    model_run: int | None,
    served_at: datetime,
    products: Iterable[str],
    unit: bytes = b"",
    key: bytes,
) -> str:
    """The id of an answer. `nonce`: 12 fresh random bytes; seconds are kept of `served_at`."""
    tag_key = _tag_key(nonce, key)
    shown = b"".join([_tag(tag_key, product_id) for product_id in products][:MOST_PRODUCTS])
    parts = [
        nonce,
        int(served_at.timestamp()).to_bytes(4, "big"),
        (model_run or 0).to_bytes(4, "big"),
        bytes((VARIANTS.index(variant), len(shown) // 2)),
        shown,
    ]
    if variant:
        parts.append(_hidden(unit, nonce, key))
    parts.append(placement.encode())
    body = b"".join(parts)
    return PREFIX + base64.urlsafe_b64encode(body + _mac(body, key)).rstrip(b"=").decode()


def read(text: object, *, key: bytes, now: datetime) -> AnswerId:
    """What an id of ours says; raises BadIdError for any other text, and for one that was served 30 days ago."""
    raw = _bytes(text)
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(body) < _HEAD or not hmac.compare_digest(mac, _mac(body, key)):
        raise BadIdError("unknown_id", "This is no id of an answer of ours: send recommendation_id as it was answered.")
    found = _parsed(body, key)
    if found.served_at < now - TAKEN_FOR:
        days = TAKEN_FOR.days
        raise BadIdError("old_id", f"This answer is older than {days} days: feedback for it is not taken any more.")
    return found


def _parsed(body: bytes, key: bytes) -> AnswerId:
    """Of a body whose MAC was right, so that it is as `make` wrote it."""
    nonce = body[:NONCE_BYTES]
    served, run = (int.from_bytes(body[at : at + 4], "big") for at in (NONCE_BYTES, NONCE_BYTES + 4))
    variant, count = VARIANTS[body[_HEAD - 2]], body[_HEAD - 1]
    end = _HEAD + 2 * count
    tags = frozenset(body[at : at + 2] for at in range(_HEAD, end, 2))
    rest = body[end:]
    unit = _hidden(rest[:UNIT_BYTES], nonce, key) if variant else b""
    return AnswerId(
        nonce=nonce,
        placement=rest[len(unit) :].decode(),
        variant=variant,
        model_run=run,
        served_at=datetime.fromtimestamp(served, UTC),
        unit=unit,
        tags=tags,
        tag_key=_tag_key(nonce, key),
    )


def _bytes(text: object) -> bytes:
    """The bytes of an id's text; empty where it has not the form of one. Other spellings of the same bytes too: base64
    with bits that count for nothing is a text we never gave out."""
    if not isinstance(text, str) or not text.startswith(PREFIX) or len(text) > LONGEST or not text.isascii():
        return b""
    coded = text[len(PREFIX) :]
    try:
        raw = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == coded else b""


def _mac(body: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=MAC_BYTES, key=key, person=_MAC).digest()


def _tag_key(nonce: bytes, key: bytes) -> bytes:
    """Of one answer: without ours nobody tries a catalog's products on an id to read what it showed."""
    return hashlib.blake2b(nonce, digest_size=16, key=key, person=_TAG).digest()


def _tag(tag_key: bytes, product_id: str) -> bytes:
    return hashlib.blake2b(product_id.encode("utf-8", "surrogatepass"), digest_size=2, key=tag_key).digest()


def _hidden(unit: bytes, nonce: bytes, key: bytes) -> bytes:
    """The unit under a key stream, or the unit again of what it gave."""
    stream = hashlib.blake2b(nonce, digest_size=UNIT_BYTES, key=key, person=_MASK).digest()
    return bytes(a ^ b for a, b in zip(unit, stream, strict=True))
