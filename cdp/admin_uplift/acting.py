"""What staff do with a comparison: stop it, repeat it, keep its score of people or no more, remove it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cdp.access.services import record_audit
from cdp.admin_uplift.frame import CHANGE, DELETE, LOOK, require, run_or_404
from cdp.lib.admin_parts import actor, confirmed
from cdp.lib.clock import utc_now
from experiments.models import UpliftRun
from experiments.services import uplift, uplift_scores
from experiments.services.uplift import UpliftRefusedError


@require_POST
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop it at its next step."""
    run = _found(request, run_id)
    uplift.cancel(run)
    messages.info(request, "It stops at its next step. Repeat it whenever you like.")
    return _back(run)


@require_POST
def again(request: HttpRequest, run_id: int) -> HttpResponse:
    """The same comparison with what is known by now."""
    run = _found(request, run_id)
    if run.state in (UpliftRun.State.QUEUED, UpliftRun.State.RUNNING):
        messages.info(request, "It is at work already.")
    elif run.experiment_id is None and run.upload_id is None:
        messages.error(request, "Its file was deleted when its time was over: upload it again.")
    else:
        uplift.again(run, by=actor(request))
    return _back(run)


@require_POST
def score(request: HttpRequest, run_id: int) -> HttpResponse:
    """Keep its score of people from now on."""
    run = _found(request, run_id)
    try:
        uplift_scores.score_later(run, by=actor(request))
    except UpliftRefusedError as error:
        messages.error(request, str(error))
        return _back(run)
    record_audit(actor(request), "keeps an uplift score", f"uplift:{run.key}")
    messages.info(request, f"People get the score “uplift-{run.key}” in a moment, and anew every day.")
    return _back(run)


def withdraw(request: HttpRequest, run_id: int) -> HttpResponse:
    """Keep the score no more, once that was confirmed."""
    run = _found(request, run_id)
    asked = confirmed(
        request,
        title="Take the score from everybody",
        consequence=f"Nobody has the score “uplift-{run.key}” any more: who is in a segment by it leaves.",
        button="Take it from everybody",
        back=reverse("uplift-run", args=[run.pk]),
    )
    if asked is not None:
        return asked
    uplift_scores.withdraw(run, utc_now())
    record_audit(actor(request), "withdrew an uplift score", f"uplift:{run.key}")
    messages.info(request, "Nobody has the score any more.")
    return _back(run)


def remove(request: HttpRequest, run_id: int) -> HttpResponse:
    """Remove it with its score, once that was confirmed."""
    require(request, LOOK, DELETE)
    run = run_or_404(run_id)
    asked = confirmed(
        request,
        title=f"Remove “{run.name}”",
        consequence="Its figures are gone, and its score is taken from everybody who has it.",
        button="Remove",
        back=reverse("uplift-run", args=[run.pk]),
    )
    if asked is not None:
        return asked
    uplift_scores.remove(run, utc_now())
    record_audit(actor(request), "removed an uplift comparison", f"uplift:{run.key}")
    messages.info(request, f"“{run.name}” is removed.")
    return HttpResponseRedirect(reverse("uplift"))


def _found(request: HttpRequest, run_id: int) -> UpliftRun:
    require(request, LOOK, CHANGE)
    return run_or_404(run_id)


def _back(run: UpliftRun) -> HttpResponse:
    return HttpResponseRedirect(reverse("uplift-run", args=[run.pk]))
