"""Figures of experiments as one reads them, and the sentence that answers the page's question."""

from datetime import datetime

from cdp.admin_experiment.plots import as_share
from cdp.lib.admin_parts import money
from experiments.deciding import HOLDOUT_KEY
from experiments.metrics import CONVERSION, RATIO, REVENUE
from experiments.models import Experiment
from experiments.stats.results import (
    BROKEN,
    CONTROL,
    NO_DIFFERENCE,
    STOPPED_BY_GUARDRAIL,
    WINNER,
    Effect,
    ExperimentResult,
    MetricResult,
    VariantResult,
)
from experiments.stats.verdict import WEEK

SPACE = "\u00a0"
State = Experiment.State
STATES = {
    State.DRAFT: ("Draft", "h-tag-warn"),
    State.RUNNING: ("Running", "h-tag-ok"),
    State.STOPPED: ("Stopped", ""),
    State.ARCHIVED: ("Archived", ""),
}
KINDS = (
    (CONVERSION, "Share of people who do it"),
    ("count", "How often a person does it"),
    (REVENUE, "What a person brings"),
    (RATIO, "One thing per another"),
)
DIRECTIONS = (("up", "more is better"), ("down", "less is better"))
LEFT_OUT = {
    "crossed": "met several variants before we knew it was one person",
    "refused": "said no to analytics, or took their yes back",
    "unasked": "were never asked about analytics, and the law where they live wants a yes first",
    "before": "met it before the share of the holdout was set as it is now",
    "shared": "use a device of many",
    "unknown": "never seen apart from the exposure",
}
SLICE_NOTE = (
    "Whoever looks at many groups finds a difference in one of them by chance. These intervals and answers are"
    " corrected for all groups and variants looked at together (Holm), so a single “surely better” may be believed."
)


def percent(share: float | None, decimals: int = 1) -> str:
    """12.5 %; "–" for what is not known."""
    return "–" if share is None else f"{share * 100:,.{decimals}f}{SPACE}%".replace("-", "−")


def signed(share: float, decimals: int = 1) -> str:
    """+3.2 % or −1.0 %."""
    return f"{'+' if share >= 0 else '−'}{abs(share) * 100:,.{decimals}f}{SPACE}%"


def mean(metric: MetricResult, value: float) -> str:
    """A person's mean as the metric's kind is read: a share, money, or a figure."""
    if metric.kind == CONVERSION:
        return percent(value, 2)
    if metric.currency:
        return money(value, metric.currency)
    return f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def absolute(metric: MetricResult, value: float) -> str:
    """A difference of means with its sign: +€1.20, +0.4 points."""
    sign = "+" if value >= 0 else "−"
    if metric.kind == CONVERSION:
        return f"{sign}{abs(value) * 100:,.2f}{SPACE}points"
    if metric.currency:
        return f"{sign}{money(abs(value), metric.currency)}"
    return f"{sign}{abs(value):,.3g}"


def interval(effect: Effect) -> str:
    """−1.2 % to +4.0 %."""
    return f"{signed(effect.low)} to {signed(effect.high)}"


def absolute_interval(metric: MetricResult, effect: Effect) -> str:
    """+€0.20 to +€2.00."""
    return f"{absolute(metric, effect.low)} to {absolute(metric, effect.high)}"


def called(row: Experiment, variant: str) -> str:
    """A variant's name for people: what it is, else its key."""
    return str(row.labels.get(variant) or variant)


def headline(row: Experiment, result: ExperimentResult | None, now: datetime) -> str:
    """The answer, first."""
    if row.key == HOLDOUT_KEY and row.state == State.STOPPED:
        return "Nobody is held out any more"
    if row.state == State.STOPPED and row.winner:
        return f"Stopped: everybody gets “{called(row, row.winner)}”"
    if row.state == State.STOPPED:
        return "Stopped without a winner: everybody gets the control"
    if row.state == State.DRAFT:
        return "Not started yet"
    if result is not None and not result.people and result.left_out:
        return f"Nobody is counted: all {sum(result.left_out.values()):,} who met it are left out"
    if result is None or result.deciding is None or not result.people:
        return "Too early to say: nobody was counted yet"
    return verdict(row, result)


def verdict(row: Experiment, result: ExperimentResult) -> str:
    """What the results say, whatever became of the experiment."""
    metric, state = result.deciding, result.verdict.state
    if state == BROKEN or metric is None:
        return "Broken: people were not split as asked, so nothing here may be believed"
    best = _best(metric)
    if state == WINNER:
        won = next(one for one in metric.variants if one.variant == result.verdict.winner)
        return brings(row, metric, won)
    if state == STOPPED_BY_GUARDRAIL:
        return "No winner: the goal is reached, but a guardrail suffers"
    if state == CONTROL:
        return "Keep the control: every variant is surely worse"
    if state == NO_DIFFERENCE:
        return f"No difference worth finding: it is surely below {percent(result.min_effect, 0)}"
    if (left := days_left(result)) > 0:
        return f"Too early to say: {left} more day{'' if left == 1 else 's'} at least"
    if best is None:
        return "Too early to say: too few people reached the goal"
    return f"Not sure yet: {brings(row, metric, best, is_sure=False)}"


def brings(row: Experiment, metric: MetricResult, one: VariantResult, *, is_sure: bool = True) -> str:
    """“B” brings €1.20 more a person (+3.2 %, interval +1.0 % to +5.4 %)."""
    if one.absolute is None:
        return f"nothing is known of “{called(row, one.variant)}” yet"
    value, share = one.absolute.value, as_share(one.absolute, one.relative)
    name = called(row, one.variant)
    more, verb = "more" if value >= 0 else "less", "brings" if is_sure else "seems to bring"
    if share is None:
        return f"“{name}” {verb} {metric.name}: {absolute_interval(metric, one.absolute)}; the control brought none"
    if metric.kind == CONVERSION:
        return f"“{name}” {verb} {percent(abs(share.value))} {more} {metric.name} (interval {interval(share)})"
    size = absolute(metric, abs(value)).lstrip("+") + ("" if metric.currency else f" {metric.name}")
    return f"“{name}” {verb} {size} {more} a person ({signed(share.value)}; interval {interval(share)})"


def days_left(result: ExperimentResult) -> int:
    """Whole days until the least run is over, as the verdict's check on whole weeks asks."""
    weeks = next((one for one in result.verdict.checks if one.code == "whole_weeks"), None)
    if weeks is None or weeks.is_met:
        return 0
    return max(1, WEEK - result.days)


def _best(metric: MetricResult) -> VariantResult | None:
    sign = 1 if metric.direction == "up" else -1
    known = [one for one in metric.variants if one.absolute is not None]
    return max(known, key=lambda one: sign * (one.absolute.value if one.absolute else 0.0), default=None)
