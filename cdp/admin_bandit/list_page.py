"""All bandits that run: what each found out so far."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_bandit.frame import LOOK, around, require
from cdp.admin_bandit.shown import headline
from cdp.admin_bandit.words import plays
from cdp.lib.clock import utc_now
from decisions.models import DecisionPlacement
from decisions.queries.bandit_figures import standing
from decisions.queries.bandit_log import running_bandits


@dataclass(frozen=True, slots=True)
class Line:
    """One bandit."""

    placement_id: int
    name: str
    key: str
    says: str
    plays: str
    is_paused: bool


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every running bandit."""
    require(request, LOOK)
    found = running_bandits()
    rows = DecisionPlacement.objects.in_bulk([one.placement_id for one in found])
    recently = utc_now() - timedelta(days=1)
    lines = [
        Line(
            one.placement_id,
            rows[one.placement_id].name,
            one.key,
            headline(standing(one, recently)),
            plays(one.bandit),
            rows[one.placement_id].state == DecisionPlacement.State.PAUSED,
        )
        for one in found
    ]
    many = "1 place learns by itself" if len(lines) == 1 else f"{len(lines)} places learn by themselves"
    return TemplateResponse(request, "bandits/list.html", around(request, "Bandits", lines=lines, headline=many))
