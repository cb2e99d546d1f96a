"""What a job's handler is handed, and the ways it may stop before it is done."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID


class JobCancelled(Exception):
    """Staff asked the job to stop (or another worker took it over). Let it through; what is committed stays."""


class JobUnfinished(Exception):
    """The handler has used up its slice: `checkpoint` (JSON) is handed to the next one as `job.checkpoint`."""

    def __init__(self, checkpoint: Mapping[str, Any]) -> None:
        super().__init__("to be continued")
        self.checkpoint = dict(checkpoint)


class JobRefused(Exception):
    """The job cannot be done as things are. Its text is shown to staff as it is: what is missing and how to mend it,
    without personal data. Of any other exception only class and place are told."""


class UnknownJobKind(LookupError):
    """A kind that cdp/subscriptions.py does not name."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"job kind {kind!r} is not in JOB_KINDS of cdp/subscriptions.py")


class JobRun(Protocol):
    """One run of a job as its handler sees it. The handler runs outside a transaction and opens its own."""

    @property
    def id(self) -> UUID:
        """The job's id."""

    @property
    def params(self) -> Mapping[str, Any]:
        """What it was enqueued with."""

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """What the slice before this one left with JobUnfinished; empty in the first."""

    @property
    def out_of_time(self) -> bool:
        """Whether a handler that can stop in between should now raise JobUnfinished."""

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far it is, outside a transaction and at least every 30 s: this is also the heartbeat.

        Raises JobCancelled when it should stop.
        """
