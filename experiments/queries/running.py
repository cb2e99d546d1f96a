"""Experiments made by staff as requests know them: all in one statement, kept in process for three seconds."""

import time

from experiments.assignment import shares
from experiments.deciding import LayerRange, Running
from experiments.models import Experiment

KEPT_S = 3.0
State = Experiment.State

_kept: tuple[float, dict[str, Running]] | None = None


def running_now() -> dict[str, Running]:
    """{key: experiment}, drafts too, up to three seconds old. The global holdout is among them."""
    global _kept
    if _kept is None or _kept[0] <= time.monotonic():
        _kept = (time.monotonic() + KEPT_S, running())
    return _kept[1]


def running() -> dict[str, Running]:
    """{key: experiment} as they stand now."""
    rows = list(Experiment.objects.filter(owner="").select_related("layer").order_by("pk"))
    layers: dict[int, set[int]] = {}
    for row in rows:
        if row.layer_id is not None and row.state == State.RUNNING:
            layers.setdefault(row.layer_id, set()).add(row.pk)
    return {row.key: of_row(row, layers.get(row.layer_id or 0, set())) for row in rows}


def forget_running() -> None:
    """Read them afresh from now on, in this process."""
    global _kept
    _kept = None


def of_row(row: Experiment, beside: set[int]) -> Running:
    """A row as requests know it; `beside`: ids of all that run in its layer."""
    layer = None
    if row.layer is not None:
        layer = LayerRange(row.layer.salt, row.layer_from, row.layer_to, frozenset(beside - {row.pk}))
    return Running(
        id=row.pk,
        key=row.key,
        version=row.version,
        state=row.state,
        salt=row.salt,
        variants=tuple((name, share) for name, share in shares(row.variants) if share > 0) if row.variants else (),
        control=row.control,
        winner=row.winner,
        traffic=row.traffic,
        audience=row.audience_slug if row.audience is not None else "",
        layer=layer,
    )
