"""Computed traits as rules ask them: when each was computed of everybody, of how many it speaks, and progress."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from audiences.models import TraitRefresh
from audiences.queries.rfm import settings_now
from audiences.services import traits as service
from audiences.traits import names_of
from cdp.admin_audience.parts import around
from cdp.admin_home.works import works
from cdp.lib.admin_parts import may, require
from cdp.lib.clock import utc_now
from people.models import ComputedTrait

LOOK, CHANGE = "people.view_computedtrait", "people.change_computedtrait"


@dataclass(frozen=True, slots=True)
class Line:
    """One definition. `state`: whom it is kept fresh for, in words; `problem`: why rules cannot ask it."""

    label: str
    url: str
    rule_name: str
    sentence: str
    refreshed_at: datetime | None
    people: int
    state: str
    problem: str


def page(request: HttpRequest) -> HttpResponse:
    """Every enabled definition."""
    require(request, LOOK)
    known = {row.name: row for row in TraitRefresh.objects.all()}
    currency = settings_now().currency
    rows = ComputedTrait.objects.filter(enabled=True).order_by("label")
    lines = [_line(row, known.get(row.name), currency) for row in rows]
    context = {
        "lines": lines,
        "works": works((service.KIND,), utc_now()),
        "may_change": may(request, CHANGE),
        "headline": _headline(lines),
    }
    return TemplateResponse(request, "admin/audience/traits.html", around(request, "Computed for rules", **context))


def refresh(request: HttpRequest) -> HttpResponse:
    """Queue a refresh of all."""
    require(request, CHANGE)
    if request.method == "POST":
        job = service.refresh_later(by=request.user)  # type: ignore[arg-type]  # staff only
        url = reverse("admin:jobs_job_change", args=[job.pk])
        messages.success(
            request, format_html('The refresh is queued: <a class="underline" href="{}">follow the job</a>.', url)
        )
    return HttpResponseRedirect(reverse("trait-values"))


def _headline(lines: list[Line]) -> str:
    ready = sum(line.refreshed_at is not None and not line.problem for line in lines)
    return f"{ready} of {len(lines)} computed traits can be asked by rules"


def _line(row: ComputedTrait, known: TraitRefresh | None, currency: str) -> Line:
    definition = row.definition()
    name = names_of(definition) + (f".{currency}, …" if definition.by_currency else "")
    if known is None or known.refreshed_at is None:
        state = "not computed yet"
    else:
        state = "within seconds: a live rule asks it" if known.is_watched else "every night: no live rule asks it"
    return Line(
        label=row.label,
        url=reverse("admin:people_computedtrait_change", args=[row.pk]),
        rule_name=name,
        sentence=definition.sentence(),
        refreshed_at=known.refreshed_at if known else None,
        people=known.people if known else 0,
        state=state,
        problem=known.problem if known else "",
    )
