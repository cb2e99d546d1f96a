"""What was said about consent: the ledger's lines, how, by whom, in answer to what, and the event that told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp.admin_person.parts import ROWS, kind_words
from cdp.lib.hashing import address_hash
from consent.models import Entry, Wording
from consent.reasons import method_words
from events.models import Event
from events.queries import source_names
from profiles import page as tables
from profiles.contracts import IdentifierFacts

FROM_EVENTS = ("event", "context", "gpc")


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One line of the ledger. `about`: the address or identifier it stands on; `event_id`: the event that said it.

    `words`: version and language of the wording it answers; `by`: person, staff, source, system or "" where not known.
    """

    id: int
    purpose: str
    state: str
    allowed: bool
    how: str
    source: str
    about: str
    at: datetime
    received_at: datetime
    event_id: int | None
    words: str
    notice: int | None
    by: str
    has_proof: bool


def consent_entries(identifiers: Sequence[IdentifierFacts], *, personal: bool) -> list[EntryShown]:
    """The ledger's latest lines about the person's identifiers and addresses, newest first."""
    ids = [fact.id for fact in identifiers]
    by_identifier = Entry.objects.filter(identifier_id__in=ids)
    by_address = Entry.objects.filter(address_hash__in=[address_hash(fact.value) for fact in _addresses(identifiers)])
    rows = [*by_identifier.select_related("purpose").order_by("-occurred_at")[:ROWS]]
    rows += by_address.select_related("purpose").order_by("-occurred_at")[:ROWS]
    newest = sorted(rows, key=lambda row: row.occurred_at, reverse=True)[:ROWS]
    names, events = source_names(), _events(newest, ids)
    about = shown_subjects(identifiers, personal=personal)
    words = Wording.objects.in_bulk({row.wording_id for row in newest if row.wording_id is not None})
    return [
        EntryShown(
            id=row.pk,
            purpose=row.purpose.label,
            state=row.get_state_display(),
            allowed=row.state == Entry.State.GRANTED,
            how=method_words(row.method),
            source=names.get(row.source_id or 0, ""),
            about=about.get(row.identifier_id or bytes(row.address_hash or b""), ""),
            at=row.occurred_at,
            received_at=row.received_at,
            event_id=events.get((row.source_id or 0, row.occurred_at)) if row.method in FROM_EVENTS else None,
            words=_words(words.get(row.wording_id or 0)),
            notice=row.notice_version,
            by=row.actor.partition(":")[0],
            has_proof=row.proof_id is not None,
        )
        for row in newest
    ]


def shown_subjects(identifiers: Sequence[IdentifierFacts], *, personal: bool) -> dict[object, str]:
    """{identifier id or address hash: what it stands for}, masked without the right."""
    about: dict[object, str] = {address_hash(fact.value): _about(fact, personal) for fact in _addresses(identifiers)}
    return about | {fact.id: _about(fact, personal) for fact in identifiers}


def _words(wording: Wording | None) -> str:
    return f"v{wording.version} {wording.locale}" if wording else ""


def _addresses(identifiers: Sequence[IdentifierFacts]) -> list[IdentifierFacts]:
    return [fact for fact in identifiers if fact.kind in ("email", "phone")]


def _about(fact: IdentifierFacts, personal: bool) -> str:
    return f"{kind_words(fact.kind)} {tables.shown(fact.kind, fact.value, personal=personal)}"


def _events(rows: Sequence[Entry], identifier_ids: Sequence[int]) -> Mapping[tuple[int, datetime], int]:
    """The events of the person at exactly the lines' instants, by source: a line keeps the time of the event that said
    it, not its number.
    """
    instants = [row.occurred_at for row in rows if row.method in FROM_EVENTS]
    if not instants:
        return {}
    found = Event.objects.filter(identifier_id__in=list(identifier_ids), occurred_at__in=instants)
    return {(source_id, at): pk for pk, source_id, at in found.values_list("pk", "source_id", "occurred_at")}
