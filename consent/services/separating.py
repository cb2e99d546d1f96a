"""What an un-merge by staff does to consent: each side keeps the refusals of the other as withdrawals of its own.

While two people were held for one, a refusal of either counted for both, and nobody knows which of them it came from.
So before they part, an explicit withdrawal is written on the side that would otherwise be rid of it. A split that
events bring about writes none.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from cdp.lib.hashing import address_hash, keyed_hash
from consent import ledger
from consent.contracts import GRANTED, WITHDRAWN, Carried, LedgerLine, NewEntry
from consent.models import Entry, Purpose
from consent.purposes_in_force import purposes_now
from consent.queries import ledger_lines
from consent.queries.gate import KIND_OF_CHANNEL
from consent.services.ledger_writes import record_entries
from profiles.contracts import IdentifierFacts
from profiles.identifiers import USER_ID, rank

STAFF = "staff"


def carried(one: Sequence[IdentifierFacts], other: Sequence[IdentifierFacts], *, at: datetime) -> list[Carried]:
    """The withdrawals that both sides need before staff may part them, by purpose. Writes nothing."""
    if not one or not other:
        return []
    lines = [_lines(one), _lines(other)]
    found: list[Carried] = []
    for purpose in Purpose.objects.order_by("label", "code"):
        kind = KIND_OF_CHANNEL.get(purpose.channel, "")
        for side, own in ((1, one), (2, other)):
            theirs, mine = lines[2 - side].get(purpose.pk, []), lines[side - 1].get(purpose.pk, [])
            if kind:
                theirs = _about_addresses(theirs, other if side == 1 else one, kind)
                mine = _about_addresses(mine, own, kind)
            if ledger.carries_over(theirs, mine, at=at, of_address=bool(kind)):
                found += _subjects(side, purpose, own)
    return found


def write_carried(
    found: Sequence[Carried], *, separation_id: int, now: datetime, staff_id: int | None = None, reason: str = ""
) -> int:
    """Append these withdrawals in the caller's transaction, each naming the separation. Returns how many were new."""
    actor = "system" if staff_id is None else f"staff:{staff_id}"
    entries = [_entry(one, separation_id, now) for one in found]
    return record_entries([replace(one, actor=actor, reason=reason) for one in entries], now=now)


def _subjects(side: int, purpose: Purpose, own: Sequence[IdentifierFacts]) -> list[Carried]:
    """Every address of the side for a purpose with a channel, else its strongest identifier."""
    hashes = sorted(_hashes(own, KIND_OF_CHANNEL.get(purpose.channel, "")))
    if hashes:
        return [Carried(side, purpose.pk, purpose.label, address_hash=one) for one in hashes]
    strongest = min(own, key=lambda fact: (rank(fact.kind), fact.first_seen_at, fact.id))
    return [Carried(side, purpose.pk, purpose.label, identifier_id=strongest.id)]


def _entry(one: Carried, separation_id: int, now: datetime) -> NewEntry:
    purpose = purposes_now().get(one.purpose)
    subject = str(one.identifier_id) if one.address_hash is None else one.address_hash.hex()
    return NewEntry(
        entry_key=keyed_hash("consent", "separation", str(separation_id), one.purpose, subject),
        purpose=one.purpose,
        state=WITHDRAWN,
        method=STAFF,
        occurred_at=now,
        address_hash=one.address_hash,
        identifier_id=one.identifier_id,
        separation_id=separation_id,
        channel=purpose.channel if purpose else "",
    )


def _lines(facts: Sequence[IdentifierFacts]) -> dict[str, list[LedgerLine]]:
    """{purpose: all that was said about these identifiers and their addresses}."""
    hashes = {one for kind in KIND_OF_CHANNEL.values() for one in _hashes(facts, kind)}
    about = Q(identifier_id__in=[fact.id for fact in facts]) | Q(address_hash__in=hashes)
    rows = Entry.objects.filter(about)
    return {
        purpose: list(ledger_lines(rows.filter(purpose_id=purpose)))
        for purpose in rows.values_list("purpose_id", flat=True).distinct()
    }


def _about_addresses(lines: Sequence[LedgerLine], facts: Sequence[IdentifierFacts], kind: str) -> list[LedgerLine]:
    """What counts for a channel: refusals, and grants of an address or by the account that can mean no other."""
    hashes = _hashes(facts, kind)
    may_grant: set[bytes | int] = {*hashes, *(f.id for f in facts if f.kind == USER_ID and len(hashes) == 1)}
    return [line for line in lines if line.state != GRANTED or line.subject in may_grant]


def _hashes(facts: Sequence[IdentifierFacts], kind: str) -> set[bytes]:
    return {address_hash(fact.value) for fact in facts if fact.kind == kind and not fact.is_shared}
