"""Confirmed sign-ups told as events: who pressed the button of a double opt-in is somebody a welcome can begin with.

A sign-up names an address only; until its owner confirmed it nothing is known of it but its hash in the ledger. The
event carries the address as its server says it, and changes no consent: the ledger has that already.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from automation.triggers.freshness import is_fresh
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import LIVE, TopicMessage
from consent.contracts import GRANTED, EntryFacts
from consent.queries.entries import entry_facts
from events import services as events
from events.contracts import RequestFacts
from events.services.internal import internal_source

SOURCE = "Sign-ups"
NAME = "Subscription Confirmed"
METHOD = "double_opt_in"


def consume(messages: Sequence[TopicMessage]) -> None:
    """Record an event for each line that a confirmation granted live; the same line again is the same event."""
    now = utc_now()
    ids = {int(one) for message in messages if message.lane == LIVE for one in message.payload["entry_ids"]}
    told = [one for _, one in sorted(entry_facts(ids).items()) if one.state == GRANTED and one.method == METHOD]
    items = [_item(one) for one in told if is_fresh(one.occurred_at, one.received_at, now) and _address(one)]
    if items:
        events.record(internal_source(SOURCE), items, lane=LIVE, facts=RequestFacts(consent_done=True))


def _item(entry: EntryFacts) -> Mapping[str, Any]:
    hashed = entry.address_hash or b""
    external = {"id": _address(entry), "type": "email", "collection": "users", "encoding": "none"}
    return {
        "type": "track",
        "event": NAME,
        "messageId": f"consent-confirmed-{entry.id}",
        "timestamp": entry.occurred_at.isoformat(),
        # Every event needs a user or a device: of an address always the same one.
        "anonymousId": f"signup-{hashed.hex()}",
        "properties": {"purpose": entry.purpose, "method": METHOD},
        "context": {"library": {"name": "sign-up"}, "externalIds": [external]},
    }


def _address(entry: EntryFacts) -> str:
    """As the form had it; empty where the proof is gone or the line is about a phone."""
    said = (entry.proof or {}).get("address")
    return said if entry.channel == "email" and isinstance(said, str) else ""
