"""Confirming: the owner of an address pressed the button of a double opt-in, so what was pending is granted."""

from datetime import datetime

from django.db import transaction

from consent import queries
from consent.choices import Outcome, truncated_ip
from consent.contracts import GRANTED, PENDING, NewEntry, Subject
from consent.models import Entry, Proof
from consent.services.choosing import as_confirmed
from consent.services.ledger_writes import append_entries
from consent.services.locks import lock_addresses
from consent.services.proving import SIGN_UP, refused_since


def pending_of(proof_id: int) -> list[Entry]:
    """The lines that wait under this proof and were not refused since, in their order: what a page asks about."""
    proof = Proof.objects.filter(pk=proof_id, kind=SIGN_UP).first()
    if proof is None or proof.address_hash is None:
        return []
    rows = Entry.objects.filter(address_hash=proof.address_hash, proof_id=proof_id, state=PENDING)
    address = bytes(proof.address_hash)
    return [row for row in rows.order_by("id") if not refused_since(address, row.purpose_id, row.occurred_at)]


@transaction.atomic
def confirm(proof_id: int, *, now: datetime, ip: str = "") -> list[Outcome]:
    """The address's owner pressed the button: each line pending under this proof is granted (method double_opt_in).

    Empty where nothing is to be confirmed: the proof is gone, or everything was withdrawn since. Again: the same, with
    nothing recorded.
    """
    proof = Proof.objects.filter(pk=proof_id, kind=SIGN_UP).values_list("address_hash", flat=True).first()
    if proof is None:
        return []
    address = bytes(proof)
    lock_addresses([address])
    waiting = pending_of(proof_id)
    entries = [as_confirmed(_line(row), now=now, ip=ip, of=row.pk) for row in waiting]
    written = append_entries(entries, now=now)
    if written:
        _note(proof_id, now, ip)
    outcomes = []
    for row, entry in zip(waiting, entries, strict=True):
        subject = Subject(phone_hash=address) if row.channel == "sms" else Subject(address_hash=address)
        entry_id = written.get(entry.entry_key)
        decision = queries.allows(subject, row.purpose_id, now)
        outcomes.append(Outcome(entry_id is not None, GRANTED, decision, entry_id, proof_id))
    return outcomes


def _note(proof_id: int, now: datetime, ip: str) -> None:
    """The proof says itself that it was confirmed."""
    proof = Proof.objects.get(pk=proof_id)
    proof.content |= {"confirmed_at": now.isoformat(), "confirmed_from": truncated_ip(ip)}
    proof.save(update_fields=["content"])


def _line(row: Entry) -> NewEntry:
    return NewEntry(
        entry_key=bytes(row.entry_key),
        purpose=row.purpose_id,
        state=row.state,
        method=row.method,
        occurred_at=row.occurred_at,
        address_hash=bytes(row.address_hash) if row.address_hash is not None else None,
        identifier_id=row.identifier_id,
        source_id=row.source_id,
        channel=row.channel,
        wording_id=row.wording_id,
        wording_sha256=bytes(row.wording_sha256) if row.wording_sha256 is not None else None,
        notice_version=row.notice_version,
        proof_id=row.proof_id,
    )
