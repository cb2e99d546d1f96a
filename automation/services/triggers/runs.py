"""Runs: work over many people, a batch at a time; what every kind of run shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from automation.contracts import Entry
from automation.models import TriggerRun

BATCH = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """The next people of a pass: who enters, how many were looked at, the last of them where more may follow, and the
    earliest hour to come of those whose hour has not come yet.
    """

    entries: Sequence[Entry] = ()
    looked_at: int = 0
    last: UUID | None = None
    next_at: datetime | None = None


def open_runs(runs: Sequence[TriggerRun]) -> None:
    """Note them; those noted before stay as they are."""
    TriggerRun.objects.bulk_create(runs, ignore_conflicts=True)
