"""All offers: each in words, how often it was given, and what is left of its budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cdp.admin_offer.rights import LOOK, around, require
from offers.models import Budget, Offer, Redemption
from offers.sentences import KINDS, amount, sentence
from offers.terms import Kind, TermsError, parse_terms

ORDER = {state: place for place, state in enumerate(("waiting", "live", "paused", "draft", "ended"))}
MOST = 500
STATES = (("Not ended", ""), ("Live", "live"), ("Waiting", "waiting"), ("Drafts", "draft"), ("Ended", "ended"))


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of a limit is used, from 0 to 1."""

    label: str
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One offer."""

    row: Offer
    kind: str
    says: str
    is_broken: bool
    words: tuple[str, ...]
    redeemed: str
    reserved: str
    given: str
    meters: tuple[Meter, ...]


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list; ?state= narrows it."""
    require(request, LOOK)
    asked = request.GET.get("state", "")
    rows = Offer.objects.select_related("version", "budget")
    rows = rows.filter(state=asked) if asked in Offer.State.values else rows.exclude(state=Offer.State.ENDED)
    found = sorted(rows.order_by("-updated_at")[:MOST], key=lambda row: ORDER.get(row.state, 9))
    counts = _counts([row.pk for row in found])
    here = reverse("offers")
    context: dict[str, Any] = around(
        request,
        "Offers",
        lines=[_line(row, counts.get(row.pk, {})) for row in found],
        is_narrowed=bool(asked) or Offer.objects.exists(),
        headline=_headline(found, asked),
        states=[(name, f"{here}?state={state}" if state else here, state == asked) for name, state in STATES],
        kinds=[(kind.value, *words) for kind, words in KINDS.items()],
    )
    return TemplateResponse(request, "offers/list.html", context)


def meters_of(budget: Budget | None) -> tuple[Meter, ...]:
    """What is used of an offer's limits."""
    if budget is None:
        return ()
    found = []
    if budget.money_limit is not None:
        used, limit = (amount(one, budget.currency) for one in (budget.money_used, budget.money_limit))
        found.append(Meter("Budget", _share(budget.money_used, budget.money_limit), f"{used} of {limit}"))
    if budget.count_limit is not None:
        words = f"{budget.count_used:,} of {budget.count_limit:,} times"
        found.append(Meter("Times", _share(Decimal(budget.count_used), Decimal(budget.count_limit)), words))
    return tuple(found)


def _share(used: Decimal, limit: Decimal) -> float:
    return min(1.0, float(used / limit)) if limit else 1.0


def _counts(ids: list[int]) -> Mapping[int, Mapping[str, Any]]:
    rows = Redemption.objects.filter(offer_id__in=ids).values("offer_id", "currency")
    sums = rows.annotate(
        redeemed=Count("id", filter=Q(state=Redemption.State.REDEEMED)),
        reserved=Count("id", filter=Q(state=Redemption.State.RESERVED)),
    )
    found: dict[int, dict[str, Any]] = {}
    for row in sums:
        one = found.setdefault(row["offer_id"], {"redeemed": 0, "reserved": 0})
        one["redeemed"] += row["redeemed"]
        one["reserved"] += row["reserved"]
    return found


def _line(row: Offer, counts: Mapping[str, Any]) -> Line:
    raw = row.draft if row.version is None else row.version.terms
    kind = KINDS[Kind(raw["kind"])][0] if raw.get("kind") in set(Kind) else "?"
    try:
        terms = parse_terms(raw)
        says, is_broken = sentence(terms), False
        words = ("With a code",) if terms.needs_code else ()
    except TermsError as error:
        says, is_broken, words = (
            f"To mend: {error.faults[0].path.removeprefix('$.')} {error.faults[0].message}.",
            True,
            (),
        )
    if row.version is not None and row.draft and row.draft != row.version.terms:
        words = (*words, "Draft differs")
    budget = getattr(row, "budget", None)
    given = amount(budget.money_used, budget.currency) if budget and budget.money_used else "–"
    redeemed, reserved = (f"{counts.get(name, 0):,}" for name in ("redeemed", "reserved"))
    return Line(row, kind, says, is_broken, words, redeemed, reserved, given, meters_of(budget))


def _headline(rows: list[Offer], asked: str) -> str:
    live = sum(row.state == Offer.State.LIVE for row in rows)
    waiting = sum(row.state == Offer.State.WAITING for row in rows)
    said = "1 offer is live" if live == 1 else f"{live} offers are live"
    if asked:
        return f"{len(rows)} offer{'' if len(rows) == 1 else 's'} here"
    return said + (f", {waiting} wait{'s' if waiting == 1 else ''} for approval" if waiting else "")
