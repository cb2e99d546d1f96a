"""What campaigns hold of a person: that they were to get one, and what came of it."""

from collections.abc import Iterator
from datetime import datetime

from campaigns.models import Campaign, Recipient
from campaigns.reasons import words
from campaigns.services import forgetting
from cdp.lib.rights import Erased, Part, Person, Row, Store


def export(person: Person) -> Iterator[Part]:
    """Every campaign the person was in the audience of."""
    yield Part("campaigns", "Campaigns you were to get, and what came of it.", _recipients(person))


def erase(person: Person, now: datetime) -> Erased:
    """Nothing that waits goes out any more; the rows stay as a count of nobody."""
    return Erased(
        {
            "campaign mails stopped": forgetting.stop(person, now),
            "campaign rows made nobody's, kept as a count": forgetting.take_off(person),
            "addresses taken off seed lists": forgetting.take_off_seeds(person),
        }
    )


def remains(person: Person) -> int:
    """Rows that still point to the person, and seed lists with an address of theirs."""
    return Recipient.objects.filter(identifier_id__in=person.ids).count() + len(forgetting.seeded(person))


def _recipients(person: Person) -> Iterator[Row]:
    rows = Recipient.objects.filter(identifier_id__in=person.ids).select_related("campaign").order_by("pk")
    for row in rows.iterator(chunk_size=200):
        yield {
            "campaign": row.campaign.name,
            "state": row.state,
            "reason": words(row.reason) if row.reason else "",
            "variant": row.variant,
            "planned_for": row.due_at.isoformat() if row.due_at else None,
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        }


STORES: tuple[Store, ...] = (
    Store(
        name="campaigns",
        title="Campaigns",
        stage=10,
        erase=erase,
        remains=remains,
        export=export,
        models=(Recipient._meta.label, Campaign._meta.label),
    ),
)
"""Erased with the mails: nothing may be sent while the rest is on its way out."""
