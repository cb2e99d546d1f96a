"""Figures of reports in sentences. Pure but for how money is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cdp.lib.admin_parts import money
from experiments.lift import ALARMING, FEWEST
from mailing.queries.reports import HOLDOUT, TREATED, Beside, Earned, StepResult

SPACE = "\u00a0"
FEW = 100  # mails below which counts stand, no shares


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the holdout tells. `tag`: ok, bad, warn or empty. `lines`: (what, figure)."""

    headline: str
    tag: str
    note: str
    lines: tuple[tuple[str, str], ...] = ()
    warning: str = ""


def share(count: int, of: int) -> str:
    """“12 (3.4 %)”; the count alone where there are too few for a share."""
    if not of:
        return "–"
    if of < FEW:
        return f"{count:,} of {of:,}"
    return f"{count:,} ({count / of * 100:.1f}{SPACE}%)"


def revenue(earned: Iterable[Earned], *, after_click: bool = False) -> str:
    """Money of each currency, joined."""
    parts = [
        money(one.revenue_after_click if after_click else one.revenue, one.currency)
        for one in earned
        if (one.orders_after_click if after_click else one.orders)
    ]
    return " + ".join(parts) or "–"


def headline(found: list[StepResult], days: int) -> str:
    """“1,204 sent in the last 28 days; 96 orders followed”."""
    handed = sum(one.handed for one in found)
    if not found:
        return f"Nothing was to be sent in the last {days} days"
    orders = sum(each.orders for one in found for each in one.earned)
    followed = (
        "no order followed" if not orders else "1 order followed" if orders == 1 else f"{orders:,} orders followed"
    )
    return f"{handed:,} sent in the last {days} days; {followed}"


def verdict(found: Beside | None, *, window_days: int, has_holdout: bool, is_over: bool) -> Verdict:
    """What was earned beyond what would have been earned anyway."""
    if not has_holdout:
        note = (
            "Without a holdout nobody can know what of this would have been bought anyway. Give it one in its settings."
        )
        return Verdict("It has no comparison group", "", note)
    if found is None:
        return Verdict(
            "Nobody was assigned in this period", "", "People are assigned when they would be written to first."
        )
    warning = _uneven(found)
    lines = _lines(found)
    if found.lift is None:
        few = min(found.heads.get(TREATED, 0), found.heads.get(HOLDOUT, 0))
        note = (
            f"The smaller side has {few:,} people; it takes {FEWEST} on each side, of whom some bought."
            if few < FEWEST
            else "Nobody on either side has bought anything yet."
        )
        return Verdict("Too little is known to tell what it earns", "", note, lines, warning)
    total, low, high = (money(Decimal(str(round(each, 2))), found.currency) for each in found.lift.total)
    between = f"The truth lies between {low} and {high} with 95{SPACE}% certainty"
    still = "" if is_over else f" Orders of the last {window_days} days may still come, on both sides."
    if not found.lift.is_sure:
        return Verdict(
            f"About {total} beyond the holdout, but this may be chance", "warn", f"{between}.{still}", lines, warning
        )
    if found.lift.difference > 0:
        return Verdict(
            f"It earned about {total} that would not have been earned otherwise",
            "ok",
            f"{between}.{still}",
            lines,
            warning,
        )
    return Verdict(
        f"It cost about {total.lstrip('−')}: who was left alone bought more",
        "bad",
        f"{between}.{still}",
        lines,
        warning,
    )


def _lines(found: Beside) -> tuple[tuple[str, str], ...]:
    lines = [
        ("Written to", f"{found.heads.get(TREATED, 0):,} people"),
        ("Held out", f"{found.heads.get(HOLDOUT, 0):,} people"),
    ]
    if found.lift is not None:
        for name, one in (("written to", found.lift.treated), ("held out", found.lift.holdout)):
            mean = money(Decimal(str(round(one.mean, 4))), found.currency)
            lines.append((f"A person {name} brought", f"{mean}; {share(one.buyers, one.heads)} bought"))
    if found.in_both:
        lines.append(("Left out", f"{found.in_both:,} with addresses on both sides"))
    return tuple(lines)


def _uneven(found: Beside) -> str:
    if found.ratio is None or found.ratio >= ALARMING:
        return ""
    return (
        "The sides are not as large as they should be: so uneven a split comes by chance less than once in a thousand. "
        "Do not trust this comparison; was the share of the holdout changed, or are people missing on one side?"
    )
