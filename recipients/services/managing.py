"""What staff do with recipients: change the secret, try given-up deliveries again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from cdp.outbox.services import wake
from recipients import signing
from recipients.contracts import DUTIES, TEST
from recipients.models import Delivery, Recipient

BOTH_SIGN = timedelta(hours=24)


@transaction.atomic
def rotate_secret(recipient_id: int, *, now: datetime) -> str:
    """A new secret, to be shown once. The old one signs as well for 24 hours, so that nothing is refused meanwhile."""
    row = Recipient.objects.select_for_update().get(pk=recipient_id)
    row.previous_secret, row.previous_until = row.secret, now + BOTH_SIGN
    row.secret = signing.new_secret()
    row.save(update_fields=["secret", "previous_secret", "previous_until"])
    return row.secret


@transaction.atomic
def replay(recipient_id: int, *, since: datetime, until: datetime, now: datetime) -> int:
    """Send again what a recipient took or was given up between two instants, e.g. because it lost its data.

    Each keeps its id, so that a recipient that has it tells the repeat; each is asked at the gate once more. Duties and
    tests are not repeated, nor what consent held back. Returns how many.
    """
    ended = (Delivery.State.SENT, Delivery.State.FAILED)
    rows = Delivery.objects.filter(recipient_id=recipient_id, state__in=ended, made_at__gte=since, made_at__lt=until)
    return _again(rows.exclude(topic__in=[*DUTIES, TEST]), now)


@transaction.atomic
def retry(delivery_ids: Collection[int], *, now: datetime) -> int:
    """Try given-up deliveries again from the start; each is asked at the gate once more. Returns how many."""
    return _again(Delivery.objects.filter(pk__in=list(delivery_ids), state=Delivery.State.FAILED), now)


def _again(rows: QuerySet[Delivery], now: datetime) -> int:
    recipients = set(rows.values_list("recipient_id", flat=True))
    count = rows.update(
        state=Delivery.State.WAITING,
        attempts=0,
        next_at=now,
        finished_at=None,
        reason="",
        replays=F("replays") + 1,
    )
    Recipient.objects.filter(pk__in=recipients).update(quiet_until=None)
    if count:
        wake("recipients.deliver")
    return count
