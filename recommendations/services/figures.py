"""Alarms about the live run's own figures: worse than popularity, or clearly below the live run before it.

A rerun of the live recipe goes live all the same, since who was erased must be gone: so somebody has to be told.
"""

from cdp.alarms.services import clear_alarm, raise_alarm
from recommendations.models import ModelRun
from recommendations.training.metrics import fallen, model_and_popularity

FEWEST_CASES = 60
LINK = "/admin/recommendations/modelrun/"


def watch_figures(run: ModelRun) -> None:
    """Raise and clear what the figures of the live run say."""
    _beside_popularity(run)
    _beside_the_one_before(run)


def _beside_popularity(run: ModelRun) -> None:
    ours, theirs, cases = model_and_popularity(run.metrics)
    _say(
        cases >= FEWEST_CASES and ours < theirs,
        "recommendations.worse",
        f"Model #{run.pk} is live and does worse than the popular list: {ours:.3f} to {theirs:.3f} on {cases:,} "
        "questions of its test. See its figures by task; make an earlier run live again, or train with other "
        "parameters.",
    )


def _beside_the_one_before(run: ModelRun) -> None:
    before = ModelRun.objects.filter(promoted_at__isnull=False, pk__lt=run.pk).order_by("-pk").first()
    fell = fallen(before.metrics, run.metrics) if before else []
    told = "; ".join(f"{one.task} {one.mark.upper()} {one.now:.3f} after {one.was:.3f}" for one in fell)
    _say(
        bool(fell),
        "recommendations.fallen",
        f"Model #{run.pk} is clearly worse on its test than the live model before it was on its own: {told}. See "
        " whether events or orders are missing or the catalog's ids changed since, and compare both runs.",
    )


def _say(is_wrong: bool, code: str, message: str) -> None:
    if is_wrong:
        raise_alarm(code, "", message, link=LINK)
    else:
        clear_alarm(code, "")
