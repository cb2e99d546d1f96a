"""What mailing holds of a person: messages, which are emptied; what became of each, which stays a figure."""

from collections.abc import Iterator
from datetime import datetime

from cdp.lib.rights import Erased, Part, Person, Row, Store
from mailing.models import Message, Receipt
from mailing.reasons import words
from mailing.services import forgetting

TIMES = ("delivered_at", "opened_at", "clicked_at", "bounced_at", "complained_at", "unsubscribed_at")


def export(person: Person) -> Iterator[Part]:
    """Every message as it was sent."""
    yield Part("mails", "Messages to you: what was sent, when, and why one was not.", _mails(person))


def erase(person: Person, now: datetime) -> Erased:
    """What waits is never sent; what was sent is emptied, so that an occasion is never written about twice."""
    return Erased(
        {
            "waiting mails stopped": forgetting.stop_mails(person, now),
            "mails emptied, kept as a count": forgetting.empty_mails(person),
        }
    )


def remains(person: Person) -> int:
    """Messages that still say something or wait."""
    return forgetting.speaking_mails(person).count()


def _mails(person: Person) -> Iterator[Row]:
    mails = forgetting.mails(person).prefetch_related("receipts").order_by("queued_at", "pk")
    for row in mails.iterator(chunk_size=50):
        yield {
            "sent_by": row.label,
            "channel": row.channel,
            "sent_for": row.purpose or row.kind,
            "address": row.address,
            "state": row.state,
            "reason": words(row.reason) if row.reason else "",
            "queued_at": row.queued_at.isoformat(),
            "sent_at": row.sending_at.isoformat() if row.sending_at else None,
            "allowed_by_entry": row.consent_entry_id,
            "message_id": row.message_id,
            "subject": row.subject,
            "text": row.text,
            "html": row.html,
            "became": {name.removesuffix("_at"): _instant(getattr(row, name)) for name in TIMES if getattr(row, name)},
            "receipts": [_receipt(one) for one in row.receipts.all()],
        }


def _receipt(one: Receipt) -> dict[str, str]:
    """What came of it, and whom we took for it: a person or a program."""
    told = {"what": one.kind, "at": one.at.isoformat(), "by": one.who, "why": one.why, "link": one.url}
    return {name: value for name, value in told.items() if value}


def _instant(at: datetime | None) -> str:
    return at.isoformat() if at else ""


STORES: tuple[Store, ...] = (
    Store(
        name="messages",
        title="Mails and messages",
        stage=10,
        erase=erase,
        remains=remains,
        export=export,
        models=(Message._meta.label, Receipt._meta.label),
    ),
)
"""Erased first: nothing may be sent while the rest is on its way out."""
