"""How an offer goes: what is used of its budget day by day, how long it lasts, and the newest uses."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_home.charts import Chart, Series
from cdp.admin_offer.list_page import meters_of
from cdp.admin_offer.rights import LOOK, around, found, require, tabs
from cdp.lib.clock import utc_now
from offers.models import Budget, Offer, Redemption
from offers.queries.burn import DAYS, Burn, burn
from offers.sentences import amount

NEWEST = 25


@require_safe
def page(request: HttpRequest, offer_id: int) -> HttpResponse:
    """The charts and the newest uses."""
    require(request, LOOK)
    row = found(offer_id)
    now = utc_now()
    told = burn(row.pk, now)
    context: dict[str, Any] = around(
        request,
        f"{row.name}: how it goes",
        offer=row,
        tabs=tabs(row, "offer-figures"),
        headline=_headline(told, row),
        meters=meters_of(Budget.objects.filter(offer=row).first()),
        charts=_charts(told) if told.days else (),
        newest=Redemption.objects.filter(offer=row).select_related("code").order_by("-reserved_at")[:NEWEST],
    )
    return TemplateResponse(request, "offers/figures.html", context)


def _headline(told: Burn, row: Offer) -> str:
    if not told.days:
        return "Nobody has used it yet" if row.version else "It has not been published yet"
    uses = sum(one.redeemed for one in told.days)
    said = f"Redeemed {uses:,} time{'' if uses == 1 else 's'} in {DAYS} days"
    if told.left == 0 or (told.money_left is not None and told.money_left <= 0):
        return f"{said}: its budget is used up"
    if told.runs_out_on is None:
        return said
    return f"{said}: at the pace of the last week its budget lasts until {told.runs_out_on:%-d %B %Y}"


def _charts(told: Burn) -> tuple[Chart, ...]:
    labels = [f"{one.day:%-d %b}" for one in told.days]
    uses = Chart(
        key="uses",
        title="Reserved, redeemed and given back by day",
        labels=labels,
        series=(
            Series("Reserved", [one.reserved for one in told.days], "events"),
            Series("Redeemed", [one.redeemed for one in told.days], "orders"),
            Series("Given back", [one.given_back for one in told.days], "before"),
        ),
        x_title="Day",
        y_title="Uses",
    )
    burnt = [float(one.money_used) for one in told.days]
    if any(burnt):
        limit = None if told.money_limit is None else float(told.money_limit)
        currency = y_title = told.currency
        title = f"Given away so far: {amount(told.money_used, told.currency)}"
    else:
        burnt = [float(one.used) for one in told.days]
        limit, currency, y_title = None if told.count_limit is None else float(told.count_limit), "", "Uses"
        title = f"Used so far: {told.used:,} times"
    line = () if limit is None else (Series("Limit", [limit] * len(labels), "held", is_line=True),)
    used = Chart(
        key="burn",
        title=title,
        labels=labels,
        series=(Series("Used", burnt, "revenue", is_line=True), *line),
        x_title="Day",
        y_title=y_title,
        currency=currency,
    )
    return used, uses
