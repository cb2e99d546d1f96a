"""How mails arrive: rates against what mailbox providers ask, records of the sender, mails as filters read them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_delivery.linting import apart, in_every, last_mails
from cdp.admin_delivery.records import sender_records_now
from cdp.admin_delivery.resolving import system_resolver
from cdp.admin_mail.rights import SEE_POLICY, around, require
from cdp.lib.clock import utc_now
from consent.queries.suppressions import suppression_counts
from consent.reasons import SUPPRESSED
from mailing.api.hooks import PROVIDERS, is_open
from mailing.models import PaceMark
from mailing.pacing import warm_up_cap
from mailing.queries.counts import policy
from mailing.queries.delivering import DomainFigures, by_domain, came_in
from mailing.sender_records import BAD, OK, UNKNOWN

PERIODS = (7, 30)
KEPT_S = 60
# What Gmail and Yahoo ask of bulk senders: complaints under 0.1 %, never 0.3 %; bounces are everybody's rule of thumb.
COMPLAINTS_WARN, COMPLAINTS_BAD = 0.001, 0.003
BOUNCES_WARN, BOUNCES_BAD = 0.01, 0.02
FEWEST = 100  # mails, below which a rate says nothing
KINDS = {
    "bounced": "mails that came back",
    "delayed": "delays",
    "complained": "complaints",
    "delivered": "deliveries",
    "unsubscribed": "unsubscriptions at the provider",
    "unknown": "reports of no mail of ours",
    "other": "mails that report nothing, such as answers",
}
TAGS = {OK: ("h-tag-ok", "In order"), "warn": ("h-tag-warn", "Look"), BAD: ("h-tag-bad", "Missing or wrong")}


@dataclass(frozen=True, slots=True)
class Rate:
    """A share in words with how it stands: ok, warn, bad, or empty where there is too little to say."""

    words: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A domain in the table."""

    figures: DomainFigures
    bounces: Rate
    complaints: Rate


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page; the DNS is asked by a part of it, since that may take two seconds."""
    require(request, SEE_POLICY)
    now = utc_now()
    days = 30 if request.GET.get("days") == "30" else 7
    whole, domains = _figures(days, now)
    in_force, today = policy(), _today(now)
    mails = last_mails(now)
    every = in_every(mails)
    context: dict[str, Any] = around(
        request,
        "Deliverability",
        "mail-delivery",
        days=days,
        periods=PERIODS,
        whole=_line(whole),
        domains=[_line(one) for one in domains],
        headline=headline(whole, days),
        came_in=[(KINDS[kind], count) for kind, count in came_in(now - timedelta(days=30)).items() if kind in KINDS],
        bounces_to=settings.MAIL_BOUNCES_TO,
        hooks=[(name, f"{settings.BASE_URL}/m/hooks/{name}", is_open(name)) for name in _named()],
        strange_hooks=[name for name in settings.MAIL_HOOKS if name not in PROVIDERS],
        suppressed=[(SUPPRESSED.get(reason, reason), scope, count) for reason, scope, count in suppression_counts()],
        warm_up=warm_up(in_force.warm_up_from, today),
        every=every,
        mails=apart(mails, every),
    )
    return TemplateResponse(request, "admin/delivery/page.html", context)


@require_safe
def records_part(request: HttpRequest) -> HttpResponse:
    """SPF, DKIM and DMARC as the DNS has them."""
    require(request, SEE_POLICY)
    records = [(one, *TAGS.get(one.state, ("", "Not asked"))) for one in sender_records_now(system_resolver())]
    unanswered = all(one.state == UNKNOWN for one, _, _ in records)
    return render(request, "admin/delivery/records.html", {"records": records, "unanswered": unanswered})


def headline(whole: DomainFigures, days: int) -> str:
    """“1,204 mails in 7 days: 0.4 % came back for good, 0.02 % were reported as spam.”"""
    if not whole.handed:
        return f"No mail went out in the last {days} days"
    are = "1 mail" if whole.handed == 1 else f"{whole.handed:,} mails"
    came, spam = whole.hard + whole.failed, whole.complained
    if whole.handed < FEWEST:
        return f"{are} in {days} days: {came:,} came back for good, {spam:,} {_were(spam)} reported as spam"
    back, spammed = _percent(whole.bounce_rate), _percent(whole.complaint_rate)
    return f"{are} in {days} days: {back} came back for good, {spammed} were reported as spam"


def warm_up(started: date | None, today: date) -> str:
    """How far the warm-up is, in a sentence."""
    in_force = policy()
    cap = warm_up_cap(
        started, in_force.warm_up_first_day, in_force.warm_up_growth_percent, in_force.warm_up_days, today
    )
    if started is None:
        return "No warm-up is set: a domain that never sent mail should grow slowly."
    if cap is None:
        return (
            f"The warm-up that began {started:%-d %b %Y} is over."
            if today > started
            else (f"The warm-up begins {started:%-d %b %Y}.")
        )
    given = PaceMark.objects.filter(key=f"day:{today}").values_list("given", flat=True).first() or 0
    day = (today - started).days + 1
    return f"Day {day} of {in_force.warm_up_days}: {given:,} of {cap:,} marketing mails of today went out."


def _named() -> list[str]:
    return [name for name in settings.MAIL_HOOKS if name in PROVIDERS]


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


def _figures(days: int, now: datetime) -> tuple[DomainFigures, list[DomainFigures]]:
    """Counted once a minute: the last month is read."""
    key = f"mail.delivery.{days}"
    found = cache.get(key)
    if found is None:
        found = by_domain(now - timedelta(days=days))
        cache.set(key, found, KEPT_S)
    counted: tuple[DomainFigures, list[DomainFigures]] = found
    return counted


def _line(figures: DomainFigures) -> Line:
    return Line(
        figures,
        _rate(figures.bounce_rate, figures.handed, BOUNCES_WARN, BOUNCES_BAD),
        _rate(figures.complaint_rate, figures.handed, COMPLAINTS_WARN, COMPLAINTS_BAD),
    )


def _rate(share: float | None, of: int, warn: float, bad: float) -> Rate:
    if share is None:
        return Rate("–")
    state = "" if of < FEWEST else "bad" if share >= bad else "warn" if share >= warn else "ok"
    return Rate(_percent(share), state)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.2f}\u202f%"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
