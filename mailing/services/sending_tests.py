"""Test mails: handed over at once, and no message: no cap, figure, journey or person ever hears of one.

The ways out in it, in its header too, are the caller's and lead to nobody's consent. The audit keeps who sent which.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from cdp.access.models import AuditEntry
from cdp.access.services import record_audit
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.services import canonical_email
from consent.tokens import mask
from mailing.channels import SENT, AwayError, Outgoing, hand_of
from mailing.contracts import Links, Rendered
from mailing.dkim_signing import KeyUnusableError
from mailing.envelope import EnvelopeError, Mail, Unsubscribe, header_address, mail_bytes
from mailing.models import Brand
from mailing.queries.addressing import mail_signer, sender_address, sender_domain

TESTED = "sent a test mail"
MARK = "[Test] "
MOST_AN_HOUR = 60


class TestMailError(ValueError):
    """It was not sent, or perhaps not; the message says why and whether to try again."""

    __test__ = False  # pytest takes what is called Test… for tests


def send_test_mail(
    rendered: Rendered, to: str, links: Links, *, subject: str, by: AbstractBaseUser | None, now: datetime
) -> str:
    """Hands it over; returns the subject it has. `subject`: what the audit calls the template. Raises TestMailError.

    Waits for the mail server: call it outside of transactions.
    """
    address = _checked(to)
    _check_pace(by, now)
    brand = Brand.objects.filter(pk=1).first() or Brand()
    sender = sender_address(brand)
    line = MARK + rendered.subject
    mail = Mail(
        sender=sender,
        to=address,
        subject=line,
        text=rendered.text,
        html=rendered.html,
        date=now,
        message_id=f"<test.{uuid4().hex}@{sender_domain(sender)}>",
        headers=(
            *((("Reply-To", header_address(brand.reply_to)),) if brand.reply_to else ()),
            *Unsubscribe(links.unsubscribe).headers,
            ("Auto-Submitted", "auto-generated"),
            ("X-Test-Mail", "yes"),
        ),
    )
    state = _hand_over(mail, address, sender)
    record_audit(by, TESTED, subject, f"to {mask(address)}: {state}")
    if state != SENT:
        raise TestMailError(
            f"The mail server did not take it ({state}): look at the address and the server's settings."
        )
    return line


def _checked(to: str) -> str:
    try:
        validate_email(to)
    except ValidationError:
        raise TestMailError("This is no e-mail address: write it like you@example.com.") from None
    address = canonical_email(to)
    if address is None:
        raise TestMailError("This is no e-mail address: write it like you@example.com.")
    held = consent.suppression(address_hash(address), marketing=False)
    if held is not None:
        raise TestMailError(f"This address must not be written to at all ({held.reason}): take another one.")
    return to.strip()


def _check_pace(by: AbstractBaseUser | None, now: datetime) -> None:
    mine = AuditEntry.objects.filter(action=TESTED, actor_id=getattr(by, "pk", None), at__gt=now - timedelta(hours=1))
    if mine.count() >= MOST_AN_HOUR:
        raise TestMailError(f"You sent {MOST_AN_HOUR} test mails within an hour: try again later.")


def _hand_over(mail: Mail, address: str, sender: str) -> str:
    try:
        raw = mail_bytes(mail)
        signer = mail_signer()
        raw = signer.sign(raw) if signer else raw
    except (EnvelopeError, KeyUnusableError) as error:
        raise TestMailError(f"It cannot be sent: {error}.") from error
    bare = sender.rpartition("<")[2].rstrip("> ").strip()
    hand = hand_of("email")()
    try:
        hand.reach()
        outcome = hand.give(Outgoing(0, address, text=mail.text, raw=raw, mail=mail, return_path=bare))
    except AwayError as error:
        raise TestMailError(f"It was not sent: {error}. Try again in a moment.") from error
    finally:
        hand.close()
    return SENT if outcome.state == SENT else f"{outcome.state}, {outcome.reason}"
