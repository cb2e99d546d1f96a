"""What the pages of the model share: rights, tabs, and figures as one reads them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cdp.lib import admin_parts

LOOK, TRAIN, PROMOTE = (f"recommendations.{action}_modelrun" for action in ("view", "add", "change"))
PERSON, PERSONAL = "profiles.view_profile", "profiles.view_personal"
SPACE = "\u00a0"
# (key, words, URL name)
TABS = (
    ("runs", "Model", "models"),
    ("earnings", "What placements earn", "model-earnings"),
    ("coverage", "Coverage", "model-coverage"),
    ("never", "Never shown", "model-never-shown"),
    ("compare", "Compare", "model-compare"),
)


def require(request: HttpRequest, right: str = LOOK) -> None:
    """Raises PermissionDenied without the right."""
    admin_parts.require(request, right)


def page(
    request: HttpRequest, template: str, tab: str, title: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """One page below `admin/model/`, with its tab marked."""
    tabs = [(words, reverse(name), key == tab) for key, words, name in TABS]
    shared = admin.site.each_context(request) | {"title": title, "tabs": tabs}
    return TemplateResponse(request, f"admin/model/{template}", shared | context, status=status)


def percent(share: float | None, decimals: int = 0) -> str:
    """12 %; small shares keep a digit that says something: 0.4 %, “under 0.01 %”. “–” for what is not known."""
    if share is None:
        return "–"
    if 0 < share < 0.0001:
        return f"under 0.01{SPACE}%"
    if 0 < share < 0.001:
        decimals = max(decimals, 2)
    elif 0 < share < 0.1:
        decimals = max(decimals, 1)
    return f"{share * 100:,.{decimals}f}{SPACE}%"


def short(number: float) -> str:
    """1.2 M, 340 k, 1,204."""
    if number >= 10_000_000:
        return f"{number / 1e6:,.0f}{SPACE}M"
    if number >= 1_000_000:
        return f"{number / 1e6:,.1f}{SPACE}M"
    return f"{number / 1e3:,.0f}{SPACE}k" if number >= 100_000 else f"{number:,.0f}"


def lasted(seconds: float | None) -> str:
    """3.2 s, 4 min; “–” for what is not known."""
    if seconds is None:
        return "–"
    return f"{seconds:,.1f}{SPACE}s" if seconds < 60 else f"{seconds / 60:,.0f}{SPACE}min"


def megabytes(mb: float | None) -> str:
    """340 MB, 1.2 GB; “–” for what is not known."""
    if mb is None:
        return "–"
    if mb >= 1_000:
        return f"{mb / 1_000:,.1f}{SPACE}GB"
    return f"{mb:,.0f}{SPACE}MB" if mb >= 10 else f"{mb:,.1f}{SPACE}MB"
