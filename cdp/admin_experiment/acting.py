"""What is done with an experiment as a whole: start, traffic, stop, winner, undo, archive, compute. Each is audited."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cdp.admin_experiment.rights import CHANGE, LOOK, found, require
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from experiments.models import Experiment
from experiments.queries.results import is_being_computed
from experiments.services import life
from experiments.services.drafting import ExperimentRefusedError, retell
from experiments.services.results import refresh_later


@require_POST
def start(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """People meet it from now on."""
    return _done(request, experiment_id, lambda row: life.start(row.pk, utc_now(), actor(request)), "It runs.")


@require_POST
def traffic(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """`traffic`: the share that takes part, in percent. Whoever met it stays in it."""
    text = request.POST.get("traffic", "").removesuffix("%").replace(",", ".").strip()

    def change(row: Experiment) -> Any:
        try:
            share = round(float(text) / 100, 6)
        except ValueError:
            raise ExperimentRefusedError([("traffic", "A number from 0 to 100.")]) from None
        return life.change_traffic(row.pk, share, actor(request))

    return _done(request, experiment_id, change, "The traffic is changed. Whoever met it stays in their variant.")


@require_POST
def stop(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """`winner`, empty for none, and `note`: why, where the results do not allow it yet."""
    winner, note = request.POST.get("winner", ""), request.POST.get("note", "")[:2_000]
    said = "It is stopped. You can undo this for 24 hours."
    return _done(
        request,
        experiment_id,
        lambda row: (
            life.stop(row.pk, utc_now(), winner=winner, note=note, by=actor(request))
            if row.state == Experiment.State.RUNNING
            else life.declare_winner(row.pk, winner, note, actor(request))
        ),
        said,
    )


@require_POST
def undo(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """It runs on."""
    said = "It runs on, and everybody is in the variant they had."
    return _done(request, experiment_id, lambda row: life.undo_stop(row.pk, utc_now(), actor(request)), said)


@require_POST
def archive(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """Out of the list."""
    said = "It is archived: the list shows it when you ask for archived ones."
    return _done(
        request, experiment_id, lambda row: life.archive(row.pk, actor(request)), said, back=reverse("experiments")
    )


@require_POST
def words(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """Another name, hypothesis, and words of the variants."""

    def change(row: Experiment) -> Any:
        labels = {key: request.POST.get(f"label_{key}", "").strip()[:200] for key in row.variants}
        name, hypothesis = request.POST.get("name", "")[:200], request.POST.get("hypothesis", "")[:2_000]
        return retell(row.pk, name=name, hypothesis=hypothesis, labels=labels, by=actor(request))

    return _done(request, experiment_id, change, "The words are changed.")


@require_POST
def compute(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """A new result as of now, looked at by the `segments` chosen. For everybody who may look."""
    require(request, LOOK)
    row = found(experiment_id)
    if is_being_computed(row.key):
        messages.info(request, "A result is on its way already.")
    else:
        refresh_later(row.key, segments=request.POST.getlist("segments"), by=actor(request))
        messages.info(request, "The result is being computed: the page shows it when it is there.")
    return HttpResponseRedirect(reverse("experiment", args=[row.pk]))


def _done(
    request: HttpRequest, experiment_id: int, act: Callable[[Experiment], Any], said: str, *, back: str = ""
) -> HttpResponse:
    require(request, LOOK, CHANGE)
    row = found(experiment_id)
    try:
        act(row)
    except ExperimentRefusedError as error:
        messages.error(request, " ".join(sentence for _, sentence in error.faults))
        return HttpResponseRedirect(reverse("experiment", args=[row.pk]))
    messages.info(request, said)
    return HttpResponseRedirect(back or reverse("experiment", args=[row.pk]))
