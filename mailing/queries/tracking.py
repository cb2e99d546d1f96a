"""The links of mails under this installation's settings, and of whom opens may be told."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from consent import queries as consent
from consent.contracts import EMAIL_OPEN_TRACKING, Subject
from mailing import verp
from mailing.tracking import Tracker, tracking_key


def tracker() -> Tracker:
    """What every link of a mail is made with."""
    return Tracker(settings.BASE_URL, settings.SHOP_URL, link_key())


def link_key() -> bytes:
    """Lives and dies with HASH_SALT, as the unsubscribe links do."""
    return tracking_key(settings.HASH_SALT)


def return_path(message_id: int) -> str:
    """The envelope's sender of a message; empty where no mailbox takes bounces: then it is the sender of the mail."""
    return verp.return_path(message_id, settings.MAIL_BOUNCES_TO, link_key())


def may_track_opens(people: Sequence[Subject], now: datetime) -> list[bool]:
    """Whose mails may carry the picture that tells of an open: those who allowed just that."""
    return [decision.allowed for decision in consent.allows_each(people, EMAIL_OPEN_TRACKING, now)]
