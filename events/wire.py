"""The wire: a request's bytes read into items, and a named fault for each item that cannot be used. Pure.

The door and the worker both call `parse`, so what the answer names as rejected is what goes to quarantine. Content
types are ignored, unknown fields too, wrong types named; what strict JSON refuses is mended first (`events.mending`).
PostHog's items are read by `events.posthog`, and keep their own bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cdp.lib.values import as_text, canonical, read_number
from events import posthog
from events.mending import is_too_deep, mend

TYPES = frozenset({"identify", "track", "page", "screen", "group", "alias"})
MANY = frozenset({"batch", "import", "record", posthog.PATH_TYPE})  # path types whose body holds a list of items
PARSE_CODES = frozenset({"malformed", "not_an_object", "too_deep", "event_too_large"})
LONGEST_MESSAGE_ID = 100
LONGEST_ID = 512
LONGEST_NAME = 255
EMPTY = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes an event and events a request, both included."""

    event_bytes: int
    events: int


class Unreadable(Exception):
    """The whole request cannot be used: a stable `code`, an HTTP `status`, and what to do about it."""

    def __init__(self, code: str, status: int, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.detail = detail


class Head(
    msgspec.Struct,
    rename={
        "user_id": "userId",
        "anonymous_id": "anonymousId",
        "group_id": "groupId",
        "previous_id": "previousId",
        "message_id": "messageId",
        "sent_at": "sentAt",
        "original_timestamp": "originalTimestamp",
        "write_key": "writeKey",
    },
):
    """One item, its large parts unopened. Scalars may have any type until checked."""

    type: Any = None
    event: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    group_id: Any = None
    previous_id: Any = None
    message_id: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    name: Any = None
    category: Any = None
    write_key: Any = None
    api_key: Any = None
    blanked: Any = None
    properties: msgspec.Raw = EMPTY
    traits: msgspec.Raw = EMPTY
    context: msgspec.Raw = EMPTY


class Outer(msgspec.Struct, rename={"sent_at": "sentAt", "write_key": "writeKey"}):
    """The envelope of a batch; its items are read one by one, so that one bad item harms no other."""

    batch: Any = None
    sent_at: Any = None
    write_key: Any = None
    api_key: Any = None


class _Envelope(Outer, rename={"sent_at": "sentAt", "write_key": "writeKey"}):
    batch: list[msgspec.Raw] | None = None


class _PosthogEnvelope(msgspec.Struct):
    batch: list[msgspec.Raw] | None = None
    data: list[msgspec.Raw] | None = None
    event: Any = None
    sent_at: Any = None
    api_key: Any = None
    token: Any = None


class Item(msgspec.Struct, frozen=True):
    """A usable item: its place in the request, its bytes as sent, and its head."""

    index: int
    raw: bytes
    head: Head


class Fault(msgspec.Struct, frozen=True):
    """An unusable item. `code` is stable; `reason` says how to mend it."""

    index: int
    raw: bytes
    code: str
    reason: str

    @property
    def stage(self) -> str:
        """Which stage of processing refused it."""
        return "parse" if self.code in PARSE_CODES else "validate"


@dataclass(frozen=True, slots=True)
class Blank:
    """An item that was erased from the request."""

    index: int


@dataclass(frozen=True, slots=True)
class Request:
    """A readable request. `write_keys` are those found in its body, `sent_at` is what the client said, unread."""

    items: Sequence[Item | Fault | Blank]
    write_keys: tuple[str, ...]
    sent_at: object

    def faults(self) -> list[Fault]:
        """The unusable items, in their order."""
        return [item for item in self.items if type(item) is Fault]


_heads = msgspec.json.Decoder(Head, float_hook=read_number)
_envelopes = msgspec.json.Decoder(_Envelope, float_hook=read_number)
_posthog_envelopes = msgspec.json.Decoder(_PosthogEnvelope, float_hook=read_number)
_lists = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder(decimal_format="number").encode
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def parse(body: bytes, *, path_type: str, limits: Limits, anonymous_id: str = "") -> Request:
    """The items of a request. `anonymous_id` is the header's, for items that name nobody. Raises Unreadable."""
    if not body or body.isspace():
        raise Unreadable("empty_body", 400, "The body is empty: send a JSON object.")
    if path_type == posthog.PATH_TYPE:
        return _parse_posthog(body, limits)
    if path_type in MANY:
        return _parse_many(body, limits, anonymous_id)
    return _parse_one(body, path_type, limits, anonymous_id)


def reread(index: int, raw: bytes, kind: str) -> Item:
    """An item written anew by ourselves, of the kind it was sent as."""
    head = _decode_head(raw)
    head.type = kind
    return Item(index, raw, head)


def open_object(raw: msgspec.Raw) -> dict[str, Any]:
    """An item's properties, traits or context as a dict, empty for null. The item has been checked before."""
    if raw is EMPTY or bytes(raw) == b"null":
        return {}
    try:
        return _objects.decode(raw)
    except (*_UNREADABLE, msgspec.ValidationError):
        return _objects.decode(mend(bytes(raw)))


def read_object(body: bytes) -> dict[str, Any]:
    """A whole body that is one object. Raises Unreadable."""
    try:
        return _decoded_object(body)
    except (*_UNREADABLE, msgspec.ValidationError) as error:
        raise Unreadable("malformed_json", 400, f"The body is not a JSON object: {error}.") from error


def client_time(head: Head) -> object:
    """The time the client gave, of any type; None when it gave none."""
    return head.timestamp if head.timestamp is not None else head.original_timestamp


def posthog_items(body: bytes) -> tuple[list[bytes], dict[str, object]]:
    """The items of a PostHog request in any of its shapes, and what its envelope says. Raises Unreadable."""
    payload = posthog.form_payload(body) or body
    if payload.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
        return [bytes(raw) for raw in _decoded(_lists, payload)], {}
    outer = _decoded(_posthog_envelopes, payload)
    said = {"api_key": outer.api_key, "token": outer.token, "sent_at": outer.sent_at}
    items = outer.batch if outer.batch is not None else outer.data
    if items is not None:
        return [bytes(raw) for raw in items], said
    if outer.event is None:
        raise Unreadable("missing_batch", 400, 'Send {"batch": [...]} with a list of events, or one event.')
    return [payload], said


def _parse_posthog(body: bytes, limits: Limits) -> Request:
    raws, said = posthog_items(body)
    _check_count(len(raws), limits)
    keys = posthog.keys_of(said)
    items: list[Item | Fault | Blank] = []
    for index, raw in enumerate(raws):
        item, own = _read_posthog_item(index, raw, limits)
        items.append(item)
        keys = keys or own
    return Request(items, keys, said.get("sent_at"))


def _read_posthog_item(index: int, raw: bytes, limits: Limits) -> tuple[Item | Fault | Blank, tuple[str, ...]]:
    """An item and the keys it names."""
    if (fault := _size_fault(index, raw, limits)) is not None:
        return fault, ()
    try:
        given = canonical(_decoded_object(raw))
    except msgspec.ValidationError:
        return Fault(index, raw, "not_an_object", "An event must be a JSON object."), ()
    except _UNREADABLE as error:
        return Fault(index, raw, "malformed", f"The event is not JSON: {error}."), ()
    if given.get("blanked") is True:
        return Blank(index), ()
    head = _heads.decode(_encode(posthog.translate(given)))
    found = _fault(head)
    return Item(index, raw, head) if found is None else Fault(index, raw, *found), posthog.keys_of(given)


def _parse_many(body: bytes, limits: Limits, anonymous_id: str) -> Request:
    outer = _read_envelope(body)
    if outer.batch is None:
        raise Unreadable("missing_batch", 400, 'Send {"batch": [...]} with a list of events.')
    _check_count(len(outer.batch), limits)
    items = [_read_item(index, bytes(raw), None, limits, anonymous_id) for index, raw in enumerate(outer.batch)]
    return Request(items, _keys(outer.write_key, outer.api_key), outer.sent_at)


def _check_count(count: int, limits: Limits) -> None:
    if not count:
        raise Unreadable("empty_batch", 400, "The batch holds no events.")
    if count > limits.events:
        raise Unreadable(
            "too_many_events", 413, f"Send at most {limits.events} events a request; this one has {count}."
        )


def _parse_one(body: bytes, path_type: str, limits: Limits, anonymous_id: str) -> Request:
    if len(body) > limits.event_bytes:
        raise Unreadable(
            "event_too_large", 413, f"An event may have at most {limits.event_bytes} bytes; this has {len(body)}."
        )
    item = _read_item(0, body, path_type, limits, anonymous_id)
    if type(item) is Fault and item.code in ("malformed", "not_an_object"):
        raise Unreadable("malformed_json" if item.code == "malformed" else "not_an_object", 400, item.reason)
    keys: tuple[str, ...] = ()
    if type(item) is Item:
        keys = _keys(item.head.write_key, item.head.api_key)
    elif type(item) is Fault and item.stage == "validate":
        head = _decode_head(item.raw)
        keys = _keys(head.write_key, head.api_key)
    return Request([item], keys, None)


def _read_envelope(body: bytes) -> _Envelope:
    found: _Envelope = _decoded(_envelopes, body)
    return found


def _decoded(decoder: Any, body: bytes) -> Any:
    """The envelope, mended where it must be. Raises Unreadable."""
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            raise
        except _UNREADABLE:
            return decoder.decode(mend(body))
    except msgspec.ValidationError as error:
        if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            raise Unreadable("not_an_object", 400, 'Send a JSON object: {"batch": [...]}.') from error
        raise Unreadable("missing_batch", 400, f'"batch" must be a list of events ({error}).') from error
    except _UNREADABLE as error:
        raise Unreadable("malformed_json", 400, f"The body is not JSON: {error}.") from error


def _size_fault(index: int, raw: bytes, limits: Limits) -> Fault | None:
    if len(raw) > limits.event_bytes:
        return Fault(
            index, raw, "event_too_large", f"An event may have at most {limits.event_bytes} bytes; this has {len(raw)}."
        )
    return Fault(index, raw, "too_deep", "An event may be nested 64 levels deep.") if is_too_deep(raw) else None


def _read_item(
    index: int, raw: bytes, path_type: str | None, limits: Limits, anonymous_id: str
) -> Item | Fault | Blank:
    if (oversize := _size_fault(index, raw, limits)) is not None:
        return oversize
    try:
        head = _decode_head(raw)
    except msgspec.ValidationError:
        return Fault(index, raw, "not_an_object", "An event must be a JSON object.")
    except _UNREADABLE as error:
        return Fault(index, raw, "malformed", f"The event is not JSON: {error}.")
    if head.blanked is True:
        return Blank(index)
    if path_type is not None:
        head.type = path_type
    if anonymous_id and head.user_id is None and head.anonymous_id is None:
        head.anonymous_id = anonymous_id
    fault = _fault(head)
    return Item(index, raw, head) if fault is None else Fault(index, raw, *fault)


def _decoded_object(raw: bytes) -> dict[str, Any]:
    try:
        return _objects.decode(raw)
    except (*_UNREADABLE, msgspec.ValidationError):
        mended = mend(raw)
        if is_too_deep(mended):
            raise RecursionError("nested too deep") from None
        return _objects.decode(mended)


def _decode_head(raw: bytes) -> Head:
    try:
        return _heads.decode(raw)
    except (*_UNREADABLE, msgspec.ValidationError):
        mended = mend(raw)
        if is_too_deep(mended):
            raise RecursionError("nested too deep") from None
        return _heads.decode(mended)


def _fault(head: Head) -> tuple[str, str] | None:
    """Why an item cannot be used: (code, reason), or None."""
    kind = head.type
    if kind not in TYPES if isinstance(kind, str) else True:
        return (
            ("missing_type", 'Every event needs "type".')
            if kind is None
            else ("unknown_type", f'"type" is one of {", ".join(sorted(TYPES))}.')
        )
    for field, value in (("userId", head.user_id), ("anonymousId", head.anonymous_id), ("messageId", head.message_id)):
        if value is not None and type(value) is not str and not _is_small_integer(value):
            return "bad_type", f'"{field}" must be text.'
    if (fault := _required(head, kind)) is not None:
        return fault
    for field, raw in (("properties", head.properties), ("traits", head.traits), ("context", head.context)):
        if raw is not EMPTY and bytes(raw)[:1] not in (b"{", b"n"):
            return "bad_type", f'"{field}" must be an object.'
    return _too_long(head)


def _required(head: Head, kind: str) -> tuple[str, str] | None:
    if not _is_given(head.user_id) and not _is_given(head.anonymous_id):
        return "missing_id", 'Every event needs "userId" or "anonymousId".'
    if kind == "track" and (type(head.event) is not str or not head.event.strip()):
        return (
            ("missing_event", 'A track call needs "event".')
            if head.event in (None, "")
            else ("bad_type", '"event" must be text.')
        )
    if kind == "group" and as_text(head.group_id) is None:
        return "missing_group_id", 'A group call needs "groupId" as text.'
    if kind == "alias" and (as_text(head.previous_id) is None or not _is_given(head.user_id)):
        return "missing_previous_id", 'An alias call needs "previousId" and "userId" as text.'
    return None


def _too_long(head: Head) -> tuple[str, str] | None:
    if type(head.message_id) is str and len(head.message_id) > LONGEST_MESSAGE_ID:
        return "message_id_too_long", f'"messageId" may have at most {LONGEST_MESSAGE_ID} characters.'
    if type(head.event) is str and len(head.event) > LONGEST_NAME:
        return "name_too_long", f'"event" may have at most {LONGEST_NAME} characters.'
    for field, value in (
        ("userId", head.user_id),
        ("anonymousId", head.anonymous_id),
        ("previousId", head.previous_id),
        ("groupId", head.group_id),
    ):
        if type(value) is str and len(value) > LONGEST_ID:
            return "id_too_long", f'"{field}" may have at most {LONGEST_ID} characters.'
    return None


def _is_small_integer(value: object) -> bool:
    return type(value) is int and -(10**18) < value < 10**18


def _is_given(value: object) -> bool:
    return (bool(value) and not value.isspace()) if type(value) is str else value is not None


def _keys(*values: object) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str) and value)
