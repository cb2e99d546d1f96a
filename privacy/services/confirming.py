"""Double opt-in: the mail that asks for a yes, and the yes. Nothing but a POST of the mailed page's button confirms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from consent import queries as consent_queries
from consent import services as consent
from consent.contracts import PENDING, EntryFacts
from privacy.contracts import CONFIRM, LETTER_CONFIRM, LinkFacts
from privacy.services import links
from privacy.services.letters import send_letter
from profiles.identifiers import EMAIL, Blocked, canonicalize


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What pressing the button came to. `outcomes`: entries granted; 0: all was withdrawn or erased since."""

    link: LinkFacts
    outcomes: int


def consume_pending(messages: Sequence[TopicMessage]) -> None:
    """One letter a sign-up that waits, with the titles of what was asked for. In the delivering transaction."""
    now = utc_now()
    for message in messages:
        entries = waiting_entries(int(message.payload["proof_id"]))
        if entries and entries[0].proof is not None:
            _write_to(entries, int(message.payload["proof_id"]), now)


def waiting_entries(proof_id: int) -> list[EntryFacts]:
    """What was asked for with this proof, in the words in which it was put; empty once it was erased."""
    return consent_queries.entries_of_proof(proof_id, state=PENDING)


def confirm(token: str, *, ip: str, now: datetime) -> Confirmed | None:
    """Use the link up and grant what it is for; None if the link does not work (any more)."""
    with transaction.atomic():
        link = links.use(token, CONFIRM, now=now)
        if link is None:
            return None
        return Confirmed(link, len(consent.confirm(int(link.facts["proof_id"]), now=now, ip=ip)))


def _write_to(entries: Sequence[EntryFacts], proof_id: int, now: datetime) -> None:
    proof = entries[0].proof or {}
    key = canonicalize(EMAIL, proof.get("address"))
    if isinstance(key, Blocked):  # a number: text messages are not sent by us
        return
    send_letter(
        LETTER_CONFIRM,
        address=key.value,
        key=f"{LETTER_CONFIRM}:{proof_id}",
        now=now,
        locale=str(proof.get("locale") or "en"),
        facts={"proof_id": proof_id, "titles": [entry.wording.title for entry in entries if entry.wording]},
    )
