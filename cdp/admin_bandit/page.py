"""One bandit: what it found out, what it plays, resets, and candidates judged on its log."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_bandit import shown, words
from cdp.admin_bandit.frame import LOOK, around, bandit_or_404, require
from cdp.admin_home.works import Work, works
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from decisions.models import DecisionPlacement
from decisions.queries.bandit_figures import judgments_of, resets_of, shares_by_day, standing
from decisions.services.judging import DAYS, JUDGE

CHART_DAYS = 28


@require_safe
def page(request: HttpRequest, placement_id: int) -> HttpResponse:
    """The bandit of a placement."""
    require(request, LOOK)
    one, now = bandit_or_404(placement_id), utc_now()
    row = DecisionPlacement.objects.get(pk=placement_id)
    found = standing(one, now - timedelta(days=1))
    is_money = one.bandit.reward.value
    zone = settings.COMPANY_TIME_ZONE
    first = (now.astimezone(ZoneInfo(zone)) - timedelta(days=CHART_DAYS)).replace(hour=0, minute=0, second=0)
    judged = judgments_of(one.version_id)
    running = next((each.running for each, _ in judged.values() if each.running), None)
    context: dict[str, Any] = around(
        request,
        row.name,
        placement=row,
        one=one,
        headline=shown.headline(found),
        plays=words.plays(one.bandit),
        state=found.state,
        is_paused=row.state == DecisionPlacement.State.PAUSED,
        arms=[shown.arm_line(arm, is_money=is_money) for arm in found.arms],
        waiting=sum(arm.waiting for arm in found.arms),
        shares=shown.share_chart(found, shares_by_day(one, first, zone)),
        rates=shown.rate_chart(found),
        resets=resets_of(placement_id),
        candidates=shown.candidate_lines(found, judged),
        judged_at=max((at for _, at in judged.values()), default=None),
        judged_rows=max((each.rows for each, _ in judged.values()), default=0),
        running=words.estimate(running, is_money=is_money),
        running_interval=words.between(running.low, running.high, is_money=is_money) if running else "",
        works=_works(placement_id),
        days=DAYS,
    )
    return TemplateResponse(request, "bandits/page.html", context)


@require_safe
def progress_part(request: HttpRequest, placement_id: int) -> HttpResponse:
    """The job that judges, for the page to load again while it does."""
    require(request, LOOK)
    return render(request, "uplift/progress.html", {"works": _works(placement_id)})


def _works(placement_id: int) -> list[Work]:
    own = set(Job.objects.filter(kind=JUDGE, params__placement_id=placement_id).values_list("pk", flat=True))
    return [work for work in works({JUDGE: "The judging of candidates"}, utc_now()) if work.id in own]
