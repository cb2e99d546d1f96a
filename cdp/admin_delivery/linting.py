"""The last mails that went out, put together again and read as a filter reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from consent import queries as consent
from mailing.contracts import Links, Rendered
from mailing.dkim_signing import KeyUnusableError
from mailing.header_lint import About, Finding, lint
from mailing.models import Message
from mailing.queries.brand import facts_of
from mailing.services.composing import House, envelop, house

LOOKED_THROUGH, SHOWN = 60, 12


@dataclass(frozen=True, slots=True)
class Linted:
    """The newest mail of a template in a language."""

    message: Message
    size_kb: int
    findings: tuple[Finding, ...]

    @property
    def is_bad(self) -> bool:
        """Whether something is held against it."""
        return any(one.level == "bad" for one in self.findings)


def last_mails(now: datetime) -> list[Linted]:
    """The newest mail of each template and language among the last sixty, at most twelve."""
    sent = Message.objects.filter(channel=Message.Channel.EMAIL, finished_at__isnull=False, state=Message.State.SENT)
    newest: dict[tuple[str, str], Message] = {}
    for message in sent.exclude(address="").exclude(html="").order_by("-finished_at")[:LOOKED_THROUGH]:
        newest.setdefault((message.template, message.locale), message)
    try:
        common = house(now)
    except KeyUnusableError:
        return []
    return [_linted(message, common) for message in list(newest.values())[:SHOWN]]


def apart(mails: Sequence[Linted], said: Sequence[Finding]) -> list[Linted]:
    """The mails without what is said of all of them."""
    return [replace(one, findings=tuple(each for each in one.findings if each not in said)) for one in mails]


def in_every(mails: Sequence[Linted]) -> list[Finding]:
    """What is held against all of several mails: told once."""
    if len(mails) < 2:
        return []
    return [one for one in mails[0].findings if all(one in mail.findings for mail in mails)]


def _linted(message: Message, common: House) -> Linted:
    """As it was handed over: its words are kept, its envelope is made anew."""
    is_marketing = message.kind == Message.Kind.MARKETING
    url = consent.unsubscribe_url(message.address, message_id=message.pk) if is_marketing else ""
    rendered = Rendered(message.subject, message.html, message.text, message.locale)
    _, outgoing = envelop(message, rendered, Links(unsubscribe=url, preferences="", browser=""), common)
    about = About(
        is_marketing=is_marketing,
        postal_address=facts_of(common.brand).postal_address,
        return_path=outgoing.return_path,
        is_live=not settings.DEMO,
    )
    return Linted(message, round(len(message.html.encode()) / 1024), tuple(lint(outgoing.raw, about)))
