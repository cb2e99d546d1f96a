"""Restriction, its end, objection and opt-out as entries of the ledger: one a purpose and identifier or address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from cdp.lib.hashing import keyed_hash
from cdp.lib.rights import Person
from consent import services as consent
from consent.contracts import DENIED, GRANTED, PROCESSING, THIRD_PARTY_SHARING, WITHDRAWN, NewEntry, PurposeFacts
from consent.purposes_in_force import purposes_now
from privacy.models import Request

METHOD = "privacy_request"
INTEREST = "legitimate_interest"


def state(request: Request, person: Person, now: datetime) -> Mapping[str, Any]:
    """Write what the request says, once. Evidence: how many entries, and which purposes."""
    said = _said(request)
    entries = [entry for purpose, what in said for entry in _entries(request, person, purpose, what, now)]
    with transaction.atomic():
        written = consent.record_entries(entries, now=now)
    return {"entries written": written, "purposes": [purpose.code for purpose, _ in said]}


def objectionable(regime: str) -> list[PurposeFacts]:
    """Shown purposes that rest on legitimate interest under this law: what one may object to (GDPR Art. 21)."""
    return [purpose for purpose in purposes_now().shown if purpose.rules[regime].legal_basis == INTEREST]


def _said(request: Request) -> list[tuple[PurposeFacts, str]]:
    known = purposes_now()
    if request.kind in (Request.Kind.RESTRICT, Request.Kind.UNRESTRICT):
        codes, what = [PROCESSING], DENIED if request.kind == Request.Kind.RESTRICT else GRANTED
    elif request.kind == Request.Kind.OPT_OUT:
        codes, what = [THIRD_PARTY_SHARING], DENIED
    else:
        named: Sequence[str] = request.wishes.get("purposes") or [one.code for one in objectionable(request.regime)]
        codes, what = list(named), WITHDRAWN
    found = [known.get(code) for code in codes]
    return [(purpose, what) for purpose in found if purpose is not None]


def _entries(request: Request, person: Person, purpose: PurposeFacts, what: str, now: datetime) -> Iterator[NewEntry]:
    """About every address where the purpose has a channel, about every identifier else; about both to restrict."""
    line = NewEntry(
        entry_key=b"",
        purpose=purpose.code,
        state=what,
        method=METHOD,
        occurred_at=now if what == GRANTED else request.received_at,
        identifier_id=0,
        channel=purpose.channel,
        actor="person",
        reason=str(request.pk),
    )
    if purpose.channel or purpose.code == PROCESSING:
        for hashed in person.address_hashes:
            key = _key(request, purpose.code, hashed.hex())
            yield replace(line, entry_key=key, address_hash=hashed, identifier_id=None)
    if not purpose.channel:
        for held in person.identifiers:
            if held.id:
                yield replace(line, entry_key=_key(request, purpose.code, str(held.id)), identifier_id=held.id)


def _key(request: Request, purpose: str, subject: str) -> bytes:
    return keyed_hash("consent", METHOD, str(request.pk), purpose, subject)
