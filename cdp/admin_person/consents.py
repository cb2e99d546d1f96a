"""What was said about consent, with its proof: the ledger's lines, how, about what, and the event that told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp.admin_person.parts import ROWS, kind_words
from cdp.lib.hashing import address_hash
from consent.models import Entry
from events.models import Event
from events.queries import source_names
from profiles import page as tables
from profiles.contracts import IdentifierFacts

METHODS = {
    "event": "in an event",
    "api": "through the API",
    "one_click": "by the mail program's button",
    "page": "on the unsubscribe page",
    "import": "in an import",
    "staff": "by staff",
    "complaint": "by a spam complaint",
    "bounce": "by a bounced mail",
    "context": "with an event, as the device remembers it",
    "gpc": "by the browser's Global Privacy Control",
}
FROM_EVENTS = ("event", "context", "gpc")


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One line of the ledger. `about`: the address or identifier it stands on; `event_id`: the event that said it."""

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


def consent_entries(identifiers: Sequence[IdentifierFacts], *, personal: bool) -> list[EntryShown]:
    """The ledger's latest lines about the person's identifiers and addresses, newest first."""
    ids = [fact.id for fact in identifiers]
    by_identifier = Entry.objects.filter(identifier_id__in=ids)
    by_address = Entry.objects.filter(address_hash__in=[address_hash(fact.value) for fact in _addresses(identifiers)])
    rows = [*by_identifier.select_related("purpose").order_by("-occurred_at")[:ROWS]]
    rows += by_address.select_related("purpose").order_by("-occurred_at")[:ROWS]
    newest = sorted(rows, key=lambda row: row.occurred_at, reverse=True)[:ROWS]
    names, events = source_names(), _events(newest, ids)
    about: dict[object, str] = {address_hash(fact.value): _about(fact, personal) for fact in _addresses(identifiers)}
    about |= {fact.id: _about(fact, personal) for fact in identifiers}
    return [
        EntryShown(
            id=row.pk,
            purpose=row.purpose.label,
            state=row.get_state_display(),
            allowed=row.state == Entry.State.GRANTED,
            how=METHODS.get(row.method, row.method),
            source=names.get(row.source_id or 0, ""),
            about=about.get(row.identifier_id or bytes(row.address_hash or b""), ""),
            at=row.occurred_at,
            received_at=row.received_at,
            event_id=events.get((row.source_id or 0, row.occurred_at)) if row.method in FROM_EVENTS else None,
        )
        for row in newest
    ]


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
