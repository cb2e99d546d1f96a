"""A comparison as its page shows it: headline, curves, learners, tenths, features, what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from cdp.admin_home.charts import Chart, Series
from consent.reasons import reason_words
from experiments.metrics import CONVERSION, COUNT, MetricError, parse_metric
from experiments.models import UpliftRun
from experiments.uplift.compare import TOP, Compared
from experiments.uplift.learners import BY_KEY
from experiments.uplift.specs import ExperimentSpec, read_spec
from experiments.uplift.words import advice, amount, choice_words, effect_words, headline, qini, tenth_words

STATES = {
    "queued": ("waits", ""),
    "running": ("at work", ""),
    "done": ("done", "ok"),
    "failed": ("failed", "bad"),
    "cancelled": ("cancelled", "warn"),
}
LEFT_OUT = {
    "crossed": "met both variants before they were known to be one person",
    "other variant": "met another variant",
    "too new": "met it so lately that their days are not over",
    "sampled": "beyond the 300,000 rows that are compared, drawn by lot",
}


@dataclass(frozen=True, slots=True)
class LearnerLine:
    """One learner of the table."""

    label: str
    says: str
    qini: str
    spread: str
    interval: str
    auuc: str
    behind: str
    tag: str
    is_used: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What a finished comparison says."""

    headline: str
    effect: str
    choice: str
    advice: str
    is_found: bool
    says_response: bool
    curve: Chart
    tenths: Chart
    learners: list[LearnerLine]
    rows: list[tuple[int, str, str, str, str, str]]
    features: list[tuple[str, str, str, str]]
    caveats: list[str]
    columns: str


def result_of(run: UpliftRun) -> Compared | None:
    """The stored result; None while there is none, or where it cannot be read any more."""
    if run.result is None:
        return None
    try:
        return msgspec.convert(run.result, type=Compared)
    except msgspec.ValidationError:
        return None


def shown(found: Compared) -> Shown:
    """Everything the page says of it."""
    return Shown(
        headline=headline(found),
        effect=effect_words(found),
        choice=choice_words(found),
        advice=advice(found),
        is_found=found.is_found,
        says_response=BY_KEY[found.chosen].is_response and found.is_found,
        curve=_curve(found),
        tenths=_tenths(found),
        learners=_learners(found),
        rows=[
            (place, f"{one.people:,}", *tenth_words(one, is_binary=found.is_binary))
            for place, one in enumerate(found.deciles, 1)
        ],
        features=[
            (one.name, f"{one.top:,.2f}", f"{one.rest:,.2f}", f"{one.steps:+.2f}".replace("-", "−"))
            for one in found.features
        ],
        caveats=list(found.caveats),
        columns=", ".join(found.columns),
    )


def sentence(run: UpliftRun) -> str:
    """What is compared, in words."""
    try:
        spec = read_spec(run.spec)
    except msgspec.ValidationError:
        return "What it compared cannot be read any more."
    if isinstance(spec, ExperimentSpec):
        of = run.experiment.name if run.experiment else "an experiment that was removed"
        return f"“{spec.treated}” against “{spec.control}” of {of}: {goal_words(spec.goal)}"
    of = run.upload.name if run.upload else "a file that is deleted"
    return f"“{spec.treated}” against “{spec.control}” in {of}: {spec.outcome}"


def goal_words(goal: Mapping[str, object]) -> str:
    """A goal as one reads it."""
    try:
        metric = parse_metric(goal)
    except MetricError as error:
        return f"a goal that cannot be read ({error.message})"
    event = "an order" if metric.measure.is_of_orders else metric.measure.event
    what = {CONVERSION: f"{event} or not", COUNT: f"how many times {event}"}.get(
        metric.kind, f"{metric.measure.amount} of {event}"
    )
    return f"{what}, within {metric.within_days} days"


def left_out(run: UpliftRun) -> list[str]:
    """Who was not learned from, and why."""
    said = []
    for reason, count in sorted(run.left_out.items(), key=lambda one: -one[1]):
        words = LEFT_OUT.get(reason)
        if words is None and reason.startswith("gate:"):
            words = f"do not allow the training of models ({reason_words(reason.removeprefix('gate:'))})"
        said.append(f"{count:,} {words or reason}")
    return said


def brief(run: UpliftRun) -> str:
    """One line for the list."""
    found = result_of(run)
    if found is None:
        return run.problem
    return headline(found)


def _curve(found: Compared) -> Chart:
    times = 100.0 if found.is_binary else 1.0
    keys = list(dict.fromkeys((found.chosen, "response", found.best, "t", "s", "x")))
    colors = iter(("used", "other-1", "other-2", "other-3", "other-4"))
    series = []
    for key in keys:
        color = "response" if key == "response" and key != found.chosen else next(colors)
        label = f"{BY_KEY[key].label} (used)" if key == found.chosen else BY_KEY[key].label
        series.append(Series(label, [round(times * one, 4) for one in found.curves[key]], color, is_line=True))
    end = found.curves[found.chosen][-1]
    line = [round(times * end * share, 4) for share in found.shares]
    series.append(Series("at random", line, "random", is_line=True))
    return Chart(
        key="qini",
        title="Qini curves",
        labels=[f"{share:.0%}" for share in found.shares],
        series=series,
        x_title="People targeted, the highest scores first",
        y_title="Per treated head" + (", %" if found.is_binary else ""),
        decimals=2,
    )


def _tenths(found: Compared) -> Chart:
    times = 100.0 if found.is_binary else 1.0
    return Chart(
        key="tenths",
        title="Uplift by tenth of people",
        labels=[str(place) for place in range(1, len(found.deciles) + 1)],
        series=[
            Series(
                "Uplift",
                [round(times * one.uplift, 4) for one in found.deciles],
                "used",
                low=[round(times * one.low, 4) for one in found.deciles],
                high=[round(times * one.high, 4) for one in found.deciles],
            )
        ],
        x_title="Tenth, the highest scores first",
        y_title="Difference" + (", percent points" if found.is_binary else ""),
        decimals=2,
    )


def _learners(found: Compared) -> list[LearnerLine]:
    is_binary, lines = found.is_binary, []
    for one in found.learners:
        kind = BY_KEY[one.key]
        is_used, is_tie = one.key == found.chosen, one.behind <= one.noise
        tag = "used" if is_used else "as good within noise" if is_tie else ""
        behind = "best" if one.key == found.best else (
            f"{qini(-one.behind, is_binary=is_binary)} ±\u00a0{qini(one.noise, is_binary=is_binary)}"
        )  # fmt: skip
        lines.append(
            LearnerLine(
                label=kind.label,
                says=kind.says,
                qini=qini(one.qini, is_binary=is_binary),
                spread=f"±\u00a0{qini(one.spread, is_binary=is_binary)}",
                interval=f"{qini(one.low, is_binary=is_binary)} to {qini(one.high, is_binary=is_binary)}",
                auuc=amount(one.auuc, is_binary=is_binary),
                behind=behind,
                tag=tag,
                is_used=is_used,
            )
        )
    return lines


TOP_WORDS = f"{TOP:.0%}".replace("%", "\u00a0%")
