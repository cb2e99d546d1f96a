"""The back-test: what a journey would have done over the last days, run as a job; its figures, its list, its CSV."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.backtest_models import BackTest, BackTestLine
from automation.describing import raw_steps
from automation.models import Journey
from automation.replaying import IMPOSSIBLE
from automation.services.backtest import DAYS, MOST_LINES, BackTestRefusedError, cancel_backtest, start_backtest
from cdp.access.services import record_audit
from cdp.admin_journey.builder_page import TITLES
from cdp.admin_journey.choosing import names_of_slugs
from cdp.admin_journey.people import Person, people_of
from cdp.admin_journey.reasons import reason_words
from cdp.admin_journey.rights import CHANGE, PEOPLE, around, found, require
from cdp.jobs import queries as jobs
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now
from imports.rejects_csv import safe
from mailing.queries.counts import policy

PAGE = 100
MOST_CSV = 5_000
OUTCOMES = (
    ("", "Everything"),
    ("sent", "Would have gone out"),
    ("skipped", "Held back for good"),
    ("held", "Held back for a while"),
    ("ended", "Ended early"),
    ("kept_out", "Would not have come in"),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of figures: what, and how many."""

    words: str
    count: int


@dataclass(frozen=True, slots=True)
class OfStep:
    """What would have become of a step."""

    title: str
    sent: int
    held: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list. `person` None: not to be seen by this reader, or erased since."""

    row: BackTestLine
    person: Person | None
    what: str
    says: str
    tag: str


@require_http_methods(["GET", "HEAD", "POST"])
def backtest(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The latest runs, and the form for another; POST starts it."""
    row = found(request, journey_id)
    if request.method == "POST":
        require(request, CHANGE)
        return _started(request, row)
    trigger = row.draft.get("trigger")
    on = str(trigger.get("on", "")) if isinstance(trigger, dict) else ""
    runs = list(BackTest.objects.filter(journey=row).select_related("created_by").order_by("-created_at"))
    context = around(
        request,
        row.name,
        row,
        "journey-backtest",
        runs=[(run, _headline(run)) for run in runs],
        days=DAYS,
        impossible=IMPOSSIBLE.get(on, ""),
        is_stopped=policy().stopped_at is not None,
    )
    return TemplateResponse(request, "admin/journey/backtest.html", context)


@require_safe
def result(request: HttpRequest, journey_id: int, run_id: UUID) -> HttpResponse:
    """One run: its progress while it runs, then figures and list. ?outcome= and ?after= page through the list."""
    row, run = _run(request, journey_id, run_id)
    outcome = request.GET.get("outcome", "")
    rows = BackTestLine.objects.filter(run=run).order_by("at", "pk")
    if outcome:
        rows = rows.filter(outcome=outcome)
    start = int(text) if (text := request.GET.get("from", "0")).isdecimal() and len(text) <= 6 else 0
    few = list(rows[start : start + PAGE + 1])
    context = around(
        request,
        row.name,
        row,
        "journey-backtest",
        run=run,
        headline=_headline(run),
        job=jobs.find(run.job_id) if run.job_id else None,
        pace=_pace(run),
        totals=run.totals,
        steps=_steps(run),
        kept_out=_figures(run.totals.get("kept_out", {})),
        ended=_figures(run.totals.get("ended", {})),
        outcomes=OUTCOMES,
        outcome=outcome,
        lines=_lines(request, run, few[:PAGE]),
        next=start + PAGE if len(few) > PAGE else None,
        most=MOST_LINES,
        most_csv=MOST_CSV,
        sees_people=may(request, PEOPLE),
    )
    return TemplateResponse(request, "admin/journey/result.html", context)


@require_safe
def progress(request: HttpRequest, journey_id: int, run_id: UUID) -> HttpResponse:
    """{running, share, pace} for the page that waits."""
    _, run = _run(request, journey_id, run_id)
    job = jobs.find(run.job_id) if run.job_id else None
    share = jobs.share_done(job) if job else None
    return JsonResponse({"running": run.state == BackTest.State.RUNNING, "share": share, "pace": _pace(run)})


@require_POST
def cancel(request: HttpRequest, journey_id: int, run_id: UUID) -> HttpResponse:
    """Stop it."""
    row, run = _run(request, journey_id, run_id)
    require(request, CHANGE)
    cancel_backtest(run, utc_now())
    messages.info(request, "The back-test is stopped.")
    return HttpResponseRedirect(reverse("journey-backtest", args=[row.pk]))


@require_safe
def download(request: HttpRequest, journey_id: int, run_id: UUID) -> HttpResponse:
    """The list as CSV, MOST_CSV lines at most; for those who may see people, and told in the audit."""
    row, run = _run(request, journey_id, run_id)
    require(request, PEOPLE)
    rows = list(BackTestLine.objects.filter(run=run).order_by("at", "pk")[:MOST_CSV])
    lines = _lines(request, run, rows)
    record_audit(actor(request), "downloaded", f"journey:{row.pk}", f"{len(lines)} lines of back-test {run.pk}")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="back-test-{row.slug}.csv"'
    response["Cache-Control"] = "no-store"
    response.write("\ufeff" + _cells("when", "person", "step", "what", "why"))
    for line in lines:
        who = line.person.name if line.person else ""
        response.write(_cells(line.row.at.isoformat(), who, line.what, line.row.outcome, line.says))
    return response


def _cells(*texts: str) -> str:
    quoted = ('"' + safe(text).replace('"', '""') + '"' for text in texts)
    return ",".join(quoted) + "\r\n"


def _started(request: HttpRequest, row: Journey) -> HttpResponse:
    is_version = request.POST.get("source") == "version" and row.version is not None
    graph = row.version.graph if is_version and row.version else row.draft
    source = f"version {row.version.number}" if is_version and row.version else "the draft"
    days = request.POST.get("days", "")
    try:
        run = start_backtest(
            row.pk,
            graph,
            source=source,
            days=int(days) if days.isdecimal() and len(days) <= 3 else 0,
            by=actor(request),
            now=utc_now(),
        )
    except BackTestRefusedError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("journey-backtest", args=[row.pk]))
    return HttpResponseRedirect(reverse("journey-backtest-run", args=[row.pk, run.pk]))


def _run(request: HttpRequest, journey_id: int, run_id: UUID) -> tuple[Journey, BackTest]:
    row = found(request, journey_id)
    run = BackTest.objects.filter(pk=run_id, journey=row).first()
    if run is None:
        raise Http404("There is no such back-test: the last ten of a journey are kept.")
    return row, run


def _headline(run: BackTest) -> str:
    if run.state == BackTest.State.RUNNING:
        return f"Running over the last {run.days} days"
    if run.state == BackTest.State.CANCELLED:
        return "It was stopped"
    if run.state == BackTest.State.FAILED:
        return f"It failed: {run.problem}"
    sent, mailed = run.totals.get("sent", 0), run.totals.get("mailed", 0)
    people = "1 person" if mailed == 1 else f"{mailed:,} people"
    if not sent:
        return f"Nobody would have been written to in these {run.days} days"
    return f"{people} would have got {sent:,} message{'' if sent == 1 else 's'} in these {run.days} days"


def _pace(run: BackTest) -> str:
    job = jobs.find(run.job_id) if run.job_id else None
    return jobs.pace(job, utc_now()) if job else ""


def _steps(run: BackTest) -> list[OfStep]:
    by_node: Mapping[str, Mapping[str, int]] = run.totals.get("by_node", {})
    titles = _titles(run)
    rows = []
    for step in raw_steps(run.graph):
        found_here = by_node.get(str(step.get("id")))
        if step.get("do") == "send" and found_here:
            held = [
                Figure(_held_words(key), count)
                for key, count in sorted(found_here.items(), key=lambda pair: -pair[1])
                if key != "sent"
            ]
            rows.append(OfStep(titles[str(step["id"])], found_here.get("sent", 0), tuple(held)))
    return rows


def _held_words(key: str) -> str:
    outcome, _, reason = key.partition(":")
    return reason_words(reason) + (" (sent later)" if outcome == "held" else "")


def _titles(run: BackTest) -> dict[str, str]:
    names = names_of_slugs()
    return {
        str(step.get("id")): names.get(str(step.get("template")), "")
        or TITLES.get(str(step.get("do")), str(step.get("do")))
        for step in raw_steps(run.graph)
    }


def _figures(by_reason: Mapping[str, int]) -> list[Figure]:
    return [Figure(reason_words(key), count) for key, count in sorted(by_reason.items(), key=lambda pair: -pair[1])]


def _lines(request: HttpRequest, run: BackTest, rows: list[BackTestLine]) -> list[Line]:
    known, titles = people_of(request, {row.identifier_id for row in rows}), _titles(run)
    return [
        Line(row, known.get(row.identifier_id), titles.get(row.node, "The journey"), _says(row), _tag(row))
        for row in rows
    ]


def _says(row: BackTestLine) -> str:
    return "It would have gone out" if row.outcome == "sent" else reason_words(row.reason)


def _tag(row: BackTestLine) -> str:
    return {"sent": "ok", "skipped": "warn", "held": "warn"}.get(row.outcome, "")
