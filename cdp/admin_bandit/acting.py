"""What staff do with a bandit: judge its candidates, switch one on, let an arm begin anew. Each is audited."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_bandit import words
from cdp.admin_bandit.frame import CHANGE, LOOK, bandit_or_404, require
from cdp.lib.admin_parts import actor, confirmed
from cdp.lib.clock import utc_now
from decisions.evaluation.candidates import NOW, ONLY, candidates_of
from decisions.models import BanditReset
from decisions.services import bandits, judging
from decisions.services.publishing import PlacementRefusedError

LONGEST_NOTE = 500


@require_POST
def judge(request: HttpRequest, placement_id: int) -> HttpResponse:
    """Judge every candidate on the log, by a job."""
    require(request, LOOK, CHANGE)
    bandit_or_404(placement_id)
    judging.judge_later(placement_id)
    return _back(placement_id)


@require_POST
def reset(request: HttpRequest, placement_id: int) -> HttpResponse:
    """Let an arm, or all of them, begin anew."""
    require(request, LOOK, CHANGE)
    arm, note = request.POST.get("arm", ""), request.POST.get("note", "").strip()[:LONGEST_NOTE]
    try:
        bandits.reset(placement_id, arm, note=note, by=actor(request), now=utc_now())
    except LookupError as error:
        messages.error(request, f"Nothing was reset: {error}.")
    else:
        what = f"“{arm}” begins" if arm else "All arms begin"
        messages.info(request, f"{what} anew: what was seen before counts no more. It can be taken back below.")
    return _back(placement_id)


@require_POST
def take_back(request: HttpRequest, placement_id: int, reset_id: int) -> HttpResponse:
    """Undo a reset of staff."""
    require(request, LOOK, CHANGE)
    try:
        bandits.take_back(reset_id, by=actor(request), now=utc_now())
    except BanditReset.DoesNotExist:
        messages.error(request, "There is no such reset of staff: it may have been taken back already.")
    else:
        messages.info(request, "It is taken back: what was seen before counts again.")
    return _back(placement_id)


@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest, placement_id: int, key: str) -> HttpResponse:
    """Switch a candidate on, once its consequence was confirmed."""
    require(request, LOOK, CHANGE)
    one = bandit_or_404(placement_id)
    candidate = next((each for each in candidates_of(one.definition) if each.key == key != NOW), None)
    if candidate is None:
        raise Http404("There is no such candidate any more.")
    name = words.candidate(key, candidate.bandit)
    ends = " It is a fixed choice: the bandit ends, and nothing more is learned here." if key.startswith(ONLY) else ""
    asked = confirmed(
        request,
        title=f"Switch on: {name}",
        consequence=f"A new version of “{one.key}” decides for everybody within three seconds.{ends} "
        "The version of now stays, and can be restored.",
        button="Switch it on",
        back=reverse("bandit", args=[placement_id]),
    )
    if asked is not None:
        return asked
    try:
        published = judging.switch_on(placement_id, key, by=actor(request))
    except (LookupError, PlacementRefusedError) as error:
        messages.error(request, f"It was not switched on: {error}.")
        return _back(placement_id)
    messages.info(request, f"{name}: version {published.version.number} decides now.")
    return HttpResponseRedirect(reverse("bandits")) if key.startswith(ONLY) else _back(placement_id)


def _back(placement_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("bandit", args=[placement_id]))
