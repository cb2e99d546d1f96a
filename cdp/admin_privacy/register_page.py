"""The processing register as a page to read and print, and as files."""

from collections.abc import Callable, Mapping
from pathlib import Path

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from cdp.admin_privacy.rights import require
from cdp.lib.clock import utc_now
from privacy.queries.register import register
from privacy.register import Register, to_csv, to_json, to_markdown

DPIA = Path(__file__).parent.parent.parent / "docs" / "dpia-template.md"


def to_html(made: Register) -> str:
    """One file that stands alone."""
    return render_to_string("admin/privacy/register_file.html", {"register": made})


FORMS: Mapping[str, tuple[str, Callable[[Register], str]]] = {
    "html": ("text/html", to_html),
    "md": ("text/markdown", to_markdown),
    "json": ("application/json", to_json),
    "csv": ("text/csv", to_csv),
}


def page(request: HttpRequest) -> HttpResponse:
    """The register as it stands now."""
    require(request)
    made = register(utc_now())
    context = admin.site.each_context(request) | {
        "title": "Processing register",
        "register": made,
        "forms": [("html", "HTML"), ("md", "Markdown"), ("json", "JSON"), ("csv", "CSV")],
    }
    return TemplateResponse(request, "admin/privacy/register.html", context)


def download(request: HttpRequest, form: str) -> HttpResponse:
    """The same as a file."""
    require(request)
    if form not in FORMS:
        raise Http404
    kind, render = FORMS[form]
    made = register(utc_now())
    name = f"processing-register-{made.made_at:%Y-%m-%d}.{form}"
    return _file(render(made), kind, name)


def dpia(request: HttpRequest) -> HttpResponse:
    """The template of a data protection impact assessment, filled in with what this product does."""
    require(request)
    return _file(DPIA.read_text(encoding="utf-8"), "text/markdown", "dpia-template.md")


def _file(text: str, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)
