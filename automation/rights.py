"""What automation holds of a person: mails, which are emptied, and the ways of their carts through journeys."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from automation.models import Browsing, Enrollment, Message
from automation.reasons import words
from automation.services import forgetting
from cdp.lib.rights import Erased, Part, Person, Row, Store


def export(person: Person) -> Iterator[Part]:
    """Every mail as it was sent, and every cart that was to be written about."""
    yield Part("mails", "Mails to you: what was sent, when, and why one was not.", _mails(person))
    yield Part("journeys", "Carts of yours that we meant to write about, and what came of it.", _enrollments(person))


def erase(person: Person, now: datetime) -> Erased:
    """What waits never mails; what was mailed is emptied, so that an occasion is never mailed twice."""
    return Erased(
        {
            "waiting mails stopped": forgetting.stop_mails(person, now),
            "mails emptied, kept as a count": forgetting.empty_mails(person),
            "enrollments deleted": forgetting.delete_enrollments(person),
        }
    )


def remains(person: Person) -> int:
    """Mails that still say something or wait, and enrollments."""
    return forgetting.speaking_mails(person).count() + forgetting.enrollments(person).count()


def _mails(person: Person) -> Iterator[Row]:
    rows = forgetting.mails(person).select_related("journey").order_by("queued_at", "pk")
    for row in rows.iterator(chunk_size=50):
        yield {
            "journey": row.journey.name,
            "sent_for": row.journey.purpose_code,
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
        }


def _enrollments(person: Person) -> Iterator[Row]:
    rows = forgetting.enrollments(person).select_related("journey").order_by("armed_at", "pk")
    for row in rows.iterator(chunk_size=200):
        yield {
            "journey": row.journey.name,
            "cart": row.cart_key,
            "state": row.state,
            "reason": words(row.reason) if row.reason else "",
            "cart_filled_at": row.armed_at.isoformat(),
            "due_at": row.due_at.isoformat() if row.due_at else None,
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        }


def export_browsing(person: Person) -> Iterator[Part]:
    """What they are looking at."""
    yield Part("browsing", "Products you looked at lately, which we might remind you of.", _browsing(person))


def erase_browsing(person: Person, now: datetime) -> Erased:
    """Gone; their events are erased too, so that nothing notes it again."""
    return Erased({"looks around forgotten": _looks(person).delete()[0]})


def browsing_remains(person: Person) -> int:
    """Rows of theirs."""
    return _looks(person).count()


def _looks(person: Person) -> QuerySet[Browsing]:
    return Browsing.objects.filter(identifier_id__in=person.ids)


def _browsing(person: Person) -> Iterator[Row]:
    for row in _looks(person).order_by("since", "pk"):
        yield {
            "products": row.product_ids,
            "since": row.since.isoformat(),
            "last_seen_at": row.viewed_at.isoformat(),
        }


STORES: tuple[Store, ...] = (
    Store(
        name="browsing",
        title="Looks around",
        stage=10,
        erase=erase_browsing,
        remains=browsing_remains,
        export=export_browsing,
        models=(Browsing._meta.label,),
    ),
    Store(
        name="mails",
        title="Mails and journeys",
        stage=10,
        erase=erase,
        remains=remains,
        export=export,
        models=(Message._meta.label, Enrollment._meta.label),
    ),
)
"""Erased first: nothing may be sent while the rest is on its way out."""
