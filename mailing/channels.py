"""Where messages are handed over, and what the other side's answer means: SMTP, providers, and a console for the rest.

A hand keeps its connection for many messages. Only an answer before the other side took the message makes a refusal
definite. A timeout or a broken connection does not tell whether it was accepted: that is `unknown`. Knows no database.
"""

import smtplib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, Protocol, cast

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.module_loading import import_string

from mailing.envelope import Mail, ascii_address

SENT, DEFERRED, FAILED, UNKNOWN, LATE = "sent", "deferred", "failed", "unknown", "late"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
FRESH_S = 10.0
GO_ON = (250, 251, 252, 354)
# By name, since they are those of libraries of libraries.
NEVER_CONNECTED = frozenset(
    {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "SSLCertVerificationError"}
)
log = structlog.get_logger(__name__)


class AwayError(OSError):
    """The other side cannot be reached: nothing was handed over; messages stay queued and are tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state`: sent, deferred (refused for now), failed (refused for good), unknown, late (never handed over, because
    the other side was too slow). `reason` is a code."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready to go. `raw` and `mail` for e-mail; `text` for the other channels; `return_path`: who takes
    bounces."""

    message_id: int
    to: str
    text: str = ""
    raw: bytes = b""
    mail: Mail | None = None
    return_path: str = ""


class Hand(Protocol):
    """One connection of a channel. `reach` before messages are taken from the queue; `give` never raises for what the
    other side does."""

    def reach(self) -> None:
        """Make sure that the other side is there. Raises AwayError."""

    def give(self, one: Outgoing) -> Outcome:
        """Hand one over."""

    def close(self) -> None:
        """Let go of the connection."""


class SmtpHand:
    """SMTP by Django's backend (its TLS and login), with the bytes as they were built."""

    def __init__(self) -> None:
        self._backend: Any = None
        self._used_at = 0.0

    def reach(self) -> None:
        """A connection that was not used for a while is asked whether it still stands."""
        if self._backend is not None and time.monotonic() - self._used_at > FRESH_S and not self._stands():
            self.close()
        if self._backend is None:
            backend: Any = get_connection()
            try:
                backend.open()
                backend.connection.ehlo_or_helo_if_needed()
            except (OSError, smtplib.SMTPException) as error:
                raise AwayError(f"the mail server cannot be reached ({type(error).__name__})") from error
            self._backend = backend
        self._used_at = time.monotonic()

    def give(self, one: Outgoing) -> Outcome:
        """Hand one mail over; after a broken connection it is opened anew by the next `reach`."""
        smtp: smtplib.SMTP = self._backend.connection
        is_handed = False
        try:
            refused = _announce(smtp, one)
            if refused is not None:
                self._begin_anew()
                return refused
            is_handed = True
            smtp.send(_stuffed(one.raw))
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            self.close()
            # Before the content was begun nobody can have taken it.
            return Outcome(UNKNOWN, "ambiguous") if is_handed else Outcome(LATE, "late")
        self._used_at = time.monotonic()
        return Outcome(SENT, "sent") if code == 250 else by_code(code)

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        backend, self._backend = self._backend, None
        if backend is not None:
            try:
                backend.close()
            except (OSError, smtplib.SMTPException):
                return

    def _begin_anew(self) -> None:
        """After a refusal, which holds whatever becomes of the connection: some servers hang up."""
        try:
            self._backend.connection.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _stands(self) -> bool:
        try:
            return bool(self._backend.connection.noop()[0] == 250)
        except (OSError, smtplib.SMTPException, AttributeError):
            return False


class BackendHand:
    """Any other e-mail backend of Django: providers by django-anymail, or the file and memory backends."""

    def __init__(self) -> None:
        self._connection: Any = None

    def reach(self) -> None:
        """Open the backend."""
        if self._connection is not None:
            return
        connection = get_connection()
        try:
            connection.open()
        except Exception as error:
            raise AwayError(f"the mail provider cannot be reached ({type(error).__name__})") from error
        self._connection = connection

    def give(self, one: Outgoing) -> Outcome:
        """Hand one mail over; what a provider answers by HTTP means what SMTP's codes do."""
        try:
            count = self._connection.send_messages([django_mail(one)])
        except Exception as error:
            self.close()
            return outcome_of(error)
        return Outcome(SENT, "sent") if count else Outcome(FAILED, "refused_by_provider")

    def close(self) -> None:
        """Let go of the backend."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                log.info("mail_backend_not_closed", error=type(error).__name__)


class ConsoleHand:
    """A channel without a provider: the message is kept as it would be sent, and told to the log without its words."""

    def reach(self) -> None:
        """Always there."""

    def give(self, one: Outgoing) -> Outcome:
        """Tell the log that it went."""
        log.info("message_handed_to_console", message=one.message_id, characters=len(one.text))
        return Outcome(SENT, "sent")

    def close(self) -> None:
        """Nothing to close."""


def hand_of(channel: str) -> Callable[[], Hand]:
    """What makes hands of a channel: e-mail by EMAIL_BACKEND, others by MAIL_CHANNELS ({channel: dotted path})."""
    if channel == "email":
        return SmtpHand if settings.EMAIL_BACKEND == SMTP else BackendHand
    found: Callable[[], Hand] = import_string(settings.MAIL_CHANNELS.get(channel, "mailing.channels.ConsoleHand"))
    return found


def _announce(smtp: smtplib.SMTP, one: Outgoing) -> Outcome | None:
    """Sender and recipient; None once the server waits for the content, else its refusal. In one go where the server
    takes that (PIPELINING). Raises SMTPException and OSError.
    """
    size = f" SIZE={len(one.raw)}" if smtp.has_extn("size") else ""
    lines = [f"MAIL FROM:<{ascii_address(one.return_path)}>{size}", f"RCPT TO:<{ascii_address(one.to)}>", "DATA"]
    codes: list[int] = []
    try:
        _converse(smtp, lines, codes)
    except (OSError, smtplib.SMTPException):
        if all(code in GO_ON for code in codes):
            raise
    refused = next((code for code in codes if code not in GO_ON), None)
    if refused is None:
        return None
    return by_code(refused) if 400 <= refused < 600 else Outcome(LATE, "late")


def _converse(smtp: smtplib.SMTP, lines: Sequence[str], codes: list[int]) -> None:
    """Say these lines; the answers go into `codes` one by one, so that those before a hang-up are known."""
    if smtp.has_extn("pipelining"):
        smtp.send("".join(f"{line}\r\n" for line in lines))
        for _ in lines:
            code, _ = smtp.getreply()
            codes.append(code)
        if codes[-1] == 354 and max(codes[:2]) >= 400:
            smtp.send(".\r\n")
            smtp.getreply()
        return
    for line in lines:
        codes.append(smtp.docmd(line)[0])
        if codes[-1] not in GO_ON:
            return


def _stuffed(raw: bytes) -> bytes:
    """The content as SMTP takes it: lines that begin with a dot get another, and a lone dot ends it."""
    dotted = raw.replace(b"\r\n.", b"\r\n..")
    return (b"." + dotted if dotted.startswith(b".") else dotted) + b".\r\n"


def outcome_of(error: Exception) -> Outcome:
    """What an error of a mail provider during the hand-over means."""
    if type(error).__module__.startswith("anymail."):
        return _of_provider(error)
    return Outcome(UNKNOWN, "ambiguous")


def by_code(code: int) -> Outcome:
    """4xx asks to try later and 5xx never to; anything else (-1: the connection broke) tells nothing."""
    if 400 <= code < 500:
        return Outcome(DEFERRED, f"deferred_{code}")
    return Outcome(FAILED, f"refused_{code}") if 500 <= code < 600 else Outcome(UNKNOWN, "ambiguous")


def _of_provider(error: Exception) -> Outcome:
    """By HTTP the meanings are the other way around: 4xx refuses, 429 and 503 ask to try later, 5xx tells nothing."""
    status = getattr(error, "status_code", None)
    if status is None and _never_connected(error):
        return Outcome(LATE, "late")
    if status in (408, 425, 429, 503):
        return Outcome(DEFERRED, f"deferred_{status}")
    if status is not None and 400 <= status < 500:
        return Outcome(FAILED, f"refused_{status}")
    refused = {
        "AnymailRecipientsRefused",
        "AnymailInvalidAddress",
        "AnymailSerializationError",
        "AnymailUnsupportedFeature",
    }
    return Outcome(FAILED, "refused_by_provider") if type(error).__name__ in refused else Outcome(UNKNOWN, "ambiguous")


def _never_connected(error: BaseException) -> bool:
    """Whether the request failed before there was a connection, so that nobody can have taken it."""
    at: object = error.__cause__
    for _ in range(5):
        if type(at).__name__ in NEVER_CONNECTED:
            return True
        inner = next(iter(getattr(at, "args", ())), None)
        at = getattr(at, "reason", None) or (inner if isinstance(inner, BaseException) else None)
    return False


def django_mail(one: Outgoing) -> EmailMultiAlternatives:
    """The same mail for a backend that builds its own."""
    mail = cast(Mail, one.mail)
    headers = {name: value.replace("\r\n ", " ") for name, value in mail.headers}
    headers |= {"Message-ID": mail.message_id, "Date": format_datetime(mail.date)}
    made = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, [mail.to], headers=headers)
    if mail.html:
        made.attach_alternative(mail.html, "text/html")
    made.envelope_sender = one.return_path  # type: ignore[attr-defined]  # django-anymail's
    made.metadata = {"message_id": mail.message_id}  # type: ignore[attr-defined]  # comes back in the provider's reports
    return made
