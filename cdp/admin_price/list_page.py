"""All price lists: whom each is for, what it says in words, how many rows it has, and whether it is answered by now."""

from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_price.rights import LOOK, around, require
from cdp.admin_price.words import sentence, when
from cdp.lib.clock import utc_now
from offers.models import PriceList
from offers.queries.price_lists import facts_of
from segments.queries.suggesting import names_of


@dataclass(frozen=True, slots=True)
class Line:
    """One list. `when`: over, to come, or "" while its dates include now."""

    row: PriceList
    rows: int
    says: str
    when: str


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list of lists: those that are live first, the higher priority before the lower."""
    require(request, LOOK)
    now, names = utc_now(), {**names_of("rule"), **names_of("static")}
    found = PriceList.objects.annotate(rows=Count("prices"))
    order = {PriceList.State.LIVE: 0, PriceList.State.DRAFT: 1, PriceList.State.ARCHIVED: 2}
    rows = sorted(
        found, key=lambda row: (order[PriceList.State(row.state)], -row.priority, row.name.casefold(), row.pk)
    )
    lines = []
    for row in rows:
        facts, count = facts_of(row), int(vars(row)["rows"])
        lines.append(Line(row, count, sentence(facts, count, names.get(row.segment, "")), when(facts, now)))
    live = sum(line.row.state == PriceList.State.LIVE and not line.when for line in lines)
    headline = f"{live} price list{'' if live == 1 else 's'} answer{'s' if live == 1 else ''} now"
    return TemplateResponse(request, "prices/list.html", around(request, "Prices", lines=lines, headline=headline))
