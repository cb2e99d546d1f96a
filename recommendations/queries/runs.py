"""Reads of model runs."""

from recommendations.models import ModelRun


def live_run() -> ModelRun | None:
    """The run whose model is served, or None before the first training."""
    return ModelRun.objects.filter(is_live=True).first()
