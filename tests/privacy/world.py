"""People as events leave them, letters as they arrive, and requests carried out in one call."""

import itertools
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from django.db import transaction

from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from cdp.outbox.services import drain_all
from consent import services as consent
from consent.contracts import NewEntry
from events import services as events
from events.models import Source
from privacy.models import Request, Step
from privacy.services import letter_slice, working
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings

JANE = "jane@example.com"
URL = re.compile(r"https?://[^\s\"<>]+/privacy/[a-z]+/[A-Za-z0-9_-]{43}")
_numbers = itertools.count(1)


def seen(*keys: tuple[str, str], at: datetime | None = None) -> dict[str, int]:
    """Identifiers seen together on one event; {kind: id}."""
    us = to_us(at or utc_now() - timedelta(days=2))
    identifiers = tuple(IdentifierKey(kind, value) for kind, value in keys)
    found = register_sightings([Sighting(identifiers, us, us, 1, next(_numbers).to_bytes(16, "big"))])
    return {key.kind: found[key] for key in identifiers}


def say(purpose: str, state: str, *, email: str = "", identifier_id: int | None = None, at: datetime) -> None:
    """A ledger entry."""
    key = keyed_hash("test", purpose, state, str(next(_numbers)))
    hashed = address_hash(email) if email else None
    entry = NewEntry(key, purpose, state, "api", at, address_hash=hashed, identifier_id=identifier_id)
    with transaction.atomic():
        consent.record_entries([entry])


def server() -> Source:
    """The shop's backend."""
    return Source.objects.get_or_create(name="Shop", kind=Source.Kind.SERVER)[0]


def happened(*items: Mapping[str, Any]) -> None:
    """Events of the shop's backend, stored and folded."""
    events.record(server(), [{"messageId": f"m{next(_numbers)}", **item} for item in items])
    drain_all(only={"events.process"})


def identify(user: str, at: datetime | None = None, **traits: Any) -> None:
    """A person's traits as the shop tells them."""
    happened({"type": "identify", "userId": user, "traits": traits, "timestamp": (at or utc_now()).isoformat()})


def deliver() -> None:
    """Every due letter."""
    while letter_slice():
        pass


def link_in(mail: EmailMessage) -> str:
    """The path of the one link to a privacy page in a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    (found,) = set(URL.findall(part.get_content()))
    return "/" + str(found).split("/", 3)[3]


def body_of(mail: EmailMessage, kind: str = "plain") -> str:
    """A mail's text, or its HTML."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def work() -> None:
    """Requests carried out, with everything they cause."""
    drain_all(only={"privacy.work", "events.process", "recipients.deliver"})


def later(request: Request) -> None:
    """What waited or failed may be tried now."""
    past = utc_now() - timedelta(days=1)
    Step.objects.filter(request=request, ended_at__isnull=False).exclude(state="done").update(ended_at=past)


def steps_of(request: Request) -> list[tuple[str, str]]:
    """(name, state) of its steps, in order."""
    return list(request.steps.order_by("position").values_list("name", "state"))


def carried_out(request: Request) -> Request:
    """The request after it was worked until nothing moves."""
    for _ in range(5):
        work()
        later(request)
        request.refresh_from_db()
    working.watch(utc_now())
    return request
