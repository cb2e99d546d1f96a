"""Decided places in process: what was published, read again every three seconds.

A definition that cannot be read answers nothing and is logged once, so that one bad row takes nothing from the others.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from decisions.definition import Definition, DefinitionError, Mentions, mentions_of, parse_definition
from decisions.models import DecisionPlacement, PlacementVersion

REFRESH_EVERY_S = 3.0
LATE_S = 5.0
MOST_PARSED = 2_000
log = logging.getLogger(__name__)
State = DecisionPlacement.State


@dataclass(frozen=True, slots=True)
class LivePlacement:
    """A published place. `slugs`: every segment that deciding it asks about, those that keep its rules among them."""

    id: int
    key: str
    is_paused: bool
    version_id: int
    version: int
    definition: Definition
    mentions: Mentions
    slugs: frozenset[str]


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.parsed: dict[int, tuple[Definition, Mentions] | None] = {}
        self.forget()

    def forget(self) -> None:
        self.places: Mapping[str, LivePlacement] | None = None
        self.refresh_at = 0.0
        self.parsed.clear()

    def current(self) -> Mapping[str, LivePlacement]:
        now, places = time.monotonic(), self.places
        if places is not None and now < self.refresh_at:
            return places
        if not self.lock.acquire(blocking=places is None or now > self.refresh_at + LATE_S):
            return places if places is not None else self.current()
        try:
            if self.places is None or time.monotonic() >= self.refresh_at:
                self.places = MappingProxyType(self._read())
                self.refresh_at = time.monotonic() + REFRESH_EVERY_S
            return self.places
        finally:
            self.lock.release()

    def _read(self) -> dict[str, LivePlacement]:
        rows = list(
            DecisionPlacement.objects.filter(state__in=[State.LIVE, State.PAUSED])
            .order_by("key")
            .values_list("pk", "key", "state", "version_id", "version__number")
        )
        self._parse([row[3] for row in rows])
        found = {}
        for pk, key, state, version_id, number in rows:
            parsed = self.parsed.get(version_id)
            if parsed is not None:
                definition, mentions = parsed
                slugs = frozenset((*mentions.segments, *definition.attached.values()))
                paused = state == State.PAUSED
                found[key] = LivePlacement(pk, key, paused, version_id, number, definition, mentions, slugs)
        return found

    def _parse(self, version_ids: list[int]) -> None:
        """Versions never change: each is read once."""
        missing = [one for one in version_ids if one not in self.parsed]
        if not missing:
            return
        if len(self.parsed) > MOST_PARSED:
            self.parsed.clear()
            missing = version_ids
        for pk, raw in PlacementVersion.objects.filter(pk__in=missing).values_list("pk", "definition"):
            self.parsed[pk] = self._parsed(pk, raw)

    def _parsed(self, pk: int, raw: Any) -> tuple[Definition, Mentions] | None:
        try:
            definition = parse_definition(raw)
        except DefinitionError as error:
            log.error("version %s of a decided place is left out, it cannot be read: %s", pk, error)
            return None
        return definition, mentions_of(definition)


_holder = _Holder()


def placement_now(key: str) -> LivePlacement | None:
    """The published place with this key, live or paused, up to three seconds late."""
    return _holder.current().get(key)


def forget_decided_places() -> None:
    """Read the places afresh at the next request of this process."""
    _holder.forget()
