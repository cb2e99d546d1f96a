"""All placements: where each stands, what it shows in words, and what it brought in a week against its holdout."""

from dataclasses import dataclass
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cdp.admin_placement.rights import ADD, LOOK, around, require
from cdp.admin_placement.week import Week, weeks
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from recommendations.models import Placement, PlacementRule
from recommendations.placement_words import KINDS, sentence
from recommendations.placements import Kind, rule_from_row, spec_from_row
from recommendations.services import placements as services

ORDER = {kind.value: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Line:
    """One placement. `week` is None where nothing was counted."""

    row: Placement
    stands: str
    says: str
    is_broken: bool
    week: Week | None


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list, by where they stand on a shopper's way."""
    require(request, LOOK)
    rows = sorted(Placement.objects.prefetch_related("rules"), key=lambda row: (ORDER.get(row.kind, 99), row.pk))
    found = weeks([row.key for row in rows], utc_now())
    lines = [_line(row, found.get(row.key)) for row in rows]
    on = sum(row.is_active for row in rows)
    context: dict[str, Any] = around(
        request,
        "Placements",
        "placements",
        lines=lines,
        headline=_headline(len(rows), on),
        rules=PlacementRule.objects.filter(placement=None).count(),
        kinds=[(kind.value, *words) for kind, words in KINDS.items()],
    )
    return TemplateResponse(request, "placements/list.html", context)


@require_POST
def starters(request: HttpRequest) -> HttpResponse:
    """Adds the usual placements that are not there."""
    require(request, LOOK, ADD)
    made = services.add_starters(by=actor(request))
    if made:
        count = "1 placement was" if len(made) == 1 else f"{len(made)} placements were"
        messages.info(request, f"{count} added: look through them, and name their keys in your pages.")
    else:
        messages.info(request, "The usual placements are all there.")
    return HttpResponseRedirect(reverse("placements"))


def _headline(total: int, on: int) -> str:
    if not total:
        return "No placements yet"
    are = "1 placement answers" if on == 1 else f"{on} placements answer"
    return f"{are} in shop and mails" + (f", {total - on} switched off" if total > on else "")


def _line(row: Placement, week: Week | None) -> Line:
    stands = KINDS[Kind(row.kind)][0] if row.kind in ORDER else row.kind
    try:
        spec = spec_from_row(row, [rule_from_row(rule) for rule in row.rules.all()])
    except msgspec.ValidationError as error:
        return Line(row, stands, f"It cannot be read and is not served: {error}", True, week)
    return Line(row, stands, sentence(spec), False, week)
