"""Whom the terms in the editor reach now, and what they would have cost last month: in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lake.contracts import QueryError
from offers.queries.estimating import DAYS, CostEstimate, estimate_cost
from offers.sentences import amount
from offers.terms import Terms
from profiles.models import Profile
from segments.models import Segment
from segments.queries import PreviewBusyError, preview, size
from segments.rules import parse_rule


@dataclass(frozen=True, slots=True)
class Estimate:
    """What stands beside the editor. `problem`: why there is nothing to say."""

    audience: str = ""
    audience_note: str = ""
    cost: str = ""
    rows: Sequence[tuple[str, str]] = ()
    note: str = ""
    problem: str = ""


def estimate(terms: Terms, slug: str, now: datetime) -> Estimate:
    """`slug`: the segment that already holds its own rule, where it is published; else empty."""
    rule = terms.audience or {}
    held = str(rule["in_segment"]) if set(rule) == {"in_segment"} else slug if rule else ""
    audience, note = _audience(terms, held, now)
    found = estimate_cost(terms, held, now)
    unheld = ["the audience, which is not kept yet"] if rule and not held else []
    left_out = [*unheld, *found.left_out]
    return Estimate(
        audience=audience,
        audience_note=note,
        cost=_cost(found),
        rows=_rows(terms, found),
        note=f"Not looked at: {', '.join(left_out)}. " * bool(left_out)
        + "What it would have made people buy beyond that is not in it: an experiment tells.",
    )


def _audience(terms: Terms, held: str, now: datetime) -> tuple[str, str]:
    if terms.audience is None:
        return "Open to everybody", f"{Profile.objects.count():,} people are known; whoever is not may have it too."
    if held:
        segment = Segment.objects.filter(slug=held).first()
        if segment is None:
            return f"There is no segment “{held}”", "Choose another: as it is, nobody may have it."
        count = size(segment.pk)
        return (
            f"{count:,} {'person' if count == 1 else 'people'} may have it now",
            "As its members stand, who changes daily.",
        )
    try:
        found = preview(parse_rule(dict(terms.audience)), segment_id=None, now=now)
    except PreviewBusyError:
        return "Counting…", "Another count is under way: it is tried again with your next change."
    except QueryError as error:
        return "Not counted", str(error)
    return (
        f"{found.count:,} {'person' if found.count == 1 else 'people'} may have it now",
        "As the rule holds at this moment.",
    )


def _cost(found: CostEstimate) -> str:
    if not found.looked_at:
        return f"No orders in {DAYS} days to estimate the cost by"
    if not found.given:
        return f"None of the last {found.looked_at:,} orders would have got it"
    share = f"{100 * found.given / found.looked_at:.0f} %"
    return f"{found.given:,} of the last {found.looked_at:,} orders ({share}) would have got it"


def _rows(terms: Terms, found: CostEstimate) -> list[tuple[str, str]]:
    if not found.saving:
        return []
    rows = [
        ("Given away for those", amount(found.saving, found.currency)),
        ("Each, on average", amount(found.each, found.currency)),
        (f"All {found.orders:,} orders of {DAYS} days, about", amount(found.scaled, found.currency)),
    ]
    if terms.budget_money is not None and found.scaled:
        days = terms.budget_money / (found.scaled / DAYS)
        lasts = f"{days:.0f} days" if days < 730 else "years"
        rows.append((f"A budget of {amount(terms.budget_money, found.currency)} lasts about", lasts))
    return rows
