"""Models of chosen runs, read-only, for pages that ask one that is not live. At most two are held by a process."""

import threading
from collections import OrderedDict

from recommendations import model as artifacts
from recommendations.models import ModelRun
from recommendations.queries import live_model, model_path
from recommendations.queries.live import LiveModel

MOST = 2
_lock = threading.Lock()
_held: OrderedDict[tuple[int, str], LiveModel] = OrderedDict()


def model_of(run: ModelRun) -> LiveModel:
    """The run's model; raises ArtifactRefusedError where its files are gone or changed."""
    live = live_model()
    if live is not None and live.run_id == run.pk:
        return live
    key = (run.pk, run.checksum)
    with _lock:
        if key in _held:
            _held.move_to_end(key)
            return _held[key]
    found = LiveModel(run.pk, artifacts.read(model_path(run.artifact), run.checksum))
    with _lock:
        _held[key] = found
        while len(_held) > MOST:
            _held.popitem(last=False)
    return found


def forget_models() -> None:
    """Hold none: run ids begin at 1 again in every test."""
    with _lock:
        _held.clear()
