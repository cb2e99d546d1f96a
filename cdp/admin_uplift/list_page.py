"""Every comparison, the newest first, and how to begin one."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_uplift.frame import LOOK, around, require
from cdp.admin_uplift.shown import STATES, brief, sentence
from experiments.models import UpliftRun, UpliftUpload
from experiments.queries.uplift import latest_runs


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison of the list."""

    run: UpliftRun
    state: str
    tag: str
    says: str
    compares: str


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list."""
    require(request, LOOK)
    lines = [Line(run, *STATES[run.state], brief(run), sentence(run)) for run in latest_runs()]
    found = sum(bool((line.run.result or {}).get("is_found")) for line in lines)
    context: dict[str, Any] = around(
        request,
        "Uplift",
        lines=lines,
        headline=_headline(len(lines), found),
        uploads=UpliftUpload.objects.defer("table").order_by("-created_at")[:10],
    )
    return TemplateResponse(request, "uplift/list.html", context)


def _headline(count: int, found: int) -> str:
    comparisons = "1 comparison" if count == 1 else f"{count:,} comparisons"
    return f"{comparisons}; {found:,} found people whom an offer moves more than others"
