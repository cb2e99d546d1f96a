"""Messages that were handed over, and who follows their links."""

import itertools
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent.contracts import NewEntry
from consent.services import record_entries
from events import services as events
from events.models import Event
from mailing.models import Message
from mailing.queries.tracking import tracker
from mailing.tracking import click_url, rewrite_links
from profiles import queries as profiles
from tests.mailing import world

JANE = "jane@example.com"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
HOME = "93.184.216.34"
_numbers = itertools.count(1)


def sent(email: str = JANE, *, user: str = "", at: datetime | None = None, links: int = 4, **changes: Any) -> Message:
    """A mail with some links that was handed over an hour ago, of a person known by `user` or else the address."""
    identifier_id = world.person(email, agreed=False, **({"user_id": user} if user else {}))
    if user:
        found = profiles.find("user_id", user)
        assert found is not None
        identifier_id = found.id
    number = next(_numbers)
    handed = at or utc_now() - timedelta(hours=1)
    values: dict[str, Any] = {
        "sender": "journey",
        "sender_id": 1,
        "label": "Abandoned cart",
        "step": "mail_1",
        "occasion": str(number),
        "purpose": "email_marketing",
        "template": "cart",
        "address": email,
        "address_hash": address_hash(email),
        "identifier_id": identifier_id,
        "state": Message.State.SENT,
        "message_id": f"<{number}.x@shop.example>",
        "queued_at": handed,
        "sending_at": handed,
        "finished_at": handed,
    }
    message = Message.objects.create(**(values | changes))
    page = (
        "<html><body>" + "".join(f'<a href="https://shop.example/p{n}">p</a>' for n in range(links)) + "</body></html>"
    )
    Message.objects.filter(pk=message.pk).update(html=rewrite_links(page, message.pk, tracker()))
    message.refresh_from_db()
    return message


def say(purpose: str, state: str) -> None:
    """What Jane allows of a purpose from now on."""
    key = keyed_hash("test", purpose, state, str(next(_numbers)))
    at = utc_now() - timedelta(seconds=1)
    record_entries([NewEntry(key, purpose, state, "api", at, address_hash=address_hash(JANE), channel="email")])


def link(message: Message, index: int = 0) -> str:
    """The path and query of a link of it."""
    parts = urlsplit(click_url(message.pk, index, f"https://shop.example/p{index}", tracker()))
    return f"{parts.path}?{parts.query}"


def browser(*, agent: str = CHROME, ip: str = HOME, **headers: str) -> Client:
    """Somebody with a browser."""
    return Client(headers={"user-agent": agent, "accept-language": "en", **headers}, REMOTE_ADDR=ip)


def told(name: str = "") -> list[tuple[str, dict[str, Any]]]:
    """(name, properties) of the events that came of mails, once processed."""
    while events.process_slice():
        pass
    found = Event.objects.filter(name=name) if name else Event.objects.all()
    return list(found.order_by("id").values_list("name", "properties"))
