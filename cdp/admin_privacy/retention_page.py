"""How long each class of data is kept, what is due, runs dry and real with their reports, and the rules to change."""

import csv
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from cdp.access.services import record_audit
from cdp.admin_privacy.rights import CHANGE, require
from cdp.jobs import queries as job_queries
from cdp.jobs.models import Job
from cdp.lib.admin_parts import confirmed, may
from cdp.lib.clock import utc_now
from privacy.data_classes import InForce, in_force
from privacy.models import RetentionRun
from privacy.services import retaining

LATEST = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One class as the page shows it. `due`: of the latest run; None where it did not look at the class."""

    rule: InForce
    due: int | None
    deleted: int
    oldest: datetime | None
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in the history."""

    run: RetentionRun
    due: int
    deleted: int
    cancelled: bool


class RuleForm(forms.Form):
    """How long one class is kept."""

    keep_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=36_500,
        label="Days",
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Empty: for ever, or until the person is erased.",
    )
    enabled = forms.BooleanField(
        required=False,
        label="Delete every night",
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Switched off, what is due is counted and stays.",
    )


def page(request: HttpRequest) -> HttpResponse:
    """Every class with its rule and what the latest run found."""
    require(request)
    latest = RetentionRun.objects.filter(ended_at__isnull=False).order_by("-started_at").first()
    lines = [_line(rule, latest) for rule in in_force()]
    hour = settings.RETENTION_HOUR
    context = _around(
        request,
        "Retention",
        lines=lines,
        latest=latest,
        headline=_headline(latest, lines),
        works=_works(),
        nightly="" if hour < 0 else f"{hour:02}:00 to {hour:02}:59, {settings.COMPANY_TIME_ZONE}",
        runs=[_run_line(run) for run in RetentionRun.objects.order_by("-started_at")[:LATEST]],
    )
    return TemplateResponse(request, "admin/privacy/retention.html", context)


def run(request: HttpRequest, how: str) -> HttpResponse:
    """Queue a dry run at once; a real one after it was confirmed."""
    require(request, CHANGE)
    if how not in ("dry", "now"):
        raise Http404
    back = reverse("retention")
    if how == "now":
        asked = confirmed(
            request,
            title="Delete what is due now",
            consequence="Everything that is past its time is deleted for good, class by class. A dry run shows first "
            "how much that is.",
            button="Delete what is due",
            back=back,
        )
        if asked is not None:
            return asked
    if request.method != "POST":
        return HttpResponseRedirect(back)
    job = retaining.start(dry=how == "dry", by=request.user)  # type: ignore[arg-type]  # staff only
    url = reverse("admin:jobs_job_change", args=[job.pk])
    what = "The dry run" if how == "dry" else "The run"
    messages.success(
        request, format_html('{} is queued: <a class="underline" href="{}">follow the job</a>.', what, url)
    )
    return HttpResponseRedirect(back)


def edit(request: HttpRequest, data_class: str) -> HttpResponse:
    """Change one rule; the next run goes by it."""
    require(request, CHANGE)
    rule = next((one for one in in_force() if one.data.code == data_class), None)
    if rule is None or not rule.may_be_set:
        raise Http404
    form = RuleForm(request.POST or None, initial={"keep_days": rule.days, "enabled": rule.enabled})
    if request.method == "POST" and form.is_valid():
        days, enabled = form.cleaned_data["keep_days"], form.cleaned_data["enabled"]
        retaining.save_rule(data_class, keep_days=days, enabled=enabled)
        said = f"{'for ever' if days is None else f'{days} days'}, {'deleting' if enabled else 'switched off'}"
        record_audit(request.user, "change_retention", f"privacy.retentionrule:{data_class}", said)  # type: ignore[arg-type]  # staff only
        messages.success(request, f"{rule.data.title}: {said}.")
        return HttpResponseRedirect(reverse("retention"))
    context = _around(request, f"How long: {rule.data.title}", rule=rule, form=form, back=reverse("retention"))
    return TemplateResponse(request, "admin/privacy/retention_rule.html", context)


def report(request: HttpRequest, pk: int) -> HttpResponse:
    """What one run found and deleted."""
    require(request)
    found = _run(pk)
    entries = [entry for _, entry in sorted(found.report.items()) if isinstance(entry, dict)]
    context = _around(
        request,
        str(found),
        line=_run_line(found),
        entries=[{**entry, "since": _instant(entry.get("oldest"))} for entry in entries],
        back=reverse("retention"),
    )
    return TemplateResponse(request, "admin/privacy/retention_report.html", context)


def report_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file; no cell comes from outside."""
    require(request)
    found = _run(pk)
    name = f"retention-{found.started_at:%Y-%m-%d}.csv"
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(answer)
    writer.writerow(["data_class", "title", "keep_days", "due", "deleted", "oldest", "dry"])
    for code, entry in sorted(found.report.items()):
        if isinstance(entry, dict):
            row = [entry.get(name) for name in ("title", "days", "due", "deleted", "oldest")]
            writer.writerow([code, *row, found.dry])
    return answer


def _around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    return admin.site.each_context(request) | {"title": title, "may_change": may(request, CHANGE), **more}


def _run(pk: int) -> RetentionRun:
    found = RetentionRun.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _line(rule: InForce, latest: RetentionRun | None) -> Line:
    entry = (latest.report if latest else {}).get(rule.data.code)
    if not isinstance(entry, dict):
        return Line(rule, None, 0, None, ())
    left = entry.get("due", 0) - entry.get("deleted", 0)
    oldest = _instant(entry.get("oldest")) if left > 0 else None
    return Line(rule, max(0, left), entry.get("deleted", 0), oldest, tuple(entry.get("sample", ())) if left > 0 else ())


def _run_line(run: RetentionRun) -> RunLine:
    due, deleted = retaining.total(run.report, "due"), retaining.total(run.report, "deleted")
    return RunLine(run, due, deleted, bool(run.report.get("cancelled")))


def _headline(latest: RetentionRun | None, lines: list[Line]) -> str:
    if latest is None:
        return "Nothing was looked at yet: a dry run counts what is past its time and deletes nothing."
    due = sum(line.due or 0 for line in lines if line.rule.deletes)
    if not due:
        return "Nothing is kept longer than its rule says."
    return f"{due:,} records are past their time and would be deleted."


def _works() -> list[tuple[str, str, float | None]]:
    states = (Job.State.QUEUED, Job.State.RUNNING)
    found = Job.objects.filter(kind=retaining.KIND, state__in=states).order_by("created_at")
    now = utc_now()
    return [
        (
            reverse("admin:jobs_job_change", args=[job.pk]),
            f"{job.note or 'waiting'} ({job_queries.pace(job, now)})",
            job_queries.share_done(job),
        )
        for job in found
    ]


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
