"""What each placement earns: clicks, additions and money of its answers, beside its holdout and by model run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from cdp.admin_home.charts import Chart, Series
from cdp.admin_model.frame import SPACE, page, percent, require
from cdp.admin_model.telling import FEWEST, told, too_few
from cdp.lib.admin_parts import money
from cdp.lib.clock import utc_now
from recommendations.models import Earning, Placement
from recommendations.queries.earnings import Earned, OfDay, OfModel, OfPlacement, earnings, earnings_by_day
from recommendations.queries.holdouts import HOLDOUT, TREATED

PERIODS = (7, 28, 90)
FEWEST_SEEN = 1_000  # products seen, below which no rate of them is told
SIDES = {TREATED: "Recommendations", HOLDOUT: "Holdout", "": "Nobody was held out"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What some answers brought, as one reads it."""

    answers: int
    impressions: int
    ctr: str
    clicked: str
    added: str
    ordered: str
    per_thousand: str
    revenue: str


@dataclass(frozen=True, slots=True)
class Card:
    """One placement. `sentences`: (what, how it stands beside the holdout, kind of tag)."""

    key: str
    name: str
    url: str
    figures: Figures
    sides: list[tuple[str, int, Figures]]
    models: list[tuple[str, str, Figures]]
    sentences: list[tuple[str, str, str]]
    no_holdout: str
    few: str
    is_better: bool | None
    is_split: bool


def earnings_page(request: HttpRequest) -> HttpResponse:
    """`?days=` 7, 28 or 90; `?placement=` one with its days."""
    require(request)
    days = _days(request)
    today = utc_now().astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()
    since = today - timedelta(days=days - 1)
    only = request.GET.get("placement", "")[:100].replace("\0", "")
    found = earnings(since, today, only)
    named = dict(Placement.objects.values_list("key", "name"))
    cards = sorted((_card(one, named, days) for one in found), key=lambda card: (-card.figures.impressions, card.key))
    charts = (
        [_chart(only, earnings_by_day(only, since, today), since, today)]
        if only and cards and cards[0].figures.answers >= FEWEST
        else []
    )
    return page(
        request,
        "earnings.html",
        "earnings",
        "What placements earn",
        days=days,
        periods=[(each, f"Last {each} days", each == days) for each in PERIODS],
        only=only,
        headline=headline(cards, days),
        cards=cards,
        charts=charts,
        silent=sorted(name or key for key, name in named.items() if key not in {card.key for card in cards})
        if not only
        else [],
        has_any=bool(cards) or Earning.objects.exists(),
        has_placements=bool(named),
    )


def headline(cards: Sequence[Card], days: int) -> str:
    """“2 of 3 placements do better than their holdout; 120,340 products seen in the last 28 days”."""
    seen = sum(card.figures.impressions for card in cards)
    if not seen:
        return f"No recommendation was seen in the last {days} days"
    told_apart = [card for card in cards if card.is_better is not None]
    better = sum(bool(card.is_better) for card in told_apart)
    tail = f"{seen:,} products seen in the last {days} days"
    if better:
        do = "placement does" if better == 1 else "placements do"
        return f"{better} {do} better than what is popular; {tail}"
    if told_apart:
        return f"No placement does better than its holdout; {tail}"
    if any(card.is_split for card in cards):
        return f"Nothing can be told apart from the holdout yet; {tail}"
    return f"{tail}, none of it beside a holdout"


def _days(request: HttpRequest) -> int:
    text = request.GET.get("days", "28")
    if text not in {str(each) for each in PERIODS}:
        raise Http404("There is no such period.")
    return int(text)


def _card(one: OfPlacement, named: dict[str, str], days: int) -> Card:
    seen = {side.variant: side.earned.answers for side in one.sides}
    treated, holdout = seen.get(TREATED, 0), seen.get(HOLDOUT, 0)
    split = treated + holdout
    few = too_few(treated, holdout) if split else ""
    sentences = []
    if split and not few:
        for title, found, what in (
            ("Clicks", one.clicks, "clicked"),
            ("Additions", one.adds, "put into the cart"),
            ("Orders", one.orders, "bought"),
        ):
            tag = "" if found is None or not found.is_sure else "ok" if found.difference > 0 else "bad"
            sentences.append((title, told(found, split, what=what), tag))
    compared = () if few else (one.clicks, one.adds, one.orders)
    sure = [found for found in compared if found is not None and found.is_sure]
    return Card(
        key=one.placement,
        name=named.get(one.placement) or _called(one.placement),
        url=f"{reverse('model-earnings')}?days={days}&placement={one.placement}",
        figures=_figures(one.earned),
        sides=[(SIDES[side.variant], side.heads, _figures(side.earned)) for side in one.sides],
        models=[_model(each) for each in sorted(one.models, key=lambda each: -each.model_run)],
        sentences=sentences,
        no_holdout=few or ("" if split else _why_none(one)),
        few=_few(one.earned),
        is_better=None if not sure else all(found.difference > 0 for found in sure),
        is_split=bool(split),
    )


def _few(one: Earned) -> str:
    """That counts stand where shares will."""
    if one.impressions >= FEWEST_SEEN and one.answers >= FEWEST:
        return ""
    return (
        f"{one.answers:,} answer{'' if one.answers == 1 else 's'} with {one.impressions:,} "
        f"product{'' if one.impressions == 1 else 's'} seen so far: counts stand here until there are {FEWEST:,} "
        f"answers and {FEWEST_SEEN:,} products seen, then shares."
    )


def _called(key: str) -> str:
    return f"Asked for by strategy: {key.removeprefix('api:').replace('_', ' ')}" if key.startswith("api:") else key


def _why_none(one: OfPlacement) -> str:
    if one.is_placement:
        return "No holdout: nobody can know what it earns beyond what is popular. Give it one on the placement's page."
    return "Asked without a placement, so there is no holdout to hold it against."


def _model(one: OfModel) -> tuple[str, str, Figures]:
    """(name, URL, figures)."""
    if not one.model_run:
        return "before any model", "", _figures(one.earned)
    return f"model #{one.model_run}", reverse("model-run", args=[one.model_run]), _figures(one.earned)


def _figures(one: Earned) -> Figures:
    return Figures(
        answers=one.answers,
        impressions=one.impressions,
        ctr=_share(one.clicks, one.impressions, FEWEST_SEEN),
        clicked=_share(one.clicked, one.answers, FEWEST),
        added=_share(one.added, one.answers, FEWEST),
        ordered=_share(one.ordered, one.answers, FEWEST),
        per_thousand=(
            " + ".join(money(each.per_thousand, each.currency) for each in one.money)
            if one.impressions >= FEWEST_SEEN
            else ""
        )
        or "–",
        revenue=" + ".join(money(each.revenue, each.currency) for each in one.money) or "–",
    )


def _share(count: int, of: int, fewest: int) -> str:
    """1.2 %, or “2 of 7” where that is of too few."""
    return percent(count / of, 1) if of >= fewest else f"{count:,} of {of:,}" if of else "–"


def _chart(placement: str, rows: Sequence[OfDay], since: date, until: date) -> Chart:
    """The share of answers of which something was clicked, by day and side."""
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    rates = {(row.variant, row.day): row.earned.click_rate for row in rows}
    variants = [variant for variant in ("", TREATED, HOLDOUT) if any(row.variant == variant for row in rows)]
    return Chart(
        key="clicked-by-day",
        title=f"Answers of which something was clicked, in{SPACE}%, by day",
        labels=[f"{day:%a %-d %b}" for day in days],
        series=[
            Series(
                "All" if not variant else SIDES[variant],
                [None if (rate := rates.get((variant, day))) is None else round(rate * 100, 2) for day in days],
                "holdout" if variant == HOLDOUT else "shown",
                is_line=True,
            )
            for variant in variants
        ],
        x_title="Day",
        y_title="% of answers",
        decimals=1,
    )
