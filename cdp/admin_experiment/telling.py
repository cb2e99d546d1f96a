"""A stored result as the experiment's page draws it: rows of every metric, groups, days, the conditions of a winner."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdp.admin_experiment.plots import Interval, Scale, as_share, effects_of, scale_of
from cdp.admin_experiment.words import LEFT_OUT, absolute, absolute_interval, called, interval, mean, percent, signed
from cdp.admin_home.charts import Chart, Series
from experiments.models import Experiment
from experiments.stats.results import DECIDING, GUARDRAIL, ExperimentResult, MetricResult, VariantResult

COLORS = ("people", "orders", "mails", "held", "events", "alarm", "new", "revenue", "left")
ROLES = {DECIDING: "decides", "goal": "goal", GUARDRAIL: "guardrail"}


@dataclass(frozen=True, slots=True)
class Row:
    """One variant on one metric, in words. `plot` is None of the control and where nothing is known."""

    name: str
    key: str
    is_control: bool
    people: str
    mean: str
    doers: str
    relative: str
    between: str
    once: str
    absolute: str
    chance: str
    verdict: str
    mood: str
    plot: Interval | None


@dataclass(frozen=True, slots=True)
class Table:
    """One metric, or one group of people: its rows on one scale, and what stands below them."""

    title: str
    role: str
    about: str
    problem: str
    rows: Sequence[Row]
    scale: Scale
    notes: Sequence[str]


def tables(row: Experiment, result: ExperimentResult) -> list[Table]:
    """Every metric, the deciding one first."""
    return [_table(row, result, metric) for metric in result.metrics]


def slice_tables(row: Experiment, result: ExperimentResult) -> list[Table]:
    """The deciding metric in each group asked for."""
    metric = result.deciding
    if metric is None:
        return []
    found = []
    for one in result.slices:
        scale = scale_of(effects_of(one.variants))
        rows = [_row(row, result, metric, each, scale) for each in one.variants]
        about = f"{one.people:,} people who were in it when they met the experiment"
        found.append(Table(one.name, "", about, "", rows, scale, ()))
    return found


def day_chart(row: Experiment, result: ExperimentResult) -> Chart | None:
    """How the effect on the deciding metric came to be known, day by day, with its intervals."""
    metric = result.deciding
    if metric is None or len({one.day for one in metric.days}) < 2:
        return None
    days = sorted({one.day for one in metric.days})
    known = {(one.day, one.variant): as_share(one.absolute, one.relative) for one in metric.days}
    others = [one.variant for one in metric.variants if one.variant != result.control]
    series = []
    for place, variant in enumerate(others):
        effects = [known.get((day, variant)) for day in days]
        series.append(
            Series(
                called(row, variant),
                [None if one is None else round(one.value * 100, 2) for one in effects],
                COLORS[place % len(COLORS)],
                is_line=True,
                low=[None if one is None else round(one.low * 100, 2) for one in effects],
                high=[None if one is None else round(one.high * 100, 2) for one in effects],
            )
        )
    title = f"“{metric.name}” against “{called(row, result.control)}”, as it was known each day"
    labels = [f"{day:%-d %b}" for day in days]
    return Chart("days", title, labels, series, "Day", "Difference in %", decimals=1)


def heads_rows(row: Experiment, result: ExperimentResult) -> list[tuple[str, str, str]]:
    """(variant, people counted, people expected by the shares)."""
    ratio = result.sample_ratio
    return [(called(row, key), f"{n:,}", f"{ratio.expected.get(key, 0):,.0f}") for key, n in ratio.heads.items()]


def left_out(result: ExperimentResult) -> list[tuple[str, str, str]]:
    """(reason, people, what it means) of those who are not counted."""
    return [(reason, f"{n:,}", LEFT_OUT.get(reason, reason)) for reason, n in sorted(result.left_out.items()) if n]


def _table(row: Experiment, result: ExperimentResult, metric: MetricResult) -> Table:
    scale = scale_of(effects_of(metric.variants))
    rows = [_row(row, result, metric, one, scale) for one in metric.variants]
    wish = "more is better" if metric.direction == "up" else "less is better"
    about = f"within {metric.within_days} day{'' if metric.within_days == 1 else 's'} of meeting it; {wish}"
    return Table(metric.name, ROLES.get(metric.role, metric.role), about, metric.problem, rows, scale, _notes(metric))


def _notes(metric: MetricResult) -> list[str]:
    found = []
    if metric.variance_removed is not None and metric.variance_removed > 0.005:
        found.append(
            f"What people did in the 30 days before explains {percent(metric.variance_removed, 0)} of the noise, which"
            " the intervals leave out (CUPED). Means are shown as they were."
        )
    elif metric.variance_removed is not None:
        found.append("What people did before explains next to nothing here: the adjustment (CUPED) changes nothing.")
    if metric.capped:
        found.append(f"{metric.capped:,} people brought more than {metric.cap:,.2f} and count with that.")
    return found


def _row(row: Experiment, result: ExperimentResult, metric: MetricResult, one: VariantResult, scale: Scale) -> Row:
    mood = "better" if one.is_better else "worse" if one.is_worse else "unsure"
    words = {"better": "surely better", "worse": "surely worse", "unsure": "not sure"}[mood]
    is_control = one.variant == result.control
    known, is_known = as_share(one.absolute, one.relative), one.absolute is not None
    return Row(
        name=called(row, one.variant),
        key=one.variant,
        is_control=is_control,
        people=f"{one.people:,}",
        mean=mean(metric, one.mean),
        doers=f"{one.doers:,}",
        relative=signed(known.value) if known else "–",
        between=interval(known) if known else absolute_interval(metric, one.absolute) if one.absolute else "",
        once=f"{signed(known.fixed_low)} to {signed(known.fixed_high)}" if known else "",
        absolute=absolute(metric, one.absolute.value) if one.absolute else "",
        chance=percent(one.chance, 0) if one.chance is not None else "–",
        verdict="control" if is_control else words if is_known else "too few people",
        mood="control" if is_control else mood,
        plot=scale.interval(known, mood) if known and not is_control else None,
    )
