"""Placements in process: what staff configured, read again every three seconds, each with its rules.

A row that cannot be read is left out and logged once, so that one bad row never takes answers away from the others.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from recommendations.models import Placement, PlacementRule
from recommendations.placements import PlacementSpec, Rule, rule_from_row, spec_from_row
from recommendations.queries.behind import LATE_S

REFRESH_EVERY_S = 3.0
EVERYWHERE = None  # placement_id of rules that hold in all placements
log = logging.getLogger(__name__)


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.specs: Mapping[str, PlacementSpec] | None = None
        self.refresh_at = 0.0
        self.logged: set[str] = set()

    def current(self) -> Mapping[str, PlacementSpec]:
        now = time.monotonic()
        waits = self.specs is None or now >= self.refresh_at + LATE_S
        if now >= self.refresh_at and self.lock.acquire(blocking=waits):
            try:
                if time.monotonic() >= self.refresh_at:
                    self.specs = self._refreshed(self.specs or {})
                    self.refresh_at = time.monotonic() + REFRESH_EVERY_S
            finally:
                self.lock.release()
        return self.specs if self.specs is not None else self.current()

    def _refreshed(self, old: Mapping[str, PlacementSpec]) -> Mapping[str, PlacementSpec]:
        """Specs that did not change stay the same objects: what serving derives from one may be kept beside it."""
        found: dict[str, PlacementSpec] = {}
        rules = self._rules()
        for row in Placement.objects.filter(is_active=True).order_by("key"):
            try:
                spec = spec_from_row(row, (*rules[row.pk], *rules[EVERYWHERE]))
            except msgspec.ValidationError as error:
                self._log_once(f"placement {row.key} is left out, it cannot be read: {error}")
                continue
            before = old.get(spec.key)
            found[spec.key] = before if before == spec and before is not None else spec
        return MappingProxyType(found)

    def _rules(self) -> defaultdict[int | None, tuple[Rule, ...]]:
        found: defaultdict[int | None, tuple[Rule, ...]] = defaultdict(tuple)
        for row in PlacementRule.objects.order_by("position", "pk"):
            try:
                found[row.placement_id] += (rule_from_row(row),)
            except msgspec.ValidationError as error:
                self._log_once(f"rule {row.pk} of placements is left out, it cannot be read: {error}")
        return found

    def _log_once(self, message: str) -> None:
        if message not in self.logged:
            self.logged.add(message)
            log.error(message)


_holder = _Holder()


def placement(key: str) -> PlacementSpec | None:
    """The active placement with this key, up to three seconds late; rules that hold everywhere are among its rules."""
    return _holder.current().get(key)


def keys() -> tuple[str, ...]:
    """Keys of the active placements, in the order of the alphabet."""
    return tuple(_holder.current())


def forget_placements() -> None:
    """Read the placements afresh at the next request of this process."""
    _holder.forget()
