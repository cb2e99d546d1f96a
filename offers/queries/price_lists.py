"""The live price lists in process, read again every three seconds by one thread while others go by what there is."""

import threading
import time
from datetime import datetime

from offers.models import PriceList
from offers.price_choice import ListFacts

KEPT_S = 3.0
COLUMNS = (
    *("id", "key", "name", "currency", "priority", "segment", "group", "percent_off", "starts_at", "ends_at"),
)  # fmt: skip


class _Keeper:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.lists: tuple[ListFacts, ...] | None = None
        self.refresh_at = 0.0

    def current(self) -> tuple[ListFacts, ...]:
        found = self.lists
        if found is not None and time.monotonic() < self.refresh_at:
            return found
        if not self.lock.acquire(blocking=found is None):
            return found if found is not None else self.current()
        try:
            if self.lists is None or time.monotonic() >= self.refresh_at:
                self.lists = _read()
                self.refresh_at = time.monotonic() + KEPT_S
            return self.lists
        finally:
            self.lock.release()


_kept = _Keeper()


def lists_in_force(now: datetime) -> tuple[ListFacts, ...]:
    """The live lists whose dates include `now`, by key, up to three seconds late."""
    return tuple(one for one in _kept.current() if one.is_in_force(now))


def facts_of(row: PriceList) -> ListFacts:
    """A list as answers use it, whatever its state."""
    return ListFacts(*(getattr(row, name) for name in COLUMNS))


def forget_price_lists() -> None:
    """Read the lists afresh at the next question, in this process."""
    _kept.forget()


def _read() -> tuple[ListFacts, ...]:
    rows = PriceList.objects.filter(state=PriceList.State.LIVE).order_by("key").values_list(*COLUMNS)
    return tuple(ListFacts(*row) for row in rows)
