"""Messages put into words and envelopes: what their senders give and mailing adds, in the template's best language.

A template's variant is compiled once a process; per person only Liquid runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils.text import slugify

from consent import queries as consent
from consent.contracts import GRANTED
from mailing.channels import Outgoing
from mailing.content import ContentError
from mailing.contracts import Links, Rendered
from mailing.dkim_signing import Signer
from mailing.envelope import EnvelopeError, Mail, Unsubscribe, header_address, mail_bytes
from mailing.models import Brand, Message
from mailing.queries.addressing import mail_signer, sender_address, sender_domain
from mailing.queries.filling import fill
from mailing.queries.permitting import Answer
from mailing.queries.templates import compiled, newest_versions
from mailing.queries.tracking import may_track_opens, return_path, tracker
from mailing.rendering import Compiled
from mailing.services.offering import with_offers
from mailing.tracking import Tracker, Utm, rewrite_links, view_url, with_pixel


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it goes out, with what is kept of it."""

    rendered: Rendered
    version: int | None
    message_id: str
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class House:
    """What every mail of a batch has in common."""

    brand: Brand
    sender: str
    domain: str
    signer: Signer | None
    tracker: Tracker
    now: datetime


def house(now: datetime) -> House:
    """Read once a batch. Raises KeyUnusableError."""
    brand = Brand.objects.filter(pk=1).first() or Brand()
    sender = sender_address(brand)
    return House(brand, sender, sender_domain(sender), mail_signer(), tracker(), now)


def compose(
    messages: Sequence[Message], answers: Sequence[Answer], own: Sequence[Mapping[str, Any]], now: datetime
) -> list[Composed | Exception]:
    """Each message as it goes out, or why it cannot be put into words (ContentError, EnvelopeError): then trying again
    does not help. `own`: what their senders give."""
    common = house(now)
    newest = newest_versions({one.template for one in messages if one.template_version is None})
    versions = [one.template_version or newest.get(one.template) for one in messages]
    ready = [
        _compiled(one, version, answer, common)
        for one, version, answer in zip(messages, versions, answers, strict=True)
    ]
    values = fill(
        messages,
        with_offers(messages, own, [one if isinstance(one, Compiled) else None for one in ready], answers, now),
        now,
        compiled=[None if isinstance(one, Exception) else one for one in ready],
        persons=[answer.person for answer in answers],
        agreed=[answer.consent.reason == GRANTED for answer in answers],
    )
    opens = may_track_opens([answer.person.subject for answer in answers], now)
    found: list[Composed | Exception] = []
    for n, message in enumerate(messages):
        variant = ready[n]
        if isinstance(variant, Exception):
            found.append(variant)
            continue
        links = links_of(message, answers[n], common)
        try:
            rendered = tracked(message, variant.render(values[n], links), common, opens=opens[n])
            message_id, outgoing = envelop(message, rendered, links, common)
        except (ContentError, EnvelopeError) as error:
            found.append(error)
            continue
        found.append(Composed(rendered, versions[n], message_id, outgoing))
    return found


def _compiled(message: Message, version: int | None, answer: Answer, common: House) -> Compiled | ContentError:
    try:
        return compiled(message.template, version, answer.locale, common.brand)
    except ContentError as error:
        return error


def links_of(message: Message, answer: Answer, common: House) -> Links:
    """The ways out of one message. Purposes that are stated for no address are stated for its identifier, so the link
    to the preferences names both."""
    ids = [one.id for one in answer.person.identifiers if one.kind == "email" and one.value == message.address]
    return Links(
        unsubscribe=consent.unsubscribe_url(message.address, message_id=message.pk) if _is_marketing(message) else "",
        preferences=consent.preferences_url(message.address, ids[0] if ids else 0),
        browser=view_url(message.pk, common.tracker),
    )


def tracked(message: Message, rendered: Rendered, common: House, *, opens: bool) -> Rendered:
    """Marketing mails count clicks, and opens where their reader allowed just that; order mails count nothing."""
    if message.channel != Message.Channel.EMAIL:
        return replace(rendered, html="")
    if not _is_marketing(message) or not rendered.html:
        return rendered
    utm = Utm(common.brand.utm_source, common.brand.utm_medium, f"{slugify(message.label)}-{message.step}")
    html = rewrite_links(rendered.html, message.pk, common.tracker, utm=utm)
    return replace(rendered, html=with_pixel(html, message.pk, common.tracker) if opens else html)


def _is_marketing(message: Message) -> bool:
    return message.kind == Message.Kind.MARKETING


def envelop(message: Message, rendered: Rendered, links: Links, common: House) -> tuple[str, Outgoing]:
    """(Message-ID, what is handed over). A message that was handed over before keeps its Message-ID. Raises
    EnvelopeError."""
    message_id = message.message_id or f"<{message.pk}.{uuid4().hex}@{common.domain}>"
    if message.channel != Message.Channel.EMAIL:
        return message_id, Outgoing(message.pk, message.address, text=rendered.text)
    mail = Mail(
        sender=common.sender,
        to=message.address,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        date=common.now,
        message_id=message_id,
        headers=_headers(message, rendered, links, common),
    )
    raw = mail_bytes(mail)
    if common.signer is not None:
        raw = common.signer.sign(raw)
    bounces_to = return_path(message.pk) or common.sender
    return message_id, Outgoing(
        message.pk, message.address, text=rendered.text, raw=raw, mail=mail, return_path=_bare(bounces_to)
    )


def _headers(message: Message, rendered: Rendered, links: Links, common: House) -> tuple[tuple[str, str], ...]:
    """Marketing says how to end it and that it is bulk; what is about an order says that no person wrote it."""
    found: list[tuple[str, str]] = []
    if common.brand.reply_to:
        found.append(("Reply-To", header_address(common.brand.reply_to)))
    if _is_marketing(message):
        found += [*Unsubscribe(links.unsubscribe).headers, ("Precedence", "bulk")]
    else:
        found.append(("Auto-Submitted", "auto-generated"))
    found.append(("Feedback-ID", f"{message.step}:{message.sender}-{message.sender_id}:{message.kind}:{common.domain}"))
    if rendered.locale:
        found.append(("Content-Language", rendered.locale))
    return tuple(found)


def _bare(address: str) -> str:
    return address.rpartition("<")[2].rstrip("> ").strip()
