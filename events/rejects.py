"""What is told of a rejected item: the name of its event, why it was refused in words, and how to mend it. Pure."""

from dataclasses import dataclass
from typing import Any

import msgspec

from cdp.lib.values import text

MOST_PARSED = 256 * 1024
_heads = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Mending:
    """Why an item was refused, and what to do about it, in words."""

    why: str
    how: str


STAGES = {
    "parse": "Reading",
    "validate": "Checking",
    "plan": "Tracking plan",
    "identity": "Identity",
    "poison": "Storing",
}
_SHOP = "Mend the tracker, so that no more come; then mend these and replay them."
MENDINGS: dict[str, Mending] = {
    "malformed": Mending("It is not JSON.", "Correct the bytes: often a quote, a comma or a bracket is missing."),
    "not_an_object": Mending("An event must be a JSON object.", 'Write it as {"type": …}.'),
    "too_deep": Mending("It is nested deeper than 64 levels.", "Take out what is nested so deep."),
    "event_too_large": Mending(
        "It is larger than INGEST_MAX_EVENT_BYTES allows.", "Raise that setting and replay, or shorten it."
    ),
    "missing_type": Mending('It has no "type".', f'Add "type": "track", or what it is. {_SHOP}'),
    "unknown_type": Mending(
        'Its "type" is none of track, identify, page, screen, group and alias.', f"Correct it. {_SHOP}"
    ),
    "bad_type": Mending("A field has a value of the wrong type: the detail names it.", f"Correct it. {_SHOP}"),
    "missing_id": Mending("It names nobody.", f'Add "userId" or "anonymousId". {_SHOP}'),
    "missing_event": Mending("A track call needs the name of its event.", f'Add "event". {_SHOP}'),
    "missing_group_id": Mending("A group call needs its group.", f'Add "groupId" as text. {_SHOP}'),
    "missing_previous_id": Mending("An alias call needs both ids.", f'Add "previousId" and "userId". {_SHOP}'),
    "message_id_too_long": Mending("Its message id is longer than 100 characters.", f"Shorten it. {_SHOP}"),
    "name_too_long": Mending("The name of its event is longer than 255 characters.", f"Shorten it. {_SHOP}"),
    "id_too_long": Mending("An id is longer than 512 characters.", f"Shorten it. {_SHOP}"),
    "nobody_named": Mending(
        "None of its identifiers may be used: they are blocked values, or this source may not assert them.",
        "Correct the id below, or let the source assert that kind (Data in → Sources), then replay.",
    ),
    "plan_violation": Mending(
        "It breaks the tracking plan, and this source's plan sets such events aside: the detail says where.",
        "Correct the event, or save a new version of the plan that allows it; then replay.",
    ),
}


def mending(stage: str, reason: str) -> Mending:
    """Why and how, for every stage and reason; of what is not known by name the stage says something."""
    if (known := MENDINGS.get(reason)) is not None:
        return known
    if stage == "poison":
        return Mending(
            "Storing it failed again and again, alone too: the reason names the failure.",
            "Replay it after an update, or correct the event if it is unusual. Else report it.",
        )
    if stage == "plan":
        return MENDINGS["plan_violation"]
    if stage == "identity":
        return MENDINGS["nobody_named"]
    return Mending("It could not be used: the detail says why.", "Correct it and replay it.")


def event_name(raw: bytes) -> str:
    """The name of a rejected item's event as it was sent: of a track call its event, else its type; "" for neither."""
    if len(raw) > MOST_PARSED:
        return ""
    try:
        head = _heads.decode(raw)
        kind, event = _plain(head.get("type")), _plain(head.get("event"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return ""
    return text(event or kind)[:255]


def with_message_id(raw: bytes, message_id: str, field: str = "messageId") -> bytes:
    """The item with this message id where it has none of its own; what is no JSON object stays as it is."""
    try:
        head: dict[str, Any] = dict(_heads.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    own = bytes(head.get(field, b"null"))
    if own not in (b"null", b'""'):
        return raw
    return msgspec.json.encode(head | {field: message_id})


def _plain(value: msgspec.Raw | None) -> str:
    found = msgspec.json.decode(value) if value is not None else None
    return found if isinstance(found, str) else ""
