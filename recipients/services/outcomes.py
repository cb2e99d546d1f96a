"""What came of a hand-over: sent, tried again later, or given up with an alarm; and peace for who does not answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from cdp.alarms import services as alarms
from recipients import retrying
from recipients.contracts import DUTIES
from recipients.models import Attempt, Delivery, Recipient

ALARM = "recipients.failing"
ALARM_AFTER = 5  # failures in a row


@dataclass(frozen=True, slots=True)
class Result:
    """The status a recipient answered, or why there is none, after how many milliseconds."""

    delivery: Delivery
    status: int | None
    failure: str
    took_ms: int = 0

    @property
    def is_taken(self) -> bool:
        """2xx."""
        return self.status is not None and retrying.is_taken(self.status)


def note(results: Sequence[Result], now: datetime, *, is_last_try: bool = False) -> None:
    """Write the end or the next attempt of each; the recipient's failures in a row; alarms."""
    for result in results:
        _finish(result, now, is_last_try=is_last_try)
    Attempt.objects.bulk_create(_attempts(results, now))
    rows = [result.delivery for result in results]
    # A row that ended meanwhile (its person was erased) stays as it is.
    still = set(
        Delivery.objects.select_for_update()
        .filter(pk__in=[row.pk for row in rows], state=Delivery.State.WAITING)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    changed = ["state", "reason", "status", "next_at", "finished_at", "facts"]
    Delivery.objects.bulk_update([row for row in rows if row.pk in still], changed)
    for recipient in sorted({row.recipient for row in rows}, key=lambda one: one.pk):
        _note_recipient(recipient, [result for result in results if result.delivery.recipient == recipient], now)


def leave_alone(recipient_ids: Collection[int], until: datetime) -> None:
    """Try nothing more with these before: they have not answered what they were sent."""
    if recipient_ids:
        late = Recipient.objects.filter(pk__in=list(recipient_ids)).exclude(quiet_until__gt=until)
        late.update(quiet_until=until)


def _attempts(results: Sequence[Result], now: datetime) -> list[Attempt]:
    return [
        Attempt(
            delivery=one.delivery,
            number=one.delivery.attempts,
            at=now,
            status=one.status,
            reason=one.failure,
            took_ms=one.took_ms,
        )
        for one in results
    ]


def _finish(result: Result, now: datetime, *, is_last_try: bool) -> None:
    row = result.delivery
    row.status = result.status
    if result.is_taken:
        row.state, row.reason, row.finished_at = Delivery.State.SENT, "", now
    else:
        row.reason = result.failure or f"status_{result.status}"
        ended = is_last_try or (result.status is not None and retrying.is_final(result.status))
        again = None if ended else retrying.next_try(row.attempts, now)
        if again is None:
            row.state, row.finished_at = Delivery.State.FAILED, now
        else:
            row.next_at = again
    if row.topic in DUTIES and row.state == Delivery.State.SENT:
        row.facts = {}  # the ids of somebody who is erased are kept until they are told, no longer


def _note_recipient(recipient: Recipient, results: Sequence[Result], now: datetime) -> None:
    link = f"/admin/recipients/recipient/{recipient.pk}/change/"
    if any(result.is_taken for result in results):
        Recipient.objects.filter(pk=recipient.pk, failures__gt=0).update(failures=0, quiet_until=None)
        alarms.clear_alarm(ALARM, str(recipient.pk))
        return
    failures = recipient.failures + 1
    Recipient.objects.filter(pk=recipient.pk).update(
        failures=F("failures") + 1, quiet_until=retrying.quiet_until(failures, now)
    )
    given_up = any(one.delivery.state == Delivery.State.FAILED for one in results if one.delivery.topic != "test")
    if given_up or failures >= ALARM_AFTER:
        message = (
            f"Recipient “{recipient.name}” does not take what it is sent ({results[-1].delivery.reason}). "
            + ("Deliveries were given up. " if given_up else "")
            + "Check its address, then send a test; what was given up can be tried again in the list of deliveries."
        )
        alarms.raise_alarm(ALARM, str(recipient.pk), message, level="error" if given_up else "warning", link=link)
