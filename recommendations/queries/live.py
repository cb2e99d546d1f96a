"""The live model, loaded once a process and swapped when another run goes live, within five seconds.

The database is asked at most every ASK_EVERY_S. Another model is loaded before the next answer where it is small, else
beside requests, which go on with the old one until it is whole. A model that is refused leaves the old one in place, is
logged once and tried again now and then: what could not be read may be back, as after a restore.
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
from recommendations.queries.behind import LATE_S, do_behind

ASK_EVERY_S = 3.0
AGAIN_AFTER_S = 60.0
SMALL_MB = 20.0  # loaded in some tenths of a second
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
        self.again_at = 0.0
        self.ask_at = 0.0
        self.generation = object()
        self.is_loading = False

    def current(self) -> LiveModel | None:
        now = time.monotonic()
        if now >= self.ask_at and self.lock.acquire(blocking=now >= self.ask_at + LATE_S):
            try:
                if time.monotonic() >= self.ask_at:
                    self._ask()
                    self.ask_at = time.monotonic() + ASK_EVERY_S
            finally:
                self.lock.release()
        return self.live

    def _ask(self) -> None:
        run = ModelRun.objects.filter(is_live=True).only("id", "artifact", "checksum", "size_mb").first()
        if run is None:
            self.live = None
        elif self.is_loading or self._is_settled(run):
            return
        elif self.live is None:
            self._load(run, self.generation)
        else:
            generation, self.is_loading = self.generation, True
            is_small = run.size_mb is not None and run.size_mb <= SMALL_MB
            name = "live model of recommendations"
            do_behind(lambda: self._load(run, generation), name=name, is_small=is_small)

    def _is_settled(self, run: ModelRun) -> bool:
        """Whether it is served already, or was refused a moment ago."""
        if self.live is not None and self.live.run_id == run.pk:
            return True
        return run.pk == self.refused_run and time.monotonic() < self.again_at

    def _load(self, run: ModelRun, generation: object) -> None:
        try:
            fresh = LiveModel(run.pk, artifacts.read(model_path(run.artifact), run.checksum))
        except artifacts.ArtifactRefusedError as error:
            if self.refused_run != run.pk:
                log.exception("model run %s cannot be served: %s", run.pk, error)
            self.refused_run, self.again_at = run.pk, time.monotonic() + AGAIN_AFTER_S
        else:
            if self.generation is generation:  # else it was forgotten meanwhile
                self.live, self.refused_run = fresh, None
        finally:
            self.is_loading = False


_holder = _Holder()


def live_model() -> LiveModel | None:
    """The live model, up to five seconds late; None before the first training."""
    return _holder.current()


def forget_model() -> None:
    """Load the live model afresh at the next request of this process."""
    _holder.forget()


def epoch() -> object:
    """Differs once the model was forgotten: what was derived from the one before is not served any more."""
    return _holder.generation


def model_path(artifact: str) -> Path:
    """Where a run's files lie."""
    return Path(settings.VAR_DIR) / "models" / artifact
