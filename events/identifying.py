"""Which identifiers an item names, and which of them its source may assert. Pure.

A browser's write key is public, so by default a browser asserts only anonymous_id and user_id. An alias's
`previousId` is an anonymous id: taken as anything else, it could join two user ids.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from profiles.contracts import IdentifierKey
from profiles.identifiers import Blocked, canonicalize, strongest_first

BROWSER_ASSERTS = frozenset({"anonymous_id", "user_id"})
MOST_EXTERNAL_IDS = 20
_PLAIN = frozenset({str, None.__class__})
_RICH = frozenset({"traits", "device", "externalIds"})
_PERSONAL = frozenset({"email", "phone"})
_strongest_first = lru_cache(maxsize=65_536)(strongest_first)  # the same people come again and again


class Identified(NamedTuple):
    """The identifiers of one event, canonical and strongest first, or why there are none (`blocked`)."""

    keys: tuple[IdentifierKey, ...]
    blocked: str = ""


def identify(
    *,
    type: str,  # noqa: A002 - the field's name
    user_id: object,
    anonymous_id: object,
    previous_id: object,
    properties: Mapping[str, Any],
    traits: Mapping[str, Any],
    context: Mapping[str, Any],
    asserts: frozenset[str] | None,
) -> Identified:
    """`asserts` names the identifier kinds believed from this source; None believes every kind."""
    names_more = type == "alias" or traits or _RICH & context.keys() or _PERSONAL & properties.keys()
    if not names_more and {user_id.__class__, anonymous_id.__class__} <= _PLAIN:  # numbers: True would equal 1
        return _identify_plain(user_id, anonymous_id, asserts)
    keys, blocked = _simple_keys(type, user_id, anonymous_id, previous_id, asserts)
    if asserts is None or not asserts <= BROWSER_ASSERTS:
        for kind, raw in _rich_claims(type, properties, traits, context):
            if asserts is None or kind in asserts:
                found = canonicalize(kind, raw)
                if not isinstance(found, Blocked):
                    keys.append(found)
    return _identified(keys, blocked)


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
def _identify_plain(user_id: object, anonymous_id: object, asserts: frozenset[str] | None) -> Identified:
    """Of an event whose head alone names somebody, in text: nearly all are such, and the same people come again."""
    return _identified(*_simple_keys("track", user_id, anonymous_id, None, asserts))


def _identified(keys: list[IdentifierKey], blocked: str) -> Identified:
    if len(keys) > 1:
        return Identified(_strongest_first(tuple(keys)))
    return Identified(tuple(keys), "" if keys else blocked or "no kind this source may assert")


def _simple_keys(
    event_type: str, user_id: object, anonymous_id: object, previous_id: object, asserts: frozenset[str] | None
) -> tuple[list[IdentifierKey], str]:
    """The keys of what the event's head claims, and why the first one that was blocked was."""
    keys: list[IdentifierKey] = []
    blocked = ""
    for kind, raw in _simple_claims(event_type, user_id, anonymous_id, previous_id):
        if asserts is None or kind in asserts:
            found = canonicalize(kind, raw)
            if isinstance(found, Blocked):
                blocked = blocked or f"{kind}: {found.reason}"
            else:
                keys.append(found)
    return keys, blocked


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
