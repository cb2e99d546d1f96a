"""Segments → Audit: what the comparisons with full recomputations found, and the two jobs staff may start."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from cdp.admin_home.works import works
from cdp.admin_segment.frame import CHANGE, SEE, must
from cdp.lib.admin_parts import confirmed
from cdp.lib.clock import utc_now
from segments.models import AuditRun, Segment
from segments.services.auditing import start_audit
from segments.services.recomputing_all import recompute_everything

SHOWN = 30
# what → (title, what it does, button, what starts it)
ACTIONS: dict[str, tuple[str, str, str, Any]] = {
    "audit": (
        "Compare segments",
        "Every live segment is asked of everybody and compared with who is stored in it. Events go on being taken in. "
        "Whoever is found in a wrong place is named in an alarm by count and put right.",
        "Compare now",
        start_audit,
    ),
    "recompute": (
        "Recompute all segments",
        "Every live segment is asked of everybody anew, those that others use first. Whoever enters or leaves is told "
        "to journeys and recipients as usual. It can be cancelled at any time; what is done stays done.",
        "Recompute all",
        recompute_everything,
    ),
}
KINDS = {"segments.audit": "Comparing segments", "segments.recompute_all": "Recomputing all segments"}


@dataclass(frozen=True, slots=True)
class Found:
    """What one run found in one segment, in words; `url` of the segment's page."""

    name: str
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One run. `tag`: its kind of tag."""

    run: AuditRun
    words: str
    tag: str
    seconds: str
    found: tuple[Found, ...]


def audit_page(request: HttpRequest) -> HttpResponse:
    """The runs, newest first."""
    must(request, SEE)
    now = utc_now()
    names = dict(Segment.objects.values_list("pk", "name"))
    runs = [_shown(run, names) for run in AuditRun.objects.order_by("-started_at")[:SHOWN]]
    may = getattr(request.user, "has_perm", lambda _: False)
    context = admin.site.each_context(request) | {
        "title": "Audit of segments",
        "headline": _headline(runs),
        "latest": next((shown for shown in runs if shown.run.finished_at), None),
        "runs": runs,
        "works": works(KINDS, now),
        "hour": settings.SEGMENT_AUDIT_HOUR,
        "zone": settings.COMPANY_TIME_ZONE,
        "actions": [(what, words[2]) for what, words in ACTIONS.items()] if may(CHANGE) else [],
    }
    return TemplateResponse(request, "segments/audit.html", context)


def audit_action(request: HttpRequest, what: str) -> HttpResponse:
    """Queue a job, once it was confirmed."""
    must(request, SEE, CHANGE)
    if what not in ACTIONS:
        raise Http404
    title, consequence, button, start = ACTIONS[what]
    back = reverse("segment-desk-audit")
    asked = confirmed(request, title=title, consequence=consequence, button=button, back=back)
    if asked is not None:
        return asked
    url = reverse("admin:jobs_job_change", args=[start(by=request.user)])
    messages.success(request, format_html('It is queued: <a class="underline" href="{}">follow the job</a>.', url))
    return HttpResponseRedirect(back)


def _headline(runs: list[Shown]) -> str:
    done = next((shown.run for shown in runs if shown.run.finished_at), None)
    if done is None:
        return "Segments have not been compared yet."
    if done.wrong:
        return f"The last comparison found {done.wrong:,} wrong, which were put right. Run another to be sure."
    return "Everybody is where the rules say."


def _shown(run: AuditRun, names: dict[int, str]) -> Shown:
    if run.finished_at is None:
        words, tag = "not finished", "h-tag-warn"
    elif run.wrong:
        words, tag = f"{run.wrong:,} wrong", "h-tag-bad"
    else:
        words, tag = "as it should be", "h-tag-ok"
    found = tuple(_found(one, names) for one in run.details if _words(one))
    return Shown(run, words, tag, _duration(run.seconds), found)


def _found(one: dict[str, Any], names: dict[int, str]) -> Found:
    url = reverse("segment-desk-overview", args=[one["segment_id"]]) if one["segment_id"] in names else ""
    return Found(names.get(one["segment_id"], one["slug"]), url, _words(one))


def _words(one: dict[str, Any]) -> str:
    parts = (
        (one["wrong_in"], "in it who should not be"),
        (one["wrong_out"], "missing who should be in it"),
        (one["wrong_due"], "to be asked again at a wrong time"),
        (one["unsettled"], "still being evaluated when it ended"),
    )
    told = [f"{count:,} {words}" for count, words in parts if count]
    return ", ".join([*told, f"could not be compared: {one['problem']}"] if one["problem"] else told)


def _duration(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
