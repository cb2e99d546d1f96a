"""Live content in process, read again every three seconds, and the variant somebody sees.

A block that cannot be read is left out and logged once, so that one bad row takes no answers away from the others.
"""

import logging
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from decisions.content import Content, Kind, pick, read_content
from decisions.models import ContentBlock

REFRESH_EVERY_S = 3.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveBlock:
    """A block that is shown: its key, the number of its version, and what that holds."""

    key: str
    version: int
    content: Content

    @property
    def segments(self) -> frozenset[str]:
        """The segments that its variants ask about."""
        return self.content.segments


@dataclass(frozen=True, slots=True)
class ShownContent:
    """What somebody sees of a block. `body`: by kind, see `decisions.content.Content`; `reason`: as of Picked."""

    key: str
    version: int
    kind: Kind
    variant: str
    body: Mapping[str, Any]
    reason: str


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.logged: set[str] = set()
        self.forget()

    def forget(self) -> None:
        self.blocks: Mapping[str, LiveBlock] | None = None
        self.refresh_at = 0.0

    def current(self) -> Mapping[str, LiveBlock]:
        blocks = self.blocks
        if blocks is not None and time.monotonic() < self.refresh_at:
            return blocks
        with self.lock:
            if self.blocks is None or time.monotonic() >= self.refresh_at:
                self.blocks = self._read()
                self.refresh_at = time.monotonic() + REFRESH_EVERY_S
            return self.blocks

    def _read(self) -> Mapping[str, LiveBlock]:
        rows = ContentBlock.objects.filter(state=ContentBlock.State.LIVE).order_by("key")
        found: dict[str, LiveBlock] = {}
        for key, number, stored in rows.values_list("key", "version__number", "version__content"):
            try:
                found[key] = LiveBlock(key, number, read_content(stored))
            except msgspec.ValidationError as error:
                self._log_once(f"content {key} is left out, it cannot be read: {error}")
        return MappingProxyType(found)

    def _log_once(self, message: str) -> None:
        if message not in self.logged:
            self.logged.add(message)
            log.error(message)


_holder = _Holder()


def blocks_now() -> Mapping[str, LiveBlock]:
    """{key: block} of those that are live, up to three seconds late."""
    return _holder.current()


def block_now(key: str) -> LiveBlock | None:
    """The live block of this key."""
    return _holder.current().get(key)


def shown_content(key: str, *, locale: str, slugs: Collection[str], now: datetime) -> ShownContent | None:
    """What somebody with this locale in these segments sees of a block; None where it is not live or not now."""
    block = block_now(key)
    picked = pick(block.content, locale=locale, slugs=slugs, now=now) if block is not None else None
    if block is None or picked is None:
        return None
    return ShownContent(key, block.version, block.content.kind, picked.variant, picked.body, picked.reason)


def forget_content() -> None:
    """Read the blocks afresh at the next request of this process."""
    _holder.forget()
