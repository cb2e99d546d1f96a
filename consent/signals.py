"""What an event says about consent: Segment, RudderStack and e-mail events read into statements. Pure.

A browser's write key is public, so a browser may restrict but never open what reaches a mailbox: its e-mail grants,
bounces and complaints are ignored (a forged grant would let a stranger be mailed; a forged withdrawal only silences).
Categories nobody can map to a purpose are ignored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.contracts import (
    ANALYTICS,
    CONTEXT,
    DENIED,
    EMAIL_MARKETING,
    EMAIL_OPEN_TRACKING,
    GPC,
    GRANTED,
    ML_TRAINING,
    PERSONALIZATION,
    THIRD_PARTY_SHARING,
    WITHDRAWN,
    SignalEvent,
)
from consent.purposes import ADDRESS_PURPOSES

# Category names and ids of common consent managers (OneTrust's C000n), folded by `_category`.
CATEGORIES = {
    "analytics": ANALYTICS,
    "performance": ANALYTICS,
    "statistics": ANALYTICS,
    "c0002": ANALYTICS,
    "personalization": PERSONALIZATION,
    "personalisation": PERSONALIZATION,
    "functional": PERSONALIZATION,
    "preferences": PERSONALIZATION,
    "c0003": PERSONALIZATION,
    "email_marketing": EMAIL_MARKETING,
    "newsletter": EMAIL_MARKETING,
    "email_open_tracking": EMAIL_OPEN_TRACKING,
    "ml_training": ML_TRAINING,
    "third_party_sharing": THIRD_PARTY_SHARING,
    "data_sharing": THIRD_PARTY_SHARING,
    "datasharing": THIRD_PARTY_SHARING,
    "advertising": THIRD_PARTY_SHARING,
    "targeting": THIRD_PARTY_SHARING,
    "marketing": THIRD_PARTY_SHARING,
    "c0004": THIRD_PARTY_SHARING,
}
PREFERENCE_EVENT = "segment consent preference updated"
UNSUBSCRIBED = frozenset({"unsubscribed", "email unsubscribed", "newsletter unsubscribed"})
SUBSCRIBED = frozenset({"email subscribed", "newsletter subscribed"})
COMPLAINED = frozenset({"email marked as spam", "marked as spam"})
BOUNCED = frozenset({"email bounced"})
EMAIL_EVENTS = UNSUBSCRIBED | SUBSCRIBED | COMPLAINED | BOUNCED


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing an event says. `explicit`: the person acted, it was not merely the state sent along with an event."""

    purpose: str
    state: str
    method: str
    explicit: bool
    suppress: str = ""


def may_speak(*, name: str, context: Mapping[str, Any], gpc: bool = False) -> bool:
    """Cheap test for the hot path: False means `read` would find nothing."""
    return (
        gpc
        or "consent" in context
        or "consentManagement" in context
        or name.lower() in EMAIL_EVENTS | {PREFERENCE_EVENT}
    )


def read(event: SignalEvent) -> tuple[Statement, ...]:
    """The statements of one event, those its source may not make left out; at most one a purpose and suppression."""
    said = {(s.purpose, s.suppress): s for s in _all(event) if event.server_side or _browser_may(s)}
    return tuple(said.values())


def address_of(event: SignalEvent) -> str | None:
    """The raw e-mail address an event names itself: traits, then context.traits, then properties."""
    for bag in (event.traits, event.context.get("traits"), event.properties):
        value = bag.get("email") if isinstance(bag, Mapping) else None
        if isinstance(value, str) and value:
            return value
    return None


def _browser_may(statement: Statement) -> bool:
    if statement.purpose not in ADDRESS_PURPOSES:
        return True
    return statement.state != GRANTED and statement.suppress in ("", "unsubscribe")


def _all(event: SignalEvent) -> Iterator[Statement]:
    name = event.name.lower() if event.type == "track" else ""
    yield from _preferences(event, explicit=name == PREFERENCE_EVENT)
    if event.gpc:
        yield Statement(THIRD_PARTY_SHARING, DENIED, GPC, False)
    if name in UNSUBSCRIBED:
        yield Statement(EMAIL_MARKETING, WITHDRAWN, "event", True, "unsubscribe")
    elif name in SUBSCRIBED:
        yield Statement(EMAIL_MARKETING, GRANTED, "event", True)
    elif name in COMPLAINED:
        yield Statement(EMAIL_MARKETING, WITHDRAWN, "complaint", True, "complaint")
    elif name in BOUNCED and _is_hard(event.properties):
        yield Statement(EMAIL_MARKETING, WITHDRAWN, "bounce", True, "hard_bounce")


def _is_hard(properties: Mapping[str, Any]) -> bool:
    """Only a bounce that calls itself permanent silences an address; a full mailbox does not."""
    words = (properties.get("bounce_type"), properties.get("type"), properties.get("bounceType"))
    return any(isinstance(word, str) and word.lower() in {"hard", "permanent", "hardbounce"} for word in words)


def _preferences(event: SignalEvent, *, explicit: bool) -> Iterator[Statement]:
    for category, allowed in _choices(event.context, event.properties if explicit else {}):
        purpose = CATEGORIES.get(_category(category))
        if purpose is not None:
            yield Statement(purpose, GRANTED if allowed else DENIED, "event" if explicit else CONTEXT, explicit)


def _choices(context: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """(category, allowed), grants first, so that a category named on both sides ends denied."""
    rudder = context.get("consentManagement")
    management = rudder if isinstance(rudder, Mapping) else {}
    for category in _ids(management.get("allowedConsentIds")):
        yield category, True
    for holder in (properties, context.get("consent")):
        preferences = holder.get("categoryPreferences") if isinstance(holder, Mapping) else None
        if isinstance(preferences, Mapping):
            pairs = [(str(key), value) for key, value in preferences.items() if isinstance(value, bool)]
            yield from sorted(pairs, key=lambda pair: not pair[1])
    for category in _ids(management.get("deniedConsentIds")):
        yield category, False


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def _category(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
