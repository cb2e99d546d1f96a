"""Recipients as a store: to whom a person was disclosed; erasing tells every one of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from cdp.lib.clock import utc_now
from cdp.lib.rights import Erased, Part, Person, Row, Store
from recipients.models import Delivery, Disclosure
from recipients.queries import disclosed_to
from recipients.services import tell_erasure
from recipients.services.sending import TIMEOUT_S

# A key names the profile or order it is about, so it goes as well.
NOBODY: dict[str, Any] = {
    "profile_id": None,
    "identifier_id": None,
    "facts": {},
    "key": Concat(Value("erased:"), Cast("pk", TextField())),
}

# What is being sent arrives within this time or never: it must not come after the word to delete it.
ON_ITS_WAY = timedelta(seconds=2 * TIMEOUT_S)


def export(person: Person) -> Iterator[Part]:
    """To whom, since when and how often; and each delivery that is still kept."""
    yield Part("recipients", "To whom your data was disclosed (GDPR Art. 15).", _disclosures(person))
    yield Part("deliveries", "What each recipient was to be told of you, and what became of it.", _deliveries(person))


def erase(person: Person, now: datetime) -> Erased:
    """Tell those who know the person, end what waits, and empty what was sent of ids and facts."""
    with transaction.atomic():
        # First what waits: it is locked by whoever sends it, and once they are done their disclosure is seen below.
        waiting = _rows(person).filter(state=Delivery.State.WAITING)
        tried = any(waiting.select_for_update().order_by("pk").values_list("attempts", flat=True))
        due_at = utc_now() + ON_ITS_WAY if tried else now
        over = {"state": Delivery.State.SUPPRESSED, "reason": "erased", "finished_at": now}
        ended = waiting.update(**over, **NOBODY)
        told = tell_erasure(person, now=now, due_at=due_at)
        emptied = _rows(person).update(**NOBODY)
        disclosures, _ = Disclosure.objects.filter(profile_id__in=person.profile_ids).delete()
    counts = {
        "recipients told": len(told),
        "waiting deliveries ended": ended,
        "deliveries emptied": ended + emptied,
        "disclosures deleted": disclosures,
    }
    return Erased(counts, ("Recipients that do not answer are tried again for 88 hours.",) if told else ())


def remains(person: Person) -> int:
    """Deliveries and disclosures that still point to the person; the duty to tell of the erasure does not count."""
    return _rows(person).count() + Disclosure.objects.filter(profile_id__in=person.profile_ids).count()


def _rows(person: Person) -> QuerySet[Delivery]:
    about = Q(profile_id__in=person.profile_ids) | Q(identifier_id__in=person.ids)
    return Delivery.objects.filter(about)


def _disclosures(person: Person) -> Iterator[Row]:
    for one in disclosed_to(person.profile_ids):
        yield {
            "recipient": one.recipient,
            "role": one.role,
            "country": one.country,
            "safeguard": one.safeguard,
            "purpose": one.purpose,
            "fields": list(one.fields),
            "first": one.first_at.isoformat(),
            "last": one.last_at.isoformat(),
            "times": one.times,
        }


def _deliveries(person: Person) -> Iterator[Row]:
    for row in _rows(person).select_related("recipient").order_by("made_at", "pk").iterator(chunk_size=500):
        yield {
            "recipient": row.recipient.name,
            "topic": row.topic,
            "made": row.made_at.isoformat(),
            "state": row.state,
            "reason": row.reason,
            "sent": row.finished_at.isoformat() if row.finished_at and row.state == "sent" else None,
            "facts": row.facts,
        }


STORES = (
    Store(
        name="recipients",
        title="Recipients: deliveries and disclosures",
        stage=10,
        erase=erase,
        remains=remains,
        export=export,
        models=("recipients.Delivery", "recipients.Disclosure"),
    ),
)
