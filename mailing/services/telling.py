"""What became of mails told as events of the person, by a source of our own: rules ask them like any other event.

An event hangs on the identifier its message hangs on, carries no address, and changes no consent: whoever wrote the
receipt has done that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from events import services as events
from events.contracts import RequestFacts
from events.services.internal import internal_source
from mailing.models import Message, Receipt
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.identifiers import ANONYMOUS_ID, USER_ID

SOURCE = "Mail"
LIVE = 0
NAMES = {
    Receipt.Kind.DELIVERED: "Email Delivered",
    Receipt.Kind.OPENED: "Email Opened",
    Receipt.Kind.CLICKED: "Email Link Clicked",
    Receipt.Kind.BOUNCED: "Email Bounced",
    Receipt.Kind.COMPLAINED: "Email Marked as Spam",
    Receipt.Kind.UNSUBSCRIBED: "Unsubscribed",
}


def tell(receipts: Sequence[Receipt]) -> None:
    """Record an event for each receipt whose person is still known, in the caller's transaction; the same receipt again
    is the same event. Select their messages with them."""
    told = [one for one in receipts if one.kind in NAMES]
    if not told:
        return
    known = profiles.identifier_facts({one.message.identifier_id for one in told})
    items = [_item(one, known[one.message.identifier_id]) for one in told if one.message.identifier_id in known]
    if items:
        events.record(internal_source(SOURCE), items, lane=LIVE, facts=RequestFacts(consent_done=True))


def _item(receipt: Receipt, who: IdentifierFacts) -> Mapping[str, Any]:
    return {
        "type": "track",
        "event": NAMES[Receipt.Kind(receipt.kind)],
        "messageId": f"mail-receipt-{receipt.pk}",
        "timestamp": receipt.at.isoformat(),
        "properties": _properties(receipt, receipt.message),
        "context": {"library": {"name": "mail"}, **_context(who)},
        **_named(who),
    }


def _properties(receipt: Receipt, message: Message) -> dict[str, Any]:
    """By the names of Segment's e-mail events, and ours: what was sent by whom."""
    told: dict[str, Any] = {
        "email_id": str(message.pk),
        "campaign_id": f"{message.sender}-{message.sender_id}",
        "campaign_name": message.label,
        "sender": message.sender,
        "step": message.step,
        "template": message.template,
        "purpose": message.purpose,
        "variant": message.variant,
    }
    if receipt.kind == Receipt.Kind.CLICKED:
        told |= {"link_id": str(receipt.link), "link_url": receipt.url}
    if receipt.kind == Receipt.Kind.BOUNCED:
        weight, _, status = receipt.why.partition(" ")
        told |= {"bounce_type": weight, "bounce_status": status}
    return {name: value for name, value in told.items() if value}


def _named(who: IdentifierFacts) -> dict[str, Any]:
    if who.kind == USER_ID:
        return {"userId": who.value}
    if who.kind == ANONYMOUS_ID:
        return {"anonymousId": who.value}
    # Every event needs one of the two: always the same for an address, so that its person gets no new one each time.
    return {"anonymousId": f"mail-{who.id}"}


def _context(who: IdentifierFacts) -> dict[str, Any]:
    if who.kind in (USER_ID, ANONYMOUS_ID):
        return {}
    return {"externalIds": [{"id": who.value, "type": who.kind, "collection": "users", "encoding": "none"}]}
