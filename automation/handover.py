"""Handing a mail to the SMTP server, and what its answer means. Knows smtplib, not the database.

Only an answer of the server before it took the mail makes a refusal definite. A timeout or a broken connection does not
tell whether the mail was accepted: that is `unknown`, and it is never sent again.
"""

import smtplib
from dataclasses import dataclass
from types import TracebackType

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

SENT, DEFERRED, FAILED, UNKNOWN = "sent", "deferred", "failed", "unknown"


class MailServerAwayError(OSError):
    """No connection to the mail server: nothing was handed over; the messages stay queued and are tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state`: sent, deferred (refused for now), failed (refused for good), unknown. `reason` is a code."""

    state: str
    reason: str


def outcome_of(error: Exception) -> Outcome:
    """What an error during the hand-over means."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _by_code(max((code for code, _ in error.recipients.values()), default=550))
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError | smtplib.SMTPHeloError):
        return _by_code(error.smtp_code)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome(FAILED, "refused_unsupported")
    return Outcome(UNKNOWN, "ambiguous")


def _by_code(code: int) -> Outcome:
    """4xx asks to try later and 5xx never to; anything else (-1: the connection broke) tells nothing."""
    if 400 <= code < 500:
        return Outcome(DEFERRED, f"deferred_{code}")
    return Outcome(FAILED, f"refused_{code}") if 500 <= code < 600 else Outcome(UNKNOWN, "ambiguous")


class Hand:
    """One connection for many mails, opened when first needed and opened anew after any error."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> "Hand":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._drop()

    def reach(self) -> None:
        """Make sure the server is there before a message is marked as sending; raises MailServerAwayError."""
        if self._connection is not None:
            return
        connection = get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerAwayError(f"the mail server cannot be reached ({type(error).__name__})") from error
        self._connection = connection

    def give(self, mail: EmailMultiAlternatives) -> Outcome:
        """Hand one mail over; never raises for what the server does."""
        if self._connection is None:
            raise RuntimeError("reach() the mail server first")
        try:
            self._connection.send_messages([mail])
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return outcome_of(error)
        return Outcome(SENT, "sent")

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (OSError, smtplib.SMTPException):
                return
