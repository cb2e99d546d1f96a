"""Global Privacy Control outside the ingest door: `Sec-GPC: 1` on any request that says whom it is about.

What was noted this process remembers for a day, so that most requests cost a look into a dict. The gate asks whether
the law that holds for the person makes it a denial.
"""

import time
from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import DatabaseError, transaction

from cdp.lib.hashing import keyed_hash
from consent.contracts import DENIED, GPC, NewEntry
from consent.purposes_in_force import Purposes, purposes_now
from consent.services.ledger_writes import record_entries

DAY_S = 86_400.0
MOST_KEPT = 100_000
_noted: dict[int | bytes, float] = {}
log = structlog.get_logger(__name__)


def says_gpc(environ: Mapping[str, object]) -> bool:
    """Whether a request's head (`request.META`) carries the signal: exactly `1`."""
    return environ.get("HTTP_SEC_GPC") == "1"


def note_gpc(
    environ: Mapping[str, object],
    *,
    now: datetime,
    identifier_id: int | None = None,
    address_hash: bytes | None = None,
    source_id: int | None = None,
) -> bool:
    """Note the signal of a request for whom it is about, if it carries one and was not noted within a day.

    Never fails the request: what cannot be written is tried again with the next one.
    """
    subject = identifier_id if address_hash is None else address_hash
    if not says_gpc(environ) or subject is None or _noted.get(subject, 0.0) > time.monotonic():
        return False
    entries = [
        NewEntry(
            entry_key=keyed_hash("consent", "gpc", now.date().isoformat(), code, _name(subject)),
            purpose=code,
            state=DENIED,
            method=GPC,
            occurred_at=now,
            address_hash=address_hash,
            identifier_id=identifier_id if address_hash is None else None,
            source_id=source_id,
            actor="person",
        )
        for code in gpc_purposes(purposes_now())
    ]
    try:
        with transaction.atomic():
            written = record_entries(entries, now=now)
    except DatabaseError as error:
        log.warning("gpc_not_noted", error=type(error).__name__, effect="noted with the next request")
        return False
    if len(_noted) >= MOST_KEPT:
        _noted.clear()
    _noted[subject] = time.monotonic() + DAY_S
    return written > 0


def gpc_purposes(purposes: Purposes) -> list[str]:
    """Codes of the purposes that the signal denies under some law."""
    return [one.code for one in purposes.all if any(rule.gpc_denies for rule in one.rules.values())]


def forget_gpc() -> None:
    """Write the next ones whatever was noted before, in this process."""
    _noted.clear()


def _name(subject: int | bytes) -> str:
    return subject.hex() if isinstance(subject, bytes) else str(subject)
