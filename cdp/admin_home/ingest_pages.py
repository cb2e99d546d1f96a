"""Pages of ingest: received = accepted + duplicates + rejected + refused over 30 days, and replaying raw requests."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from cdp.admin_home.charts import Chart, Series
from cdp.jobs import queries as job_queries
from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.admin_parts import require
from cdp.lib.clock import utc_now
from events.admin_parts import id_in
from events.models import Source
from events.queries import source_names
from events.queries.counters import Counts, by_day, by_source, names_of
from events.queries.requests import Range, parse_instant, preview

DAYS = 30
COUNTERS_RIGHT = "events.view_sourceday"
REPLAY_RIGHT = "events.change_inbox"


@dataclass(frozen=True, slots=True)
class Line:
    """One source's counts, and the share that went to quarantine in words."""

    name: str
    url: str
    counts: Counts
    share: str
    is_bad: bool


@dataclass(frozen=True, slots=True)
class Work:
    """A replay that waits, runs, or ran last."""

    url: str
    state: str
    what: str
    pace: str
    share: float | None


def counters_page(request: HttpRequest) -> HttpResponse:
    """What was received in 30 days and what became of it, by day and by source."""
    _needs(request, COUNTERS_RIGHT)
    now = utc_now()
    last = now.date()
    first = last - timedelta(days=DAYS - 1)
    asked = id_in(request.GET.get("source"))
    source = Source.objects.filter(pk=asked).first() if asked is not None else None
    sums = by_source(first, last)
    names = names_of({*sums, *source_names()})
    lines = sorted((_line(names[pk], pk, sums.get(pk, Counts())) for pk in names), key=lambda one: -one.counts.received)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    found = by_day(first, last, source.pk if source else None)
    counts = [found.get(day, Counts()) for day in days]
    series = [
        Series("Accepted", [one.accepted for one in counts], "entered"),
        Series("Duplicates", [one.duplicates for one in counts], "before"),
        Series("Rejected", [one.rejected for one in counts], "alarm"),
        Series("Refused", [one.refused for one in counts], "held"),
    ]
    labels = [f"{day:%-d %b}" for day in days]
    context = admin.site.each_context(request) | {
        "title": "Counters",
        "chart": Chart(
            "counters", "Events received a day", labels, series, "Day of receipt, UTC", "Events", stacked=True
        ),
        "lines": lines,
        "total": _sum(lines),
        "source": source,
        "now": now,
    }
    return TemplateResponse(request, "admin/counters.html", context)


def replay_page(request: HttpRequest) -> HttpResponse:
    """Choose a range, see how much it holds, run it again or rebuild from it as a job."""
    _needs(request, REPLAY_RIGHT)
    given = request.POST if request.method == "POST" else request.GET
    asked, problem = _range(given)
    rebuild = given.get("mode") == "rebuild"
    if request.method == "POST" and not problem:
        params = {**asked.params(), "rebuild": rebuild}
        job = jobs.enqueue("events.replay", params, created_by=cast(Any, request.user))
        url = reverse("admin:jobs_job_change", args=[job.pk])
        link = format_html('The replay is queued: <a class="underline" href="{}">follow the job</a>.', url)
        messages.success(request, link)
        return HttpResponseRedirect(reverse("events-replay"))
    context = admin.site.each_context(request) | {
        "title": "Replay raw requests",
        "sources": Source.objects.order_by("name"),
        "asked": {key: given.get(key, "") for key in ("source", "since", "until")},
        "rebuild": rebuild,
        "problem": problem,
        "size": preview(asked) if given.get("mode") and not problem else None,
        "works": _works(),
        "kept_days": settings.INBOX_KEEP_DAYS,
    }
    return TemplateResponse(request, "admin/replay.html", context)


def _range(given: Any) -> tuple[Range, str]:
    try:
        since, until = (parse_instant(given[key]) if given.get(key) else None for key in ("since", "until"))
    except ValueError as error:
        return Range(), str(error)
    if since is not None and until is not None and until <= since:
        return Range(), "“Received before” must be later than “received from”."
    return Range(id_in(given.get("source")), since, until), ""


def _works() -> list[Work]:
    now = utc_now()
    names = source_names()
    rows = Job.objects.filter(kind="events.replay").order_by("-created_at")[:5]
    return [
        Work(
            reverse("admin:jobs_job_change", args=[job.pk]),
            str(job.get_state_display()),
            _what(job.params, names),
            job_queries.pace(job, now),
            job_queries.share_done(job) if job.state == Job.State.RUNNING else None,
        )
        for job in rows
    ]


def _what(params: dict[str, Any], names: dict[int, str]) -> str:
    what = "Rebuild" if params.get("rebuild") else "Run again"
    source = params.get("source")
    of = "all sources" if source is None else names.get(source, f"#{source}")
    since, until = (str(params.get(key) or "")[:16].replace("T", " ") for key in ("since", "until"))
    return f"{what}: {of}" + (f", from {since}" if since else "") + (f", before {until}" if until else "")


def _line(name: str, pk: int, counts: Counts) -> Line:
    share = counts.rejected / counts.received if counts.received else 0.0
    words = "–" if not counts.received else f"{share:.1%}"
    return Line(name, f"?source={pk}", counts, words, share > 0.05)


def _sum(lines: list[Line]) -> Counts:
    names = Counts.__dataclass_fields__
    return Counts(*(sum(getattr(line.counts, name) for line in lines) for name in names))


def _needs(request: HttpRequest, right: str) -> None:
    require(request, right, otherwise="Your account may not open this page.")
