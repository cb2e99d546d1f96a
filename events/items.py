"""An item of a request made canonical: names, times, properties, and what it says about itself. Pure.

`open_item` is the one place that turns a wire item into what the log stores: identify events keep their traits as
properties (so a split can refold them), group events `groupId` and `traits`, alias events `previousId`, page and screen
events their `name` and `category`. Traits too long for a profile stay in the log, flagged trait_too_long. All is
cleaned on the way (`events.cleaning`); what was sent instead stands in context.original.
"""

import uuid
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from cdp.lib.values import as_text, canonical, text
from events.cleaning.bags import PROPERTIES, clean_properties, clean_traits, country_of, is_clean_currency
from events.cleaning.contexts import Cleaned, clean_context, put_arrival
from events.cleaning.ground import NO_GROUND, Ground
from events.clock_repair import instant, occurrence
from events.names import CART_EVENTS, ORDER_EVENTS, canonical_name
from events.wire import EMPTY, Head, Item, client_time, open_object
from profiles.folds import is_foldable

_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 13
LONGEST_KEY = 255
CLEANED = "cleaned"
LONGEST_KEPT = 1024
"""Bytes of a context that is remembered: a server's is the same in every event, a browser's on every page."""
CARRIES_CART = CART_EVENTS | ORDER_EVENTS
_encode = msgspec.json.Encoder(decimal_format="number").encode


class OpenItem(msgspec.Struct):
    """One event, canonical, before it is known whether it is new or whom it hangs on.

    `context` may be shared with other events: it is replaced, never changed. `context_json` is its JSON, or None.
    """

    index: int
    raw: bytes
    type: str
    name: str
    message_id: str
    at_us: int
    flags: tuple[str, ...]
    user_id: object
    anonymous_id: object
    previous_id: object
    cart_id: str | None
    order_id: str | None
    properties: dict[str, Any]
    traits: dict[str, Any]
    context: dict[str, Any]
    context_json: bytes | None = None


class _Context(NamedTuple):
    values: dict[str, Any]
    json: bytes
    cleaned: Cleaned


def open_item(item: Item, *, inbox_id: int, sent_at: object, received_us: int, ground: Ground = NO_GROUND) -> OpenItem:
    """The canonical, clean event of a checked item. `sent_at` is the request's; the item's own counts where that is
    absent. `ground`: what source and request say."""
    head = item.head
    given = client_time(head)
    sent = sent_at if sent_at is not None else head.sent_at
    when = occurrence(
        client_us=instant(given) if given is not None else None,
        was_given=given is not None,
        sent_us=instant(sent) if sent is not None else None,
        received_us=received_us,
    )
    properties = _open(head.properties) if head.properties is not EMPTY else {}
    kept = _context(head.context, ground)
    context = kept.values
    traits = _open(head.traits) if head.traits is not EMPTY else {}
    if head.type == "identify" and isinstance(context.get("traits"), dict):
        traits = {**context["traits"], **traits}
    flags = when.flags + kept.cleaned.flags if kept.cleaned.flags else when.flags
    if _wants_cleaning(head, properties, traits, context):
        context, found = _cleaned(head, properties, traits, kept)
        flags += found
    if when.flags:
        context = {**context, "original_timestamp": text(str(given)[:64])}
    if head.type == "identify" and not all(is_foldable(trait, value) for trait, value in traits.items()):
        flags = (*flags, "trait_too_long")
    name, properties = _shape(head, properties, traits)
    commerce = name in CARRIES_CART
    return OpenItem(
        index=item.index,
        raw=item.raw,
        type=head.type,
        name=name,
        message_id=_message_id(head, inbox_id, item.index),
        at_us=when.at_us,
        flags=flags,
        user_id=head.user_id,
        anonymous_id=head.anonymous_id,
        previous_id=head.previous_id,
        cart_id=_short(properties.get("cart_id")) if commerce else None,
        order_id=_short(properties.get("order_id")) if commerce else None,
        properties=properties,
        traits=traits,
        context=context,
        context_json=kept.json if context is kept.values and "userToken" not in context else None,
    )


def _wants_cleaning(head: Head, properties: dict[str, Any], traits: dict[str, Any], context: dict[str, Any]) -> bool:
    """Whether there may be anything to clean; nearly always there is not."""
    return bool(
        traits
        or not is_clean_currency(properties.get("currency"))
        or not PROPERTIES.isdisjoint(properties)
        or "traits" in context
        or (head.type == "page" and "url" in properties and "page" not in context)
    )


def _cleaned(
    head: Head, properties: dict[str, Any], traits: dict[str, Any], kept: _Context
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Clean traits and properties in place: (the context, a new one if it says more now; flags)."""
    context, where = kept.values, kept.cleaned.where
    originals: dict[str, Any] = {}
    beside = context.get("traits")
    told = country_of(traits) or (country_of(beside) if isinstance(beside, dict) else "") or where.told
    where = where._replace(told=told)
    flags = clean_traits(traits, "traits", where, originals)
    if isinstance(beside, dict) and beside:
        beside = dict(beside)
        flags += clean_traits(beside, "context.traits", where, originals)
        if beside != context["traits"]:
            context = {**context, "traits": beside}
    flags += clean_properties(properties, where, originals)
    if head.type == "page" and "url" in properties and "page" not in context:
        context = dict(context)
        put_arrival(context, properties)
    if not originals:
        return context, tuple(dict.fromkeys(flags))
    if not kept.cleaned.originals:
        flags = (CLEANED, *flags)
    return {**context, "original": {**kept.cleaned.originals, **originals}}, tuple(dict.fromkeys(flags))


def _context(part: msgspec.Raw, ground: Ground) -> _Context:
    """A context, open and clean; of short ones those that came before are remembered."""
    raw = bytes(part)
    # A user token is taken out of the very context it came in; with escapes nobody sees at once whether there is one.
    if len(raw) > LONGEST_KEPT or b"userToken" in raw or b"\\" in raw:
        return _opened_context(raw, ground)
    return _kept_context(raw, ground)


def _opened_context(raw: bytes, ground: Ground) -> _Context:
    values = _open(msgspec.Raw(raw))
    cleaned = clean_context(values, ground)
    if cleaned.originals:
        values["original"] = cleaned.originals
        cleaned = cleaned._replace(flags=(CLEANED, *cleaned.flags))
    return _Context(values, _encode(values), cleaned)


_kept_context = lru_cache(maxsize=2048)(_opened_context)


def _open(part: msgspec.Raw) -> dict[str, Any]:
    """A part's canonical object. Plain ASCII without escapes and long numbers is canonical as it stands."""
    raw = bytes(part)
    opened = open_object(part)
    if raw.isascii() and b"\\" not in raw and _LONG_NUMBER not in raw.translate(_DIGITS):
        return opened
    found: dict[str, Any] = canonical(opened)
    return found


def _message_id(head: Head, inbox_id: int, index: int) -> str:
    given = head.message_id
    if given is None or given == "":
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{inbox_id}:{index}"))
    return str(given)


def _shape(head: Head, properties: dict[str, Any], traits: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The event's stored name and properties by its type."""
    kind: str = head.type
    if kind == "track":
        return text(canonical_name(head.event)), properties
    if kind == "identify":
        return kind, traits
    if kind == "group":
        return kind, {"groupId": as_text(head.group_id), "traits": traits}
    if kind == "alias":
        return kind, {**properties, "previousId": as_text(head.previous_id)}
    for field, value in (("name", head.name), ("category", head.category)):
        if type(value) is str and value:
            properties.setdefault(field, text(value))
    return kind, properties


def _short(value: object) -> str | None:
    found = as_text(value)
    return found if found is not None and len(found) <= LONGEST_KEY else None
