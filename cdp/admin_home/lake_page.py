"""The lake's page: each table with its size, files and lag, and the three things staff may have done to it."""

from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from cdp.admin_home.works import works
from cdp.jobs import services as jobs
from cdp.lib.admin_parts import confirmed
from cdp.lib.clock import utc_now
from lake.queries import TableStatus, status

RIGHT = "outbox.view_delivery"
"""Who may see deliveries may see the system's pages: administrators."""

# what → (title, what it does, button)
ACTIONS: dict[str, tuple[str, str, str]] = {
    "verify": (
        "Verify the lake",
        "Every row of the files is compared with the database, while events flow in. It changes nothing; differences "
        "are named on this page.",
        "Verify",
    ),
    "compact": (
        "Compact the lake",
        "Small files are joined into few large ones, which are read faster. It happens by itself every night.",
        "Compact",
    ),
    "rebuild": (
        "Rebuild the lake",
        "Every table is written anew from the database in the background, a few minutes for millions of rows. Queries "
        "go on: they read the present files until the new ones are whole. Needed only after damage or a restore.",
        "Rebuild",
    ),
}
STATES = {
    "empty": ("nothing to hold yet", ""),
    "waiting": ("not written yet: queries read the database", ""),
    "ready": ("ready", "h-tag-ok"),
    "building": ("being rebuilt", "h-tag-warn"),
    "lost": ("files are gone: it is rebuilt within seconds", "h-tag-bad"),
    "refused": ("needs a rebuild", "h-tag-bad"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One table as the page shows it."""

    table: TableStatus
    words: str
    tag: str
    size: str
    bytes_a_row: str
    lag: str
    share: float | None


def lake_page(request: HttpRequest) -> HttpResponse:
    """Every table, what runs, and the buttons."""
    _administrators_only(request)
    now = utc_now()
    tables = [_line(one) for one in sorted(status(now), key=lambda one: not one.is_append_only)]
    context = admin.site.each_context(request) | {
        "title": "Lake",
        "now": now,
        "tables": tables,
        "headline": _headline(tables),
        "is_empty": not any(line.table.rows or line.table.waiting for line in tables),
        "size": filesizeformat(sum(line.table.size for line in tables)),
        "rows": f"{sum(line.table.rows for line in tables):,}",
        "files": f"{sum(line.table.files for line in tables):,}",
        "lag": _age(max((line.table.lag_s for line in tables), default=0.0)),
        "works": works({f"lake.{what}": words[0] for what, words in ACTIONS.items()}, now),
        "actions": [(what, words[2]) for what, words in ACTIONS.items()],
    }
    return TemplateResponse(request, "admin/lake.html", context)


def lake_action(request: HttpRequest, what: str) -> HttpResponse:
    """Queue a job, once it was confirmed."""
    _administrators_only(request)
    if what not in ACTIONS:
        raise Http404
    title, consequence, button = ACTIONS[what]
    back = reverse("lake")
    asked = confirmed(request, title=title, consequence=consequence, button=button, back=back)
    if asked is not None:
        return asked
    job = jobs.enqueue(f"lake.{what}", created_by=request.user)  # type: ignore[arg-type]  # staff only
    url = reverse("admin:jobs_job_change", args=[job.pk])
    messages.success(
        request, format_html('{} is queued: <a class="underline" href="{}">follow the job</a>.', button, url)
    )
    return HttpResponseRedirect(back)


def _administrators_only(request: HttpRequest) -> None:
    if not getattr(request.user, "has_perm", lambda _: False)(RIGHT):
        raise PermissionDenied("This page is for administrators.")


def _line(one: TableStatus) -> Line:
    words, tag = STATES[one.state]
    return Line(
        table=one,
        words=words,
        tag=tag,
        size=filesizeformat(one.size),
        bytes_a_row="–" if one.bytes_a_row is None else f"{one.bytes_a_row:,.0f}",
        lag=_age(one.lag_s),
        share=min(1.0, one.built_rows / one.built_of) if one.state == "building" and one.built_of else None,
    )


def _headline(tables: list[Line]) -> str:
    states = {line.table.state for line in tables}
    if "refused" in states:
        return "A table cannot be projected: rebuild the lake."
    if states & {"lost", "building"}:
        return "Tables are being rebuilt. Small ones are answered from the database meanwhile."
    if any(line.table.verdict and "PostgreSQL has" in line.table.verdict for line in tables):
        return "The last verification found differences: rebuild the lake."
    return "Queries see every row: files and what still waits in the database together."


def _age(seconds: float) -> str:
    if seconds <= 0:
        return "none"
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
