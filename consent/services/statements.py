"""A statement made over the API: its subject found, its purpose checked, one entry appended."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cdp.lib.clock import to_us
from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash, keyed_hash
from cdp.lib.problems import Problem
from consent import queries
from consent.contracts import NewEntry, Subject
from consent.models import Purpose
from consent.purposes import ADDRESS_PURPOSES
from consent.services.ledger_writes import record_entries
from profiles.contracts import IdentifierKey, Sighting
from profiles.identifiers import Blocked, canonicalize
from profiles.services import register_sightings


@dataclass(frozen=True, slots=True)
class Statement:
    """`subjects` are (identifier kind, raw value) pairs; one is right, none or several are refused."""

    purpose: str
    state: str
    method: str
    subjects: tuple[tuple[str, str], ...]
    occurred_at: datetime


def state_consent(said: Statement, *, now: datetime) -> tuple[bool, Decision]:
    """Append the statement; (whether it was new, what holds now). Raises Problem when it cannot be recorded."""
    subject = _subject(said, now)
    address = subject.address_hash
    entry = NewEntry(
        entry_key=keyed_hash(
            "consent", "api", said.purpose, said.state, said.method, said.occurred_at.isoformat(), repr(subject)
        ),
        purpose=said.purpose,
        state=said.state,
        method=said.method,
        occurred_at=said.occurred_at,
        address_hash=address,
        identifier_id=None if address is not None else subject.identifier_ids[0],
    )
    with transaction.atomic():
        recorded = record_entries([entry], now=now) == 1
    return recorded, queries.allows(subject, said.purpose, now)


def _subject(said: Statement, now: datetime) -> Subject:
    if not Purpose.objects.filter(code=said.purpose).exists():
        known = ", ".join(Purpose.objects.order_by("code").values_list("code", flat=True))
        raise _refused("purpose", "unknown_purpose", f"There is no purpose {said.purpose!r}. Known: {known}.")
    if len(said.subjects) != 1:
        raise _refused("email", "one_subject", "Name exactly one of email, user_id and anonymous_id.")
    kind, raw = said.subjects[0]
    if said.purpose in ADDRESS_PURPOSES and kind != "email":
        raise _refused(kind, "needs_email", f"{said.purpose} is stated for an address: give email instead of {kind}.")
    key = canonicalize(kind, raw)
    if isinstance(key, Blocked):
        raise _refused(kind, key.reason, f"This {kind} identifies nobody ({key.reason}).")
    if said.purpose in ADDRESS_PURPOSES:
        return Subject(address_hash=address_hash(key.value))
    return Subject(identifier_ids=(_identifier_id(key, now),))


def _identifier_id(key: IdentifierKey, now: datetime) -> int:
    """The identifier's id; a refusal by somebody not seen yet is kept too, so it is made when new."""
    seen = to_us(now)
    return register_sightings([Sighting((key,), seen, seen, 0, b"\0" * 16)])[key]


def _refused(field: str, reason: str, detail: str) -> Problem:
    errors = [{"field": field, "reason": reason, "detail": detail}]
    return Problem("invalid_consent", "This consent statement cannot be recorded", 422, detail, errors)
