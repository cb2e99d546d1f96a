"""An item of a request made canonical: names, times, properties, and what it says about itself. Pure.

`open_item` is the one place that turns a wire item into what the log stores: identify events keep their traits as
properties (so a split can refold them), group events `groupId` and `traits`, alias events `previousId`, page and screen
events their `name` and `category`. Traits too long for a profile stay in the log, flagged trait_too_long.
"""

import re
import uuid
from typing import Any

import msgspec

from cdp.lib.values import as_text, canonical, instant_us, text
from events.clock_repair import occurrence
from events.names import CART_EVENTS, ORDER_EVENTS, canonical_name
from events.wire import EMPTY, Head, Item, client_time, open_object
from profiles.folds import is_foldable

_LONG_NUMBER = re.compile(rb"[0-9]{13}")
LONGEST_KEY = 255
CARRIES_CART = CART_EVENTS | ORDER_EVENTS


class OpenItem(msgspec.Struct):
    """One event, canonical, before it is known whether it is new or whom it hangs on."""

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


def open_item(item: Item, *, inbox_id: int, sent_at: object, received_us: int) -> OpenItem:
    """The canonical event of a checked item. `sent_at` is the request's; the item's own counts where that is absent."""
    head = item.head
    given = client_time(head)
    sent = sent_at if sent_at is not None else head.sent_at
    when = occurrence(
        client_us=instant_us(given) if given is not None else None,
        was_given=given is not None,
        sent_us=instant_us(sent) if sent is not None else None,
        received_us=received_us,
    )
    properties = _open(head.properties) if head.properties is not EMPTY else {}
    context = _open(head.context) if head.context is not EMPTY else {}
    traits = _open(head.traits) if head.traits is not EMPTY else {}
    if when.flags:
        context["original_timestamp"] = text(str(given)[:64])
    if head.type == "identify" and isinstance(context.get("traits"), dict):
        traits = {**context["traits"], **traits}
    flags = when.flags
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
    )


def _open(part: msgspec.Raw) -> dict[str, Any]:
    """A part's canonical object. Plain ASCII without escapes and long numbers, is canonical as it stands."""
    raw = bytes(part)
    opened = open_object(part)
    if raw.isascii() and b"\\" not in raw and _LONG_NUMBER.search(raw) is None:
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
