"""People, recipients and what the gate knows, made in a line each."""

import itertools
from datetime import datetime
from typing import Any

from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from cdp.outbox.contracts import TopicMessage
from consent import services as consent
from consent.contracts import GRANTED, THIRD_PARTY_SHARING, NewEntry
from consent.models import Entry
from profiles.queries import profiles_of_identifiers
from recipients import services
from recipients.contracts import TOPICS
from recipients.models import Delivery, Recipient
from tests.automation.world import seen
from tests.recipients.receiver import Receiver

_numbers = itertools.count(1)
SEGMENT = "segment.entered"


def recipient(receiver: Receiver | None = None, **changes: Any) -> Recipient:
    """An enabled third party that wants everything and is given ids only."""
    values: dict[str, Any] = {
        "name": f"Recipient {next(_numbers)}",
        "url": receiver.url if receiver else "http://127.0.0.1:9/",
        "secret": "whsec_first",
        "topics": list(TOPICS),
    }
    return Recipient.objects.create(**values | changes)


def person(user: str = "jane", email: str = "jane@example.com") -> int:
    """A person with an address; the user id's identifier."""
    return seen(("user_id", user), ("email", email))["user_id"]


def say(
    identifier_id: int, state: str = GRANTED, purpose: str = THIRD_PARTY_SHARING, at: datetime | None = None
) -> int:
    """A ledger entry of an identifier."""
    with transaction.atomic():
        key = keyed_hash("test", str(next(_numbers)))
        consent.record_entries([NewEntry(key, purpose, state, "api", at or utc_now(), identifier_id=identifier_id)])
    return Entry.objects.latest("pk").pk


def told(identifier_id: int, topic: str = "consent.changed", **facts: Any) -> str:
    """Something to be told of that person; its key."""
    key = f"{topic}:{next(_numbers)}"
    profile_id = profiles_of_identifiers([identifier_id])[identifier_id]
    services.tell(topic, key, now=utc_now(), profile_id=profile_id, facts={"purpose": "analytics", **facts})
    return key


def message(topic: str, **payload: Any) -> TopicMessage:
    return TopicMessage(next(_numbers), topic, payload, utc_now())


def deliver() -> None:
    """Work what is due until nothing is."""
    while services.deliver_slice():
        pass


def states() -> list[tuple[str, str]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "reason"))


def due_now() -> None:
    """As if the time to try again had come."""
    Delivery.objects.filter(state="waiting").update(next_at=utc_now())
    Recipient.objects.update(quiet_until=None)
