"""The ledger's entries: as the fold takes them, and with all that shows them to be true."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import QuerySet

from consent.contracts import EntryFacts, LedgerLine, WordingFacts
from consent.models import Entry, Proof, Wording
from consent.words_in_force import wording_facts


def ledger_lines(entries: QuerySet[Entry]) -> Iterator[LedgerLine]:
    """Entries as the fold takes them."""
    rows = entries.values_list("id", "address_hash", "identifier_id", "state", "occurred_at", "method")
    return (line_of(*row) for row in rows)


def line_of(
    entry_id: int,
    address: bytes | memoryview | None,
    identifier_id: int | None,
    state: str,
    occurred_at: datetime,
    method: str,
) -> LedgerLine:
    """An entry has an address or an identifier, by constraint."""
    subject: bytes | int = bytes(address) if address is not None else identifier_id or 0
    return LedgerLine(entry_id, subject, state, occurred_at, method)


def entry_facts(entry_ids: Collection[int]) -> dict[int, EntryFacts]:
    """{entry id: the line with its words and its proof} of those that exist, with three queries."""
    rows = list(Entry.objects.filter(pk__in=list(entry_ids)))
    words = wordings_by_id({row.wording_id for row in rows if row.wording_id is not None})
    proofs = Proof.objects.in_bulk({row.proof_id for row in rows if row.proof_id is not None})
    return {row.pk: _facts(row, words.get(row.wording_id or 0), proofs.get(row.proof_id or 0)) for row in rows}


def entries_of_proof(proof_id: int, *, state: str) -> list[EntryFacts]:
    """The entries of this state that the proof shows to be true, oldest first."""
    ids = Entry.objects.filter(proof_id=proof_id, state=state).order_by("pk").values_list("pk", flat=True)
    found = entry_facts(list(ids))
    return [found[pk] for pk in sorted(found)]


def wordings_by_id(wording_ids: Collection[int]) -> dict[int, WordingFacts]:
    """{wording id: its words} of those that exist."""
    return {pk: wording_facts(row) for pk, row in Wording.objects.in_bulk(list(wording_ids)).items()}


def _facts(row: Entry, words: WordingFacts | None, proof: Proof | None) -> EntryFacts:
    return EntryFacts(
        id=row.pk,
        purpose=row.purpose_id,
        state=row.state,
        method=row.method,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        address_hash=bytes(row.address_hash) if row.address_hash is not None else None,
        identifier_id=row.identifier_id,
        channel=row.channel,
        source_id=row.source_id,
        separation_id=row.separation_id,
        actor=row.actor,
        ip=row.ip,
        reason=row.reason,
        notice_version=row.notice_version,
        wording=words,
        wording_sha256=bytes(row.wording_sha256) if row.wording_sha256 is not None else None,
        proof_id=row.proof_id,
        proof_kind=proof.kind if proof else "",
        proof=proof.content if proof else None,
    )
