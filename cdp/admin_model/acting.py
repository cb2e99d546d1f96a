"""What staff do with models: train, cancel a training, make a run live. Each is told in the audit log."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.access.services import record_audit
from cdp.admin_model import marks, sheet
from cdp.admin_model.frame import PROMOTE, TRAIN, lasted, megabytes, page, require
from cdp.admin_model.run_page import find
from cdp.admin_model.runs_page import is_kept
from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.admin_parts import confirmed
from recommendations import services
from recommendations.model import ArtifactRefusedError
from recommendations.models import ModelRun
from recommendations.services import TRAIN as KIND

LONGEST = 1_000


def train(request: HttpRequest) -> HttpResponse:
    """Queue a training, once it was confirmed."""
    require(request, TRAIN)
    back = reverse("models")
    asked = confirmed(
        request, title="Train now", consequence=_consequence(), button="Train now", back=back
    )  # fmt: skip
    if asked is not None:
        return asked
    job = services.train_later(created_by=_user(request))
    record_audit(_user(request), "asked for a training", f"job:{job.pk}")
    return HttpResponseRedirect(back)


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Stop a training that waits, or one that runs at its next step."""
    require(request, TRAIN)
    job = Job.objects.filter(pk=job_id, kind=KIND).first()
    if job is None:
        raise Http404("There is no such training.")
    if jobs.cancel([job_id]):
        record_audit(_user(request), "cancelled a training", f"job:{job_id}")
        messages.info(request, "The training stops at its next step; the live model goes on answering.")
    else:
        messages.info(request, "It had ended already.")
    return HttpResponseRedirect(reverse("models"))


@require_http_methods(["GET", "HEAD", "POST"])
def promote(request: HttpRequest, run_id: int) -> HttpResponse:
    """Make a run live: the consequence first; against the verdict only with a reason."""
    require(request, PROMOTE)
    run = find(run_id)
    reason = request.POST.get("reason", "").strip()[:LONGEST].replace("\0", "")
    fault = ""
    if request.method == "POST" and not run.is_live and is_kept(run):
        if reason or not needs_reason(run):
            return _promote(request, run, reason)
        fault = "Say why, against the verdict: it stands on the run's page and in the audit log."
    live = ModelRun.objects.filter(is_live=True).first()
    return page(
        request,
        "promote.html",
        "runs",
        f"Make model #{run.pk} live",
        status=422 if fault else 200,
        run=run,
        live=live,
        kept=is_kept(run),
        needs_reason=needs_reason(run),
        times=_times(run),
        live_times=_times(live) if live else "",
        against=sheet.against_live(run.metrics),
        reason=reason,
        fault=fault,
    )


def needs_reason(run: ModelRun) -> bool:
    """Whether it was never live, that is: the verdict kept it back. Going back to one that was live needs none."""
    return not run.is_live and run.promoted_at is None


def _promote(request: HttpRequest, run: ModelRun, reason: str) -> HttpResponse:
    try:
        services.promote(run.pk, reason=reason)
    except ArtifactRefusedError as error:
        messages.error(request, f"It stays as it was: {error}")
        return HttpResponseRedirect(reverse("model-run", args=[run.pk]))
    record_audit(_user(request), "made a model live", f"model:{run.pk}", reason)
    messages.info(request, f"Model #{run.pk} is live. Every process follows within five seconds, without a restart.")
    return HttpResponseRedirect(reverse("model-run", args=[run.pk]))


def _consequence() -> str:
    last = ModelRun.objects.filter(seconds__isnull=False).order_by("-pk").first()
    took = (
        f"The last one took {lasted(last.seconds)} and {megabytes(last.peak_mb)} of memory."
        if last
        else "It takes seconds in a small shop and minutes in a large one."
    )
    return (
        "A new model learns from all orders and product events of those who allow it, in the background, and is "
        "measured beside popularity, a plain neighbor model and the live one, on the same people. "
        f"It goes live only if it is better, or the same recipe with newer events. {took}"
    )


def _times(run: ModelRun) -> str:
    return marks.beside_popularity(run.metrics).words


def _user(request: HttpRequest) -> AbstractBaseUser | None:
    return request.user if isinstance(request.user, AbstractBaseUser) else None
