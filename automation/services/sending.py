"""Queued mails handed over, at most once each.

One transaction locks the message and its address, asks everything again, renders, and commits `sending`; only then the
SMTP server is spoken to. A withdrawal takes the same address lock, so it comes before the questions or after the
hand-over began. What a dead worker left in `sending` becomes `unknown` and is never queued again.
"""

import dataclasses
from datetime import datetime, timedelta

import structlog
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError, transaction

from automation.abandonment import decide
from automation.contracts import Verdict
from automation.handover import DEFERRED, FAILED, Hand, MailServerAwayError, Outcome
from automation.models import Enrollment, Message
from automation.queries import Situation, is_behind, last_handed_at, newer_is_queued, rules_of, situation
from automation.rendering import RenderError
from automation.services.composing import compose, envelope
from automation.services.refusing import note_refused
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from cdp.lib.decision import Decision
from cdp.lib.failures import describe
from cdp.outbox.services import publish
from consent import services as consent

SLICE = 50
DEAD_AFTER = timedelta(minutes=5)
DEFER_FOR = timedelta(minutes=15)
# The negative control of the tests sets this to False and must be caught: nobody else touches it.
ASK_PERMISSION_AGAIN = True
log = structlog.get_logger(__name__)


def send_slice() -> int:
    """Hand over up to 50 queued mails of live journeys over one connection; how many were worked.

    With the mail server away, or processing behind (an order may be waiting in front of us), nothing is claimed and the
    mails stay queued.
    """
    give_up_dead(utc_now())
    if is_behind():
        return 0
    worked = 0
    with Hand() as hand:
        for message_id in _due(utc_now()):
            try:
                hand.reach()
            except MailServerAwayError as error:
                log.warning("mail_server_away", error=str(error))
                return worked
            worked += _send(message_id, hand)
    return worked


def give_up_dead(now: datetime) -> int:
    """Messages in `sending` for more than 5 minutes become `unknown`; how many."""
    dead = Message.objects.filter(state=Message.State.SENDING, sending_at__lt=now - DEAD_AFTER)
    return sum(_conclude(pk, Outcome("unknown", "worker_died"), now) for pk in dead.values_list("pk", flat=True))


def _due(now: datetime) -> list[int]:
    queued = Message.objects.filter(state=Message.State.QUEUED, journey__state="live")
    queued = queued.exclude(not_before_at__gt=now)
    return list(queued.order_by("id").values_list("pk", flat=True)[:SLICE])


def _send(message_id: int, hand: Hand) -> int:
    """One message from queued to its end, unless somebody else has it; 1 if it was worked."""
    try:
        mail = retrying(lambda: begin(message_id, utc_now()))
    except OperationalError:
        raise
    except Exception as error:
        return _put_off(message_id, error, utc_now())
    if mail is None:
        return 0
    if isinstance(mail, EmailMultiAlternatives):
        _conclude(message_id, hand.give(mail), utc_now())
    return 1


def _put_off(message_id: int, error: Exception, now: datetime) -> int:
    """A message that cannot be prepared stops nobody behind it; it is tried again later, until it is too old."""
    log.error("message_put_off", message=message_id, failure=describe(error))
    queued = Message.objects.filter(pk=message_id, state=Message.State.QUEUED)
    return queued.update(not_before_at=now + DEFER_FOR, reason="error")


@transaction.atomic
def begin(message_id: int, now: datetime) -> EmailMultiAlternatives | Verdict | None:
    """Ask everything again under the address lock; the mail when it is now `sending`, else why not, None if taken."""
    rows = Message.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.select_related("journey", "enrollment__journey")
    message = rows.filter(pk=message_id, state=Message.State.QUEUED).first()
    if message is None:
        return None
    consent.lock_address(bytes(message.address_hash))
    found, verdict = _ask(message, now)
    if found is None or verdict.action != "mail":
        return _not_now(message, verdict, now)
    try:
        return _to_sending(message, found, verdict, now)
    except RenderError as error:
        log.error("mail_not_rendered", message=message.pk, template=message.journey.template, error=str(error))
        return _not_now(message, Verdict("end", "render_failed"), now)


def _ask(message: Message, now: datetime) -> tuple[Situation | None, Verdict]:
    if message.enrollment is None:
        return None, Verdict("end", "cart_gone")
    found = situation(message.enrollment, now, address=message.address)
    facts = dataclasses.replace(found.facts, newer_queued=newer_is_queued(message))
    if not ASK_PERMISSION_AGAIN:
        facts = dataclasses.replace(facts, suppressed="", consent=Decision(True, "granted"))
    verdict = decide(facts, rules=rules_of(message.journey), now=now)
    if verdict.reason == "no_address":
        return found, Verdict("end", "address_changed")
    return found, verdict


def _to_sending(message: Message, found: Situation, verdict: Verdict, now: datetime) -> EmailMultiAlternatives:
    rendered = compose(message, found, now)
    mail = envelope(message, rendered)
    mail.message()  # refuses headers that cannot be sent while the message can still be ended
    message.subject, message.html, message.text = rendered.subject, rendered.html, rendered.text
    message.message_id = mail.extra_headers["Message-ID"]
    message.consent_entry_id = verdict.evidence
    message.state, message.reason, message.sending_at = Message.State.SENDING, "", now
    message.save()
    consent.note_mailed(bytes(message.address_hash), now)
    return mail


def _not_now(message: Message, verdict: Verdict, now: datetime) -> Verdict:
    """Held back until an instant, or suppressed for good with its reason."""
    note_refused([(verdict, bytes(message.address_hash), message.journey.purpose_code)], now)
    if verdict.action == "wait":
        message.not_before_at, message.reason = verdict.not_before, verdict.reason
        message.save(update_fields=["not_before_at", "reason"])
        return verdict
    message.state, message.reason, message.finished_at = Message.State.SUPPRESSED, verdict.reason, now
    message.save(update_fields=["state", "reason", "finished_at"])
    _tell(message, Enrollment.State.EXITED)
    return verdict


@transaction.atomic
def _conclude(message_id: int, outcome: Outcome, now: datetime) -> int:
    """Write what the hand-over came to; 1 unless the message is no longer in `sending`.

    A refusal for now puts the message back into the queue: the server said it did not take it. What was refused was not
    mailed, so it keeps no other mail from its address.
    """
    message = Message.objects.select_for_update(of=("self",)).filter(pk=message_id).first()
    if message is None or message.state != Message.State.SENDING:
        return 0
    if outcome.state == DEFERRED:
        message.state, message.sending_at, message.not_before_at = Message.State.QUEUED, None, now + DEFER_FOR
        message.reason = outcome.reason
        message.save()
        _not_mailed(bytes(message.address_hash))
        return 1
    message.state, message.reason, message.finished_at = outcome.state, outcome.reason, now
    message.save(update_fields=["state", "reason", "finished_at"])
    if outcome.state == FAILED:
        _not_mailed(bytes(message.address_hash))
    _tell(message, Enrollment.State.DONE)
    return 1


def _not_mailed(address: bytes) -> None:
    consent.lock_address(address)
    consent.note_mailed(address, last_handed_at(address))


def _tell(message: Message, state: str) -> None:
    """The enrollment ends as its message did, and whoever listens is told."""
    Enrollment.objects.filter(messages=message).update(state=state, reason=message.reason)
    publish("message.finished", {"message_id": message.pk})
