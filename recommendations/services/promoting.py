"""Which run is live, and which model folders are kept. One run is live at a time: a constraint says so."""

from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.outbox.services import publish
from recommendations import model as artifacts
from recommendations import queries
from recommendations.models import ModelRun
from recommendations.services.covering import cover_later

FOLDERS_KEPT = 10
LONGEST_REASON = 2_000


class ReasonMissingError(ValueError):
    """The verdict kept this run back: making it live needs a reason, which stands on the run."""


@transaction.atomic
def promote(run_id: int, *, reason: str = "") -> ModelRun:
    """Makes a run live by staff's choice. A run that was never live was kept back: then a reason is needed.

    Raises ReasonMissingError, and ArtifactRefusedError if its folder cannot be served; then nothing changed.
    """
    run = ModelRun.objects.select_for_update().get(pk=run_id)
    reason = reason.strip()[:LONGEST_REASON]
    if run.promoted_at is None and not run.is_live:
        if not reason:
            raise ReasonMissingError(f"model #{run_id} was kept back ({run.verdict}): say why it is to be live anyway")
        run.override_reason = reason
        run.save(update_fields=["override_reason"])
    return go_live(run)


def go_live(run: ModelRun) -> ModelRun:
    """Makes a run live, publishes model.promoted and has its coverage measured, within the caller's transaction.

    Raises ArtifactRefusedError.
    """
    artifacts.read(queries.model_path(run.artifact), run.checksum)
    ModelRun.objects.filter(is_live=True).exclude(pk=run.pk).update(is_live=False)
    run.is_live, run.promoted_at = True, utc_now()
    run.save(update_fields=["is_live", "promoted_at"])
    publish("model.promoted", {"run_id": run.pk})
    cover_later()
    return run


def drop_old_folders() -> None:
    """Deletes the models of all but the latest FOLDERS_KEPT runs and the live one, and drafts that were left behind."""
    runs = ModelRun.objects.order_by("-pk").values_list("artifact", "is_live")
    kept = {artifact for at, (artifact, is_live) in enumerate(runs) if at < FOLDERS_KEPT or is_live}
    root = queries.model_path("")
    for path in root.iterdir() if root.is_dir() else ():
        if path.name.startswith((".recommendations-", "recommendations-")) and path.name not in kept:
            artifacts.remove(path)
