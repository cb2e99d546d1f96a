"""Whether results can be trusted: experiments in which nothing differs, looked at daily, by both kinds of interval."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_experiment.rights import LOOK, around, require
from cdp.admin_experiment.words import percent
from cdp.admin_home.charts import Chart, Series
from experiments.stats.simulation import AA, simulate_aa

SIMULATIONS, RATE = 2_000, 0.05
DAYS = ((14, "2 weeks"), (28, "4 weeks"), (56, "8 weeks"))
PEOPLE = ((200, "200"), (1_000, "1,000"), (10_000, "10,000"))
ALPHA = 0.05


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """?days= and ?people= of those offered."""
    require(request, LOOK)
    days, people = _one_of(request, "days", DAYS, 28), _one_of(request, "people", PEOPLE, 1_000)
    found = simulated(days, people)
    more = found.naive / max(found.always_valid, 1 / SIMULATIONS)
    context = around(
        request,
        "Can it be trusted?",
        "experiments-aa",
        found=found,
        headline=f"Of {found.simulations:,} experiments in which nothing differed, {percent(found.always_valid)} were"
        f" called here, {percent(found.naive)} by the usual interval",
        more=f"{more:,.0f}",
        always=percent(found.always_valid),
        naive=percent(found.naive),
        once=percent(found.once),
        chart=_chart(found),
        days=DAYS,
        people=PEOPLE,
        wanted_days=days,
        wanted_people=people,
        rate=percent(RATE, 0),
        alpha=percent(ALPHA, 0),
    )
    return TemplateResponse(request, "experiments/aa.html", context)


@lru_cache(maxsize=16)
def simulated(days: int, people: int) -> AA:
    """The same for the same question: the chance in it is seeded."""
    return simulate_aa(simulations=SIMULATIONS, days=days, people_a_day=people, rate=RATE, alpha=ALPHA)


def _chart(found: AA) -> Chart:
    shares = [
        Series(
            "The usual interval, looked at daily", [round(one.naive * 100, 2) for one in found.by_day], "alarm", True
        ),
        Series("The interval used here", [round(one.always_valid * 100, 2) for one in found.by_day], "orders", True),
        Series(f"Promised: {ALPHA:.0%}", [ALPHA * 100] * len(found.by_day), "before", True),
    ]
    labels = [str(one.day) for one in found.by_day]
    title = "Experiments without any difference that had been called by each day"
    return Chart("aa", title, labels, shares, "Day", "Called, in %", decimals=1)


def _one_of(request: HttpRequest, name: str, offered: tuple[tuple[int, str], ...], otherwise: int) -> int:
    asked = request.GET.get(name, "")
    return next((value for value, _ in offered if str(value) == asked), otherwise)
