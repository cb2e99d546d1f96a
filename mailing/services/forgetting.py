"""Erasing a person from the mails: nothing that waits is sent any more, what was sent is emptied.

A mail keeps its row with the hash of its address and of its occasion, so that figures stay true and no occasion is
mailed twice.
"""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from cdp.lib.conflicts import retrying
from cdp.lib.hashing import keyed_hash
from cdp.lib.rights import Person
from mailing.models import Message, Receipt
from mailing.services.concluding import conclude, tell

REASON = "suppressed_erasure"
EMPTY = {"address": "", "subject": "", "html": "", "text": "", "message_id": ""}
HASHED = "erased:"


def mails(person: Person) -> QuerySet[Message]:
    """Every mail about the person or to an address of theirs."""
    return Message.objects.filter(Q(identifier_id__in=person.ids) | Q(address_hash__in=person.address_hashes))


def speaking_mails(person: Person) -> QuerySet[Message]:
    """Those that wait, or still say something."""
    return mails(person).filter(Q(state=Message.State.QUEUED) | ~Q(**EMPTY) | ~Q(occasion__startswith=HASHED))


def stop_mails(person: Person, now: datetime) -> int:
    """Suppress what is queued, whoever is about to take it; how many."""
    return retrying(lambda: _stop(person, now))


def empty_mails(person: Person) -> int:
    """Take out of every mail what it says and to whom, and where its links led, one a transaction; how many were
    emptied."""
    ids = list(speaking_mails(person).values_list("pk", flat=True))
    return sum(retrying(partial(_empty, pk)) for pk in ids)


@transaction.atomic
def _stop(person: Person, now: datetime) -> int:
    queued = mails(person).filter(state=Message.State.QUEUED).select_for_update(of=("self",)).order_by("pk")
    stopped = list(queued)
    for row in stopped:
        row.state, row.reason, row.finished_at = Message.State.SUPPRESSED, REASON, now
    conclude(stopped)
    tell(stopped, now)  # whoever waits for a mail's end learns of it
    return len(stopped)


@transaction.atomic
def _empty(pk: int) -> int:
    row = Message.objects.select_for_update(of=("self",)).get(pk=pk)
    occasion = row.occasion
    if not occasion.startswith(HASHED):
        occasion = f"{HASHED}{keyed_hash('occasion', occasion).hex()}"
    Receipt.objects.filter(message_id=pk).update(network=None, url="")
    return Message.objects.filter(pk=pk).update(**EMPTY, occasion=occasion)
