"""Which identifiers an item names, and which of them are believed: by its source's word, or by a user token. Pure.

A browser's write key is public, so by default a browser's word counts for anonymous_id and user_id only, and its
e-mail and phone are believed where a token vouches for that very value. An unproven claim is flagged and links
nothing. An alias's `previousId` is an anonymous id: taken as anything else, it could join two user ids.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from events.vouching import NOTHING
from profiles.contracts import IdentifierKey
from profiles.identifiers import Blocked, canonicalize, strongest_first

BROWSER_ASSERTS = frozenset({"anonymous_id", "user_id"})
BROWSER_WITH_TOKEN = frozenset({"email", "phone"})
MOST_EXTERNAL_IDS = 20
_PLAIN = frozenset({str, None.__class__})
_RICH = frozenset({"traits", "device", "externalIds"})
_PERSONAL = frozenset({"email", "phone"})
_strongest_first = lru_cache(maxsize=65_536)(strongest_first)  # the same people come again and again


class Identified(NamedTuple):
    """The identifiers of one event, canonical and strongest first, or why there are none (`blocked`).

    `unproven`: the kinds it claimed that need a token which vouches for them, and had none.
    """

    keys: tuple[IdentifierKey, ...]
    blocked: str = ""
    unproven: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why nobody is named: a stable code."""
        return "unproven_claim" if self.unproven else "nobody_named"

    @property
    def mending(self) -> str:
        """What was wrong with what it named, and how to mend it."""
        if not self.unproven:
            return self.blocked
        kinds = " and ".join(self.unproven)
        return (
            f"This source's {kinds} counts only where a user token vouches for that very value, and nothing else is"
            " named: send the token the shop's backend signed as X-User-Token or context.userToken, or an anonymousId."
        )


class Trust(NamedTuple):
    """`asserts`: the kinds believed from this source (None: every kind), but for those in `with_token`, which are
    believed only where they are in `vouched`."""

    asserts: frozenset[str] | None
    with_token: frozenset[str]

    def believes(self, key: IdentifierKey, vouched: frozenset[IdentifierKey]) -> bool:
        """Whether this claim counts."""
        if key.kind in self.with_token:
            return key in vouched
        return self.asserts is None or key.kind in self.asserts


def identify(
    *,
    type: str,  # noqa: A002 - the field's name
    user_id: object,
    anonymous_id: object,
    previous_id: object,
    properties: Mapping[str, Any],
    traits: Mapping[str, Any],
    context: Mapping[str, Any],
    trust: Trust,
    vouched: frozenset[IdentifierKey] = NOTHING,
) -> Identified:
    """Whom an event names, as far as its source and `vouched`, what its token vouches for, are believed."""
    names_more = type == "alias" or traits or not (_RICH.isdisjoint(context) and _PERSONAL.isdisjoint(properties))
    if not names_more and user_id.__class__ in _PLAIN and anonymous_id.__class__ in _PLAIN:  # numbers: True equals 1
        return _identify_plain(user_id, anonymous_id, trust, vouched)
    found = _Claims(trust, vouched)
    found.take(_simple_claims(type, user_id, anonymous_id, previous_id))
    if trust.asserts is None or trust.with_token or not trust.asserts <= BROWSER_ASSERTS:
        found.take(_rich_claims(type, properties, traits, context), is_blocked_told=False)
    return found.identified()


def blocked_by_rules(keys: tuple[IdentifierKey, ...]) -> tuple[str, str]:
    """(reason, how to mend it) of an event all of whose identifiers staff have blocked; says no value."""
    kinds = " and ".join(dict.fromkeys(key.kind for key in keys))
    return (
        "blocked_value",
        f"The identity rules block the {kinds} this event names, and nothing else is named: send an identifier of the"
        " person, or take the value off the blocked ones (People → Identity rules) and replay.",
    )


def emails_of(properties: Mapping[str, Any], traits: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[str, ...]:
    """The canonical e-mail addresses an event carries itself, believed as identity or not."""
    found: list[str] = []
    for bag in (traits, context.get("traits"), properties):
        raw = bag.get("email") if isinstance(bag, Mapping) else None
        key = canonicalize("email", raw) if isinstance(raw, str) else None
        if isinstance(key, IdentifierKey):
            found.append(key.value)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=32_768)
def _identify_plain(
    user_id: object, anonymous_id: object, trust: Trust, vouched: frozenset[IdentifierKey]
) -> Identified:
    """Of an event whose head alone names somebody, in text: nearly all are such, and the same people come again."""
    found = _Claims(trust, vouched)
    found.take(_simple_claims("track", user_id, anonymous_id, None))
    return found.identified()


class _Claims:
    """What an event claims, sorted into what is believed, what is unproven, and what names nobody."""

    __slots__ = ("_trust", "_vouched", "blocked", "keys", "unproven")

    def __init__(self, trust: Trust, vouched: frozenset[IdentifierKey]) -> None:
        self._trust, self._vouched = trust, vouched
        self.keys: list[IdentifierKey] = []
        self.unproven: list[str] = []
        self.blocked = ""

    def take(self, claims: Iterator[tuple[str, object]], *, is_blocked_told: bool = True) -> None:
        """Judge these claims. `is_blocked_told`: remember why the first one that names nobody does not."""
        for kind, raw in claims:
            found = canonicalize(kind, raw)
            if isinstance(found, Blocked):
                if is_blocked_told:
                    self.blocked = self.blocked or f"{kind}: {found.reason}"
            elif self._trust.believes(found, self._vouched):
                self.keys.append(found)
            elif found.kind in self._trust.with_token and found.kind not in self.unproven:
                self.unproven.append(found.kind)

    def identified(self) -> Identified:
        """The believed ones, strongest first."""
        keys, unproven = tuple(self.keys), tuple(self.unproven)
        if len(keys) > 1:
            return Identified(_strongest_first(keys), "", unproven)
        blocked = self.blocked or "no kind this source may assert"
        return Identified(keys, "" if keys else blocked, unproven)


def _simple_claims(
    event_type: str, user_id: object, anonymous_id: object, previous_id: object
) -> Iterator[tuple[str, object]]:
    if user_id is not None and user_id != "":
        yield "user_id", user_id
    if anonymous_id is not None and anonymous_id != "":
        yield "anonymous_id", anonymous_id
    if event_type == "alias" and previous_id is not None:
        yield "anonymous_id", previous_id


def _rich_claims(
    event_type: str, properties: Mapping[str, Any], traits: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[tuple[str, object]]:
    if event_type != "group":  # a group's traits describe the group
        for bag in (traits, context.get("traits"), properties):
            if bag and isinstance(bag, dict):
                if isinstance(email := bag.get("email"), str):
                    yield "email", email
                if isinstance(phone := bag.get("phone"), str):
                    yield "phone", phone
    device = context.get("device")
    if device and isinstance(device, dict) and device.get("id") is not None:
        yield "device_id", device["id"]
    external = context.get("externalIds")
    if isinstance(external, list):
        yield from _external_claims(external[:MOST_EXTERNAL_IDS])


def _external_claims(external: list[Any]) -> Iterator[tuple[str, object]]:
    for entry in external:
        if isinstance(entry, Mapping) and entry.get("collection") in (None, "user", "users"):
            kind = entry.get("type")
            if isinstance(kind, str):
                yield kind, entry.get("id")
