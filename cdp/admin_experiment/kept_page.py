"""Splits that mails and placements keep for themselves: holdouts and A/B tests, each with the way to its own report."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from automation.models import Journey
from campaigns.models import Campaign
from cdp.admin_experiment.rights import LOOK, around, require
from cdp.admin_experiment.words import percent
from experiments.models import Experiment
from recommendations.models import Placement

MOST = 300


@dataclass(frozen=True, slots=True)
class Kept:
    """One split. `sides`: its variants with shares; `people`: who met it, "" where it counts them itself."""

    name: str
    kind: str
    by: str
    url: str
    sides: str
    people: str


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All of them, by what keeps them."""
    require(request, LOOK)
    kept = [*_holdouts(), *_campaign_tests(), *_journey_tests()]
    words = f"{len(kept)} split{' is' if len(kept) == 1 else 's are'} kept by mails and placements"
    context = around(
        request,
        "Kept by mails and placements",
        "experiments-kept",
        kept=kept,
        headline=words if kept else "Nothing is split by mails and placements",
    )
    return TemplateResponse(request, "experiments/kept.html", context)


def _holdouts() -> list[Kept]:
    rows = Experiment.objects.exclude(owner="").annotate(met=Count("exposures")).order_by("owner", "pk")[:MOST]
    journeys = dict(Journey.objects.values_list("slug", "pk"))
    placements = dict(Placement.objects.values_list("key", "pk"))
    found = []
    for row in rows:
        kind, _, name = row.owner.partition(":")
        url = ""
        if kind == "journey" and name in journeys:
            url = reverse("journey", args=[journeys[name]])
        elif kind == "placement" and name in placements:
            url = reverse("placement", args=[placements[name]])
        elif kind == "campaign" and name.isdecimal():
            url = reverse("campaign", args=[int(name)])
        found.append(Kept(row.name, "Holdout", kind, url, _sides(row.variants.items()), f"{row.met:,}"))
    return found


def _campaign_tests() -> Iterator[Kept]:
    rows = Campaign.objects.annotate(count=Count("variants")).filter(count__gt=1).prefetch_related("variants")
    for row in rows.order_by("-pk")[:MOST]:
        sides = sorted((one.key, float(one.share)) for one in row.variants.all())
        yield Kept(row.name, "A/B of mails", "campaign", reverse("campaign", args=[row.pk]), _sides(sides), "")


def _journey_tests() -> Iterator[Kept]:
    rows = Journey.objects.exclude(state=Journey.State.ARCHIVED).select_related("version").order_by("name")
    for row in rows[:MOST]:
        graph = row.version.graph if row.version is not None else row.draft
        for step in _splits(graph):
            arms = [arm for arm in step.get("arms", ()) if isinstance(arm, dict)]
            sides = [(str(arm.get("name") or arm.get("key", "")), _share(arm.get("share"))) for arm in arms]
            yield Kept(row.name, "A/B in a journey", "journey", reverse("journey", args=[row.pk]), _sides(sides), "")


def _splits(piece: Any) -> Iterator[dict[str, Any]]:
    """Every step that splits by chance, wherever it stands in the graph."""
    if isinstance(piece, dict):
        if piece.get("do") == "split":
            yield piece
        for each in piece.values():
            yield from _splits(each)
    elif isinstance(piece, list):
        for each in piece:
            yield from _splits(each)


def _share(raw: Any) -> float:
    try:
        return float(raw)
    except (TypeError, ValueError):
        return 0.0


def _sides(pairs: Any) -> str:
    return " · ".join(f"{name} {percent(float(share), 0)}" for name, share in pairs)
