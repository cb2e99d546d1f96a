"""How much of the catalog recommendations reach: shown in 28 days, found by the live model, and how unevenly."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from cdp.admin_home.charts import Chart, Series
from cdp.admin_model import curve, marks, shown
from cdp.admin_model.frame import SPACE, TRAIN, page, percent, require
from cdp.admin_model.runs_page import is_kept
from cdp.jobs import queries as job_queries
from cdp.jobs.models import Job
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from recommendations.models import ModelRun
from recommendations.services.covering import COVERAGE, cover_later

FEWEST = 1_000  # impressions, below which nothing is said of how they lie
SAID = 0.01  # the top share of products that the sentence tells of


@dataclass(frozen=True, slots=True)
class Seller:
    """One of the products shown most, as one reads it."""

    name: str
    product_id: str
    impressions: int
    share: str
    bought: str
    clicks: str


@dataclass(frozen=True, slots=True)
class Offline:
    """What the live model would show at all: `headline`, how it was asked, and for which run."""

    headline: str
    says: str
    run: int
    at: object


def coverage_page(request: HttpRequest) -> HttpResponse:
    """The page; its counted figures come as a part, since they may take longer than the page."""
    require(request)
    now = utc_now()
    live = ModelRun.objects.filter(is_live=True).first()
    job = Job.objects.filter(kind=COVERAGE, state__in=(Job.State.QUEUED, Job.State.RUNNING)).first()
    return page(
        request,
        "coverage.html",
        "coverage",
        "Coverage",
        live=live,
        offline=_offline(live),
        measured=_measured(live),
        job=job,
        pace=job_queries.pace(job, now) if job else "",
        may_measure=may(request, TRAIN) and live is not None and is_kept(live),
    )


def coverage_part(request: HttpRequest) -> HttpResponse:
    """What was shown and bought in 28 days."""
    require(request)
    now = utc_now()
    kept = shown.catalog_kept(now)
    found: shown.Catalog = kept.value
    context = {
        "found": found,
        "at": kept.at,
        "days": shown.DAYS,
        "headline": headline(found),
        "sentence": sentence(found),
        "chart": _chart(found) if is_enough(found) else None,
        "most": [_seller(one) for one in found.most] if is_enough(found) else [],
        "never": found.offerable - found.shown,
    }
    return render(request, "admin/model/part_coverage.html", context)


@require_POST
def measure(request: HttpRequest) -> HttpResponse:
    """Ask the live model on behalf of a sample, in the background."""
    require(request, TRAIN)
    cover_later(created_by=request.user if isinstance(request.user, AbstractBaseUser) else None)
    return HttpResponseRedirect(reverse("model-coverage"))


def headline(found: shown.Catalog) -> str:
    """“62 % of the 4,012 products that can be sold were shown in the last 28 days”."""
    if not found.offerable:
        return "No product can be sold now"
    if not found.shown:
        return f"None of the {found.offerable:,} products that can be sold was shown in the last {shown.DAYS} days"
    share = percent(found.shown / found.offerable)
    return f"{share} of the {found.offerable:,} products that can be sold were shown in the last {shown.DAYS} days"


def sentence(found: shown.Catalog) -> str:
    """“The top 1 % of products take 38 % of what is shown and 31 % of what is bought.”"""
    if found.impressions is None:
        return ""
    if not is_enough(found):
        total = found.impressions.total
        return (
            f"Only {total:,} impression{'' if total == 1 else 's'} so far: from {FEWEST:,} on this page says how "
            "unevenly they lie on products, beside what is bought."
        )
    ours = percent(found.impressions.share_of(SAID))
    words = f"The top 1{SPACE}% of products take {ours} of what is shown"
    if found.bought is None:
        return f"{words}. Nothing was bought in that time to hold it against."
    theirs, gap = percent(found.bought.share_of(SAID)), found.impressions.gini - found.bought.gini
    verdict = (
        "Recommendations are about as uneven as the shop itself."
        if abs(gap) < 0.05
        else "Recommendations crowd on fewer products than are bought: more diversity or exploration would spread them."
        if gap > 0
        else "Recommendations spread over more products than are bought."
    )
    ginis = f"Gini {found.impressions.gini:.2f} shown, {found.bought.gini:.2f} bought"
    return f"{words} and {theirs} of what is bought ({ginis}). {verdict}"


def is_enough(found: shown.Catalog) -> bool:
    """Whether so much was shown that it says something."""
    return found.impressions is not None and found.impressions.total >= FEWEST


def _chart(found: shown.Catalog) -> Chart:
    lines = [
        Series(name, [round(share * 100, 2) for share in one.shares], color, is_line=True)
        for name, one, color in (("Shown", found.impressions, "shown"), ("Bought", found.bought, "bought"))
        if one is not None
    ]
    even = [round(top * 100, 2) for top in curve.TOPS]
    return Chart(
        key="popularity-curve",
        title="What the products that have most hold of all, in %",
        labels=[curve.top_label(top) for top in curve.TOPS],
        series=[*lines, Series("If all were alike", even, "popularity", is_line=True)] if lines else [],
        x_title="Products, those with most first",
        y_title="% of all",
        decimals=1,
    )


def _seller(one: shown.Seller) -> Seller:
    clicked = percent(one.clicks / one.impressions, 1) if one.impressions else "–"
    return Seller(
        one.name, one.product_id, one.impressions, percent(one.share, 1), percent(one.bought_share, 1), clicked
    )


def _measured(live: ModelRun | None) -> list[str]:
    """What the training's own test says of coverage, task by task."""
    if live is None:
        return []
    lines = []
    for task in marks.measured_tasks(live.metrics):
        where = marks.main_of(task)[0]
        ours = marks.mark(live.metrics, task, "model", where, "coverage")
        theirs = marks.mark(live.metrics, task, "popularity", where, "coverage")
        if ours is not None:
            beside = f"; popularity {percent(theirs.value, 1)}" if theirs is not None else ""
            lines.append(f"{marks.TASKS[task][0]}: {percent(ours.value, 1)} of products{beside}")
    return lines


def _offline(live: ModelRun | None) -> Offline | None:
    """The newest measurement of the live run."""
    if live is None:
        return None
    done = Job.objects.filter(kind=COVERAGE, state=Job.State.DONE, result__run=live.pk)
    job = done.order_by("-created_at").first()
    if job is None:
        return None
    told = job.result
    share = percent(told["found"] / told["offerable"]) if told["offerable"] else "–"
    says = (
        f"Asked on behalf of {told['people']:,} people and in front of {told['products']:,} products drawn at random, "
        f"20 products each: {told['found']:,} of {told['offerable']:,} came up at least once."
    )
    return Offline(f"The live model would show {share} of what can be sold", says, live.pk, job.finished_at)
