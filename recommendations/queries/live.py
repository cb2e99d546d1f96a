"""The live model, loaded once a process and swapped when another run goes live.

The database is asked at most every five seconds. One thread loads, the others go on with the old model. A file that is
refused leaves the old model in place and is logged once.
"""

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from recommendations import model as artifacts
from recommendations.model import Model
from recommendations.models import ModelRun

ASK_EVERY_S = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class LiveModel:
    """A model and the run it came from."""

    run_id: int
    model: Model


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.live: LiveModel | None = None
        self.refused_run: int | None = None
        self.ask_at = 0.0

    def current(self) -> LiveModel | None:
        if time.monotonic() >= self.ask_at and self.lock.acquire(blocking=self.ask_at == 0.0):
            try:
                if time.monotonic() >= self.ask_at:
                    self._ask()
                    self.ask_at = time.monotonic() + ASK_EVERY_S
            finally:
                self.lock.release()
        return self.live

    def _ask(self) -> None:
        run = ModelRun.objects.filter(is_live=True).only("id", "artifact", "checksum").first()
        if run is None:
            self.live = None
        elif run.pk != self.refused_run and (self.live is None or self.live.run_id != run.pk):
            try:
                self.live = LiveModel(run.pk, artifacts.read(model_path(run.artifact), run.checksum))
            except artifacts.ArtifactRefusedError as error:
                self.refused_run = run.pk
                log.exception("model run %s cannot be served: %s", run.pk, error)


_holder = _Holder()


def live_model() -> LiveModel | None:
    """The live model, up to five seconds late; None before the first training."""
    return _holder.current()


def forget_model() -> None:
    """Load the live model afresh at the next request of this process."""
    _holder.forget()


def model_path(artifact: str) -> Path:
    """Where a run's file lies."""
    return Path(settings.VAR_DIR) / "models" / artifact
