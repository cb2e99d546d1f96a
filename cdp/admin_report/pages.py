"""Reports: all senders in a period, and one sender by step with what its holdout tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from cdp.admin_report import senders, words
from cdp.lib.admin_parts import require
from cdp.lib.clock import utc_now
from mailing.queries.reports import Beside, StepResult, beside_holdout, steps, totals, windows_over
from mailing.reasons import words as reason_words

PERIODS = (7, 28, 90)
WINDOWS = (1, 3, 7, 14, 30)
RIGHT = "campaigns.view_campaign"
KEPT_S = 60
NOTHING = StepResult("", "", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """One sender in the list, or one step of it."""

    name: str
    url: str
    sub: str
    made: int
    sent: str
    held_back: str
    delivered: str
    opened: str
    clicked: str
    unsubscribed: str
    complained: str
    orders: int
    revenue: str
    after_click: str
    reasons: tuple[tuple[str, int], ...] = ()


def index(request: HttpRequest) -> HttpResponse:
    """`?days=` 7, 28 or 90: every journey, campaign and order mail that made a message."""
    require(request, RIGHT)
    days, now = _days(request), utc_now()
    found = totals(now - timedelta(days=days), now, window_days=7)
    known = {(one.kind, one.id): one for one in senders.everybody()}
    held = senders.held_back([key for key in found if key in known], now - timedelta(days=days))
    lines = [
        _line(known[key].name, known[key].report_url, senders.KINDS[key[0]], with_reasons(one, held.get(key, ())))
        for key, one in found.items()
        if key in known
    ]
    lines.sort(key=lambda line: (-line.made, line.name))
    return _page(
        request,
        "index.html",
        "Reports",
        lines=lines,
        days=days,
        periods=[(each, f"Last {each} days", each == days) for each in PERIODS],
        headline=words.headline(list(found.values()), days),
    )


def report(request: HttpRequest, kind: str, sender_id: int) -> HttpResponse:
    """One sender; `?window=` days in which an order counts as having followed."""
    require(request, RIGHT)
    one = senders.reported(kind, sender_id)
    if one is None:
        raise Http404("There is no such sender.")
    days, window, now = _days(request), _window(request), utc_now()
    since = now - timedelta(days=days)
    found = steps(one.kind, one.id, since, now, window_days=window)
    names = senders.step_names(one)
    if one.kind == senders.JOURNEY:
        found = _with_skipped(found, senders.held_back_by_step(one, since))
    lines = [
        _line(
            names.get(each.step, each.step.replace("_", " ")),
            "",
            f"variant {each.variant}" if each.variant else "",
            each,
        )
        for each in found
    ]
    return _page(
        request,
        "report.html",
        f"{senders.KINDS[one.kind]}: {one.name}",
        sender=one,
        lines=lines,
        days=days,
        window=window,
        periods=[(each, f"Last {each} days", each == days) for each in PERIODS],
        windows=[(each, "1 day" if each == 1 else f"{each} days", each == window) for each in WINDOWS],
        headline=words.headline(found, days),
        verdict=words.verdict(
            _beside(one, days, window),
            window_days=window,
            has_holdout=bool(one.experiment),
            is_over=windows_over(now, window, now),
        ),
        is_transactional=one.kind == senders.NOTICE,
    )


def with_reasons(one: StepResult, reasons: Sequence[tuple[str, int]]) -> StepResult:
    """With who got no message at all, where the sender knows of them: journeys decide before a message is made."""
    if not reasons:
        return one
    return replace(one, suppressed=sum(count for _, count in reasons), failed=0, reasons=tuple(reasons))


def _with_skipped(found: list[StepResult], held: Mapping[str, Sequence[tuple[str, int]]]) -> list[StepResult]:
    """The steps with whom they passed over, also those that sent nothing at all."""
    known = {one.step for one in found}
    silent = [replace(NOTHING, step=step) for step in held if step not in known]
    return [with_reasons(one, held.get(one.step, ())) for one in [*found, *silent]]


def _beside(one: senders.Reported, days: int, window: int) -> Beside | None:
    """Kept for a minute: it reads everybody who was assigned."""
    if not one.experiment:
        return None
    now = utc_now()

    def made() -> Beside | None:
        people = senders.people_of(one)
        return beside_holdout(one.experiment, people, now - timedelta(days=days), now, window_days=window)

    found: Beside | None = cache.get_or_set(f"report:{one.experiment}:{days}:{window}", made, KEPT_S)
    return found


def _line(name: str, url: str, sub: str, one: StepResult) -> Line:
    return Line(
        name=name,
        url=url,
        sub=sub,
        made=one.made,
        sent=f"{one.handed:,}" + (f" ({one.unknown:,} unknown)" if one.unknown else ""),
        held_back=f"{one.suppressed + one.failed:,}" if one.suppressed or one.failed else "–",
        delivered=words.share(one.delivered, one.handed),
        opened=words.share(one.opened, one.handed),
        clicked=words.share(one.clicked, one.handed),
        unsubscribed=words.share(one.unsubscribed, one.handed),
        complained=words.share(one.complained, one.handed),
        orders=sum(each.orders for each in one.earned),
        revenue=words.revenue(one.earned),
        after_click=words.revenue(one.earned, after_click=True),
        reasons=tuple((reason_words(code), count) for code, count in one.reasons),
    )


def _days(request: HttpRequest) -> int:
    return _one_of(request, "days", PERIODS, 28)


def _window(request: HttpRequest) -> int:
    return _one_of(request, "window", WINDOWS, 7)


def _one_of(request: HttpRequest, name: str, choices: tuple[int, ...], usual: int) -> int:
    text = request.GET.get(name, str(usual))
    if text not in {str(each) for each in choices}:
        raise Http404("There is no such period.")
    return int(text)


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    shared = admin.site.each_context(request) | {"title": title}
    return TemplateResponse(request, f"admin/report/{template}", shared | context)
