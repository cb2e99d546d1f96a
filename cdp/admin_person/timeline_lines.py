"""Lines of a person's timeline: an event as a sentence with what is odd about it, on what device, and all it said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdp.admin_person.sentences import Sentence, impersonal, sentence
from cdp.lib.admin_parts import pretty_json
from commerce import queries as commerce
from events.queries import TimelineEvent

PRICED = ("price", "value", "total", "revenue")
FLAGS: Mapping[str, tuple[str, str, str]] = {
    "bot": ("bot", "warn", "Sent by a robot, as its user agent says"),
    "clock_repaired": ("clock repaired", "warn", "The device's clock was wrong: the time was moved by the difference"),
    "time_absurd": ("odd time", "warn", "The time it told cannot be: the time of receipt is used"),
    "time_unreadable": ("odd time", "warn", "The time it told cannot be read: the time of receipt is used"),
    "trait_too_long": ("long trait", "warn", "A trait is too long for the profile; it stands in this event alone"),
    "plan_violation": ("against the plan", "bad", "It does not meet the tracking plan"),
    "cleaned": ("cleaned", "", "A value was written in its one canonical way; what was sent stands in the details"),
    "user_token_refused": ("token refused", "bad", "It came with a user token that proves nothing"),
}
UNPROVEN = ("unproven claim", "warn", "It names somebody without proof: that identifier was not believed")


@dataclass(frozen=True, slots=True)
class Flag:
    """What is odd about an event: two words, the kind of tag, and what they mean."""

    words: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Details:
    """All that is known of one event. `sent`: (where, what the client sent) of values that were cleaned."""

    properties: str
    context: str
    sent: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One event: when, what, from which source and device. `details` are for those who may see personal data."""

    id: int
    at: datetime
    received_at: datetime
    name: str
    type: str
    message: str
    sentence: Sentence
    source: str
    client: str
    flags: tuple[Flag, ...]
    details: Details | None


def lines(events: Sequence[TimelineEvent], sources: Mapping[int, str], *, personal: bool) -> list[Line]:
    """The events as lines, in their order; two statements whatever their number."""
    currencies = _currencies(events)
    return [_line(event, sources, currencies, personal=personal) for event in events]


def _line(event: TimelineEvent, sources: Mapping[int, str], currencies: Mapping[str, str], *, personal: bool) -> Line:
    context = event.context
    said = event.properties if personal else impersonal(event.name, event.properties)
    return Line(
        id=event.id,
        at=event.occurred_at,
        received_at=event.received_at,
        name=event.name,
        type=event.type,
        message=event.message_hash.hex(),
        sentence=sentence(event.name, _with_currency(said, currencies)),
        source=sources.get(event.source_id, "a former source"),
        client=client_words(context.get("client")),
        flags=tuple(dict.fromkeys(_flag(name) for name in event.flags)),
        details=_details(event, context) if personal else None,
    )


def client_words(client: Any) -> str:
    """“Chrome on Android, phone”; "" where nothing is known."""
    if not isinstance(client, Mapping):
        return ""
    browser, os, device = (str(client.get(part) or "")[:40] for part in ("browser", "os", "device"))
    return ", ".join(part for part in (" on ".join(part for part in (browser, os) if part), device) if part)


def _flag(name: str) -> Flag:
    if name.startswith("unproven_"):
        return Flag(*UNPROVEN)
    return Flag(*FLAGS.get(name, (name.replace("_", " "), "warn", name)))


def _details(event: TimelineEvent, context: Mapping[str, Any]) -> Details:
    original = context.get("original")
    sent = original.items() if isinstance(original, Mapping) else ()
    return Details(
        str(pretty_json(event.properties)),
        str(pretty_json(dict(context))),
        tuple((str(where), value if isinstance(value, str) else str(pretty_json(value))) for where, value in sent),
    )


def _lacks_currency(properties: Mapping[str, Any]) -> bool:
    return not properties.get("currency") and any(properties.get(name) is not None for name in PRICED)


def _currencies(events: Sequence[TimelineEvent]) -> dict[str, str]:
    """The catalog's currency of the products whose events tell an amount and no currency."""
    wanted = {
        str(properties["product_id"])
        for properties in (event.properties for event in events)
        if properties.get("product_id") and _lacks_currency(properties)
    }
    return {found: facts.currency for found, facts in commerce.products(wanted).items()} if wanted else {}


def _with_currency(properties: Mapping[str, Any], currencies: Mapping[str, str]) -> Mapping[str, Any]:
    """An amount without its currency says little: the catalog knows in which the product is sold."""
    if not _lacks_currency(properties):
        return properties
    found = currencies.get(str(properties.get("product_id")))
    return {**properties, "currency": found} if found else properties
