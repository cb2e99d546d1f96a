"""Items without anybody: what is left of an event whose own consent says that it may not tell of a person. Pure.

What is kept stands in lists: shop facts, the page without its query, the campaign, the program that sent it. All else
goes, custom properties too, since nobody can know whether they name somebody. The stripped item replaces what was sent
in the raw request, so whoever reads it again, for a replay or a rebuild, finds the same event.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from events.wire import Item, open_object

ANONYMOUS_ID = "cdp:nobody"
"""The anonymousId of a stripped item: it hangs on the identifier of its source that is nobody's."""
FLAG = "anonymous"
LONGEST = 255
PROPERTIES = frozenset({
    "product_id", "sku", "category", "name", "brand", "variant", "price", "quantity", "coupon", "position", "url",
    "image_url", "currency", "value", "revenue", "total", "list_id", "promotion_id", "creative", "step", "path",
    "title", "referrer", "rating", "filters", "sorts", "products", "type",
})  # fmt: skip
PAGE = frozenset({"url", "path", "title", "referrer"})
CAMPAIGN = frozenset({"source", "medium", "name", "term", "content", "id"})
CONTEXT = frozenset({"locale", "channel", "channel_group"})
PROGRAM = frozenset({"name", "version"})
ADDRESSES = frozenset({"url", "path", "referrer", "image_url"})
_encode = msgspec.json.Encoder(decimal_format="number").encode


def stripped(item: Item) -> bytes:
    """The item's new bytes: its kind, name, times and message id, and nothing of a person."""
    head = item.head
    kept: dict[str, Any] = {
        "type": head.type,
        "event": head.event,
        "name": head.name if head.type in ("page", "screen") else None,
        "category": head.category if head.type in ("page", "screen") else None,
        "messageId": head.message_id,
        "timestamp": head.timestamp,
        "originalTimestamp": head.original_timestamp,
        "sentAt": head.sent_at,
    }
    found = {field: value for field, value in kept.items() if type(value) in (str, int)}
    found["anonymousId"] = ANONYMOUS_ID
    if properties := _only(open_object(head.properties), PROPERTIES):
        found["properties"] = properties
    if context := _context(open_object(head.context)):
        found["context"] = context
    return _encode(found)


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    found = _only(context, CONTEXT)
    for name, fields in (("page", PAGE), ("campaign", CAMPAIGN), ("library", PROGRAM), ("os", PROGRAM)):
        part = context.get(name)
        if isinstance(part, Mapping) and (kept := _only(part, fields)):
            found[name] = kept
    return found


def _only(bag: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    found = {}
    for name in fields.intersection(bag):
        value = _harmless(name, bag[name])
        if value is not None:
            found[name] = value
    return {name: found[name] for name in sorted(found)}


def _harmless(name: str, value: Any) -> Any:
    """A number, a truth, or a short text that is no address; of lists what is so."""
    if isinstance(value, list):
        return [kept for each in value[:500] if (kept := _harmless(name, each)) not in (None, {})]
    if isinstance(value, Mapping):
        return _only(value, PROPERTIES - {"products"}) if name in ("products", "filters", "sorts") else None
    if isinstance(value, str):
        text = value.partition("?")[0].partition("#")[0] if name in ADDRESSES else value
        return text if len(text) <= LONGEST and "@" not in text else None
    return value if value is not None else None
