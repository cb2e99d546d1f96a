"""Beat: wakes every consumer every `every_s` seconds. PostgreSQL decides what is due, so two beats do no harm."""

from typing import Any

from celery.beat import Scheduler

from cdp.outbox.services import wake
from cdp.subscriptions import CONSUMERS


def beat_schedule() -> dict[str, dict[str, Any]]:
    """One entry a consumer, in Celery's form."""
    return {
        f"wake {consumer.name}": {
            "task": "cdp.wake",
            "schedule": consumer.every_s,
            "kwargs": {"consumer": consumer.name},
            "options": {"queue": consumer.queue},
        }
        for consumer in CONSUMERS
    }


class WakeScheduler(Scheduler):  # type: ignore[misc]  # celery has no types
    """Sends the same debounced wakes as everybody else: a stopped worker finds one of each, not a night's worth.

    It keeps its times in memory: no schedule file, nothing to corrupt.
    """

    def setup_schedule(self) -> None:
        """Read the consumers."""
        self.merge_inplace(beat_schedule())

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> None:
        """Wake the entry's consumer."""
        if advance:
            self.reserve(entry)
        wake(entry.kwargs["consumer"])
