"""Blanking: a request's bytes with some of its items erased or written anew, their places kept. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from events.mending import mend
from events.posthog import PATH_TYPE
from events.wire import MANY, posthog_items

BLANK = msgspec.Raw(b'{"blanked":true}')
_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])


def blank(body: bytes, *, path_type: str, indexes: Collection[int]) -> bytes:
    """`body` without the items at `indexes`; what else stands in the envelope is kept."""
    return rewrite(body, path_type=path_type, items=dict.fromkeys(indexes, bytes(BLANK)))


def is_blank(body: bytes, *, path_type: str, indexes: Collection[int]) -> bool:
    """Whether every item at `indexes` is blanked already. A body that must be mended first is not."""
    if path_type not in MANY:
        return body == bytes(BLANK)
    try:
        items = _list_decoder.decode(_decoder.decode(body)["batch"])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
        return False
    return all(index < len(items) and items[index] == BLANK for index in indexes)


def rewrite(body: bytes, *, path_type: str, items: Mapping[int, bytes]) -> bytes:
    """`body` with other bytes at the places of `items`. PostHog's can only be blanked."""
    if path_type not in MANY:
        return items.get(0, body)
    if path_type == PATH_TYPE:
        return _blank_posthog(body, items.keys())
    try:
        outer: dict[str, Any] = dict(_decoder.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        outer = dict(_decoder.decode(mend(body)))
    found = _list_decoder.decode(outer["batch"])
    outer["batch"] = [msgspec.Raw(items[index]) if index in items else item for index, item in enumerate(found)]
    return msgspec.json.encode(outer)


def _blank_posthog(body: bytes, indexes: Collection[int]) -> bytes:
    """Whatever shape it came in, it is a batch afterwards."""
    items, said = posthog_items(body)
    kept = [BLANK if index in indexes else msgspec.Raw(item) for index, item in enumerate(items)]
    return msgspec.json.encode({**said, "batch": kept})
