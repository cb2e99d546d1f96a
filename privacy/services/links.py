"""Single-use links: minted for one use, one address and perhaps one request; only a hash of the token is kept.

Used by POST, once, until it expires: one UPDATE decides, found by the hash as its key, so two clicks cannot both win
and nothing is learned from how long it takes. Looking (GET) changes nothing.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F

from cdp.lib import bulk_sql
from privacy.contracts import CONFIRM, CONFIRM_LIFETIME, EXPIRED, LIFETIME, PATHS, USABLE, USED, LinkFacts
from privacy.models import Link

TOKEN_BYTES = 32
TOKEN_LENGTH = 43
USE = """
UPDATE privacy_link SET used_at = %s::timestamptz
WHERE token_hash = %s::bytea AND use = %s::text AND used_at IS NULL AND expires_at > %s::timestamptz
RETURNING token_hash
"""
# The negative control of the tests sets this to False and must be caught: nobody else touches it.
ONCE_ONLY = True


def mint(
    use: str,
    *,
    address_hash: bytes,
    now: datetime,
    request_id: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
    lifetime: timedelta | None = None,
) -> str:
    """A new token for `use` (a key of PATHS), which nobody can have again. It works for 30 minutes, `confirm` 7 days.

    `facts` are ids and the masked address (`masked`), nothing else of a person.
    """
    token = secrets.token_bytes(TOKEN_BYTES)
    span = lifetime or (CONFIRM_LIFETIME if use == CONFIRM else LIFETIME)
    Link.objects.create(
        token_hash=_hash(token),
        use=use,
        address_hash=address_hash,
        request_id=request_id,
        facts=dict(facts or {}),
        made_at=now,
        expires_at=now + span,
    )
    return _written(token)


def url(use: str, token: str) -> str:
    """The link as it stands in a mail."""
    return f"{settings.BASE_URL}/{PATHS[use]}/{token}"


def look(token: str, use: str, *, now: datetime) -> LinkFacts | None:
    """What a link is for and whether it still works; None if it is none of ours for this use. Changes nothing."""
    raw = _read(token)
    row = None if raw is None else Link.objects.filter(token_hash=_hash(raw), use=use).first()
    if row is None:
        return None
    state = USED if row.used_at is not None else USABLE if row.expires_at > now else EXPIRED
    return LinkFacts(row.use, bytes(row.address_hash), state, row.request_id, row.facts)


def use(token: str, use: str, *, now: datetime) -> LinkFacts | None:
    """Use a link up: what it is for, or None if it is unknown, for another use, expired or was used before.

    Call it in the transaction of what it allows, so that a failure leaves the link usable.
    """
    raw = _read(token)
    if raw is None:
        return None
    key = _hash(raw)
    if ONCE_ONLY and not bulk_sql.fetch(USE, [now, key, use, now]):
        return None
    row = Link.objects.filter(token_hash=key, use=use).first()
    return None if row is None else LinkFacts(row.use, bytes(row.address_hash), USABLE, row.request_id, row.facts)


def end_links(request_id: UUID, *, now: datetime) -> int:
    """No link of this request works any more."""
    return Link.objects.filter(request_id=request_id, used_at=None, expires_at__gt=now).update(
        expires_at=now, used_at=F("used_at")
    )


def _read(token: str) -> bytes | None:
    if len(token) != TOKEN_LENGTH:
        return None
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    # The last sign has bits that stand for nothing: only the spelling that was handed out is the token.
    return raw if len(raw) == TOKEN_BYTES and _written(raw) == token else None


def _written(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _hash(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
