"""What an event says about consent: Segment, RudderStack, IAB TCF, GPC and e-mail events read into statements. Pure.

A browser's write key is public, so a browser may restrict but never open what reaches a mailbox or a phone: what it
says somebody signed up for waits for the address's owner, what its consent context says of e-mail is ignored, and so
are its bounces and complaints (a forged withdrawal only silences). Categories nobody mapped to a purpose are ignored.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from consent import tcf
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
    SMS_MARKETING,
    TCF,
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
SMS_UNSUBSCRIBED = frozenset({"sms unsubscribed", "text message unsubscribed", "sms stop"})
SMS_SUBSCRIBED = frozenset({"sms subscribed", "text message subscribed"})
RECEIPTS = UNSUBSCRIBED | SUBSCRIBED | COMPLAINED | BOUNCED | SMS_UNSUBSCRIBED | SMS_SUBSCRIBED
CONTEXT_KEYS = frozenset({"consent", "consentManagement", "tcString", "IABTCF_TCString"})
MALFORMED = "tcf_unreadable"
"""The flag of an event whose TC string cannot be read."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing an event says. `explicit`: the person acted, it was not merely the state sent along with an event.

    `waits`: a grant that only the address's owner can make true. `tc_string`: where it was read from, if from one.
    """

    purpose: str
    state: str
    method: str
    explicit: bool
    suppress: str = ""
    waits: bool = False
    tc_string: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the shop's purposes make of signals. `of_category`: staff's word on a category, before the shipped names.

    `of_address`: the purposes with a channel; `gpc`: those that Sec-GPC denies; `unmapped` is told of each category
    that nobody has given a purpose.
    """

    of_category: Callable[[str], str | None] = lambda _: None
    of_address: Set[str] = ADDRESS_PURPOSES
    gpc: tuple[str, ...] = (THIRD_PARTY_SHARING,)
    unmapped: Callable[[str], None] = lambda _: None


SHIPPED_MEANING = Meaning()


def may_speak(*, name: str, context: Mapping[str, Any], gpc: bool = False) -> bool:
    """Cheap test for the hot path: False means `read` would find nothing."""
    return gpc or not CONTEXT_KEYS.isdisjoint(context) or _is_telling(name)


@lru_cache(maxsize=4096)
def _is_telling(name: str) -> bool:
    folded = name.lower()
    return folded in RECEIPTS or folded == PREFERENCE_EVENT


def read(event: SignalEvent, meaning: Meaning = SHIPPED_MEANING) -> tuple[Statement, ...]:
    """The statements of one event, those its source may not make left out; at most one a purpose and suppression."""
    said: dict[tuple[str, str], Statement] = {}
    for statement in _all(event, meaning):
        if event.server_side or _browser_may(statement, meaning):
            said[statement.purpose, statement.suppress] = statement
    if not event.server_side:
        return tuple(_as_browser(one, meaning) for one in said.values())
    return tuple(said.values())


def tc_string_of(event: SignalEvent) -> str:
    """The TC string an event carries, unread; empty: none."""
    held = event.context.get("consent")
    inner = held if isinstance(held, Mapping) else {}
    nested = inner.get("tcf")
    own = event.properties if event.name.lower() == PREFERENCE_EVENT else {}
    places = (
        nested.get("tcString") if isinstance(nested, Mapping) else nested,
        inner.get("tcString"),
        event.context.get("tcString"),
        event.context.get("IABTCF_TCString"),
        own.get("IABTCF_TCString"),
        own.get("tcString"),
    )
    return next((one for one in places if isinstance(one, str) and one), "")


def is_malformed(event: SignalEvent) -> bool:
    """Whether it carries a TC string that cannot be read: it is flagged, and nothing is granted or refused by it."""
    text = tc_string_of(event)
    return bool(text) and _core(text) is None


def address_of(event: SignalEvent) -> str | None:
    """The raw e-mail address an event names itself: traits, then context.traits, then properties."""
    for bag in (event.traits, event.context.get("traits"), event.properties):
        value = bag.get("email") if isinstance(bag, Mapping) else None
        if isinstance(value, str) and value:
            return value
    return None


def phone_of(event: SignalEvent) -> str | None:
    """The raw phone number an event names itself, likewise."""
    for bag in (event.traits, event.context.get("traits"), event.properties):
        value = bag.get("phone") if isinstance(bag, Mapping) else None
        if isinstance(value, str) and value:
            return value
    return None


def _browser_may(statement: Statement, meaning: Meaning) -> bool:
    if statement.purpose not in meaning.of_address:
        return True
    if statement.state == GRANTED:
        return statement.explicit
    return statement.suppress in ("", "unsubscribe")


def _as_browser(statement: Statement, meaning: Meaning) -> Statement:
    if statement.state == GRANTED and statement.purpose in meaning.of_address:
        return replace(statement, waits=True)
    return statement


def _all(event: SignalEvent, meaning: Meaning) -> Iterator[Statement]:
    name = event.name.lower() if event.type == "track" else ""
    if text := tc_string_of(event):
        yield from _of_tc_string(text)
    yield from _preferences(event, meaning, explicit=name == PREFERENCE_EVENT)
    if event.gpc:
        for purpose in meaning.gpc:
            yield Statement(purpose, DENIED, GPC, False)
    if name in UNSUBSCRIBED:
        yield Statement(EMAIL_MARKETING, WITHDRAWN, "event", True, "unsubscribe")
    elif name in SUBSCRIBED:
        yield Statement(EMAIL_MARKETING, GRANTED, "event", True)
    elif name in COMPLAINED:
        yield Statement(EMAIL_MARKETING, WITHDRAWN, "complaint", True, "complaint")
    elif name in BOUNCED and _is_hard(event.properties):
        yield Statement(EMAIL_MARKETING, WITHDRAWN, "bounce", True, "hard_bounce")
    elif name in SMS_UNSUBSCRIBED:
        yield Statement(SMS_MARKETING, WITHDRAWN, "event", True)
    elif name in SMS_SUBSCRIBED:
        yield Statement(SMS_MARKETING, GRANTED, "event", True)


def _is_hard(properties: Mapping[str, Any]) -> bool:
    """Only a bounce that calls itself permanent silences an address; a full mailbox does not."""
    words = (properties.get("bounce_type"), properties.get("type"), properties.get("bounceType"))
    return any(isinstance(word, str) and word.lower() in {"hard", "permanent", "hardbounce"} for word in words)


def _preferences(event: SignalEvent, meaning: Meaning, *, explicit: bool) -> Iterator[Statement]:
    for category, allowed in _choices(event.context, event.properties if explicit else {}):
        purpose = meaning.of_category(category) or CATEGORIES.get(_category(category))
        if purpose is None:
            meaning.unmapped(category)
        else:
            yield Statement(purpose, GRANTED if allowed else DENIED, "event" if explicit else CONTEXT, explicit)


def _of_tc_string(text: str) -> Iterator[Statement]:
    core = _core(text)
    for purpose, allowed in (tcf.said(core) if core is not None else {}).items():
        yield Statement(purpose, GRANTED if allowed else DENIED, TCF, False, tc_string=text)


@lru_cache(maxsize=2048)
def _core(text: str) -> tcf.Core | None:
    try:
        return tcf.decode(text)
    except tcf.BadString:
        return None


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


@lru_cache(maxsize=4096)
def _category(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
