"""Pages of the roof itself: the front door, and who listens to what and how far behind."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.templatetags.static import static

from cdp.admin_home.navigation import list_url
from cdp.admin_home.row_queues import waiting_rows
from cdp.lib.clock import utc_now
from cdp.outbox import queries as outbox
from cdp.outbox import registry

SYSTEM_RIGHT = "outbox.view_delivery"
"""Who may see deliveries may see the system's pages: administrators."""


@dataclass(frozen=True, slots=True)
class Row:
    """One consumer on the page: what it listens to or which rows are its own, and how far behind it is."""

    name: str
    queue: str
    works: str
    waiting: str
    oldest: str
    parked: int


def front(request: HttpRequest) -> HttpResponse:
    """What somebody sees who opens the service's address: the ways on."""
    return render(request, "front.html", {"company": settings.COMPANY_NAME, "demo": settings.DEMO})


def favicon(request: HttpRequest) -> HttpResponse:
    """The icon, for browsers that ask at the old place."""
    return HttpResponseRedirect(static("house/favicon.svg"))


def subscriptions(request: HttpRequest) -> HttpResponse:
    """Every topic with its consumers and their open deliveries; every row queue with what waits in it."""
    lags = outbox.consumer_lags()
    queues = waiting_rows(utc_now())
    parked = sum(lag.parked for lag in lags)
    late = [lag for lag in lags if lag.oldest_age_s is not None and lag.oldest_age_s > 60]
    context = {
        "subscribers": [_subscriber(lag) for lag in lags if lag.topics],
        "row_queues": [_row_queue(lag, queues.get(lag.consumer)) for lag in lags if not lag.topics],
        "public_topics": registry.public_topics().items(),
        "headline": _headline(parked, len(late)),
        "parked": parked,
        "parked_url": f"{list_url('outbox.delivery')}?parked_at__isempty=0&done_at__isempty=1",
    }
    return _page(request, "admin/subscriptions.html", "Subscriptions", context)


def _page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    if not getattr(request.user, "has_perm", lambda _: False)(SYSTEM_RIGHT):
        raise PermissionDenied("This page is for administrators.")
    shared = admin.site.each_context(request) | {"title": title, "now": utc_now()}
    return TemplateResponse(request, template, shared | context)


def _subscriber(lag: outbox.ConsumerLag) -> Row:
    return Row(lag.consumer, lag.queue, ", ".join(lag.topics), f"{lag.undone:,}", _age(lag.oldest_age_s), lag.parked)


def _row_queue(lag: outbox.ConsumerLag, rows: tuple[str, int] | None) -> Row:
    what, count = rows or ("on the clock", 0)
    return Row(lag.consumer, lag.queue, what, f"{count:,}" if rows else "–", "", 0)


def _headline(parked: int, late: int) -> str:
    if parked:
        return f"{parked:,} deliveries were given up after repeated failures and need a look."
    if late:
        return f"{late} of the consumers have been behind for more than a minute."
    return "Every consumer keeps up."


def _age(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.1f} s"
