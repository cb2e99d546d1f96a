"""The calculator beside the editor: how many people and days what stands in the form would take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp.admin_experiment.estimating import Base, base_of
from cdp.admin_experiment.typed import Typed
from experiments.drafts import ExperimentDraft
from experiments.metrics import CONVERSION, Metric, MetricError, parse_metric
from experiments.stats.planning import Plan, PlanError, Wanted, plan

POWER = 0.8
FIELDS = {"mean": "The average today", "deviation": "The standard deviation", "min_effect": "The smallest effect"}


@dataclass(frozen=True, slots=True)
class Planned:
    """What the page says. `plan` is None where something is missing, which `headline` then says."""

    headline: str
    base_words: str = ""
    plan: Plan | None = None
    weeks: Sequence[tuple[int, str, str, bool]] = ()
    base_shown: str = ""
    people_a_day: str = ""
    is_share: bool = True


def planned(typed: Typed, draft: ExperimentDraft, now: datetime) -> Planned:
    """By what is typed; what is not, by the last weeks."""
    if not draft.goals:
        return Planned("Name a goal, and you see how long it takes.")
    try:
        metric = parse_metric(dict(draft.goals[0]))
    except MetricError as error:
        return Planned(f"The first goal is not complete: it {error.message}.")
    mean, deviation, a_day = (typed.number(name) for name in ("base", "deviation", "people_a_day"))
    is_share = metric.kind == CONVERSION
    if is_share and mean is not None:
        mean = mean / 100
    words = "By what you typed."
    if mean is None or a_day is None or (not is_share and deviation is None):
        base = base_of(metric, draft.audience, now)
        if isinstance(base, str):
            return Planned(base, is_share=is_share)
        mean, deviation = base.mean if mean is None else mean, base.deviation if deviation is None else deviation
        a_day, words = base.people_a_day if a_day is None else a_day, base.words
    return _planned(metric, draft, Base(mean, None if is_share else deviation, a_day, words))


def _planned(metric: Metric, draft: ExperimentDraft, base: Base) -> Planned:
    is_share = metric.kind == CONVERSION
    part = draft.traffic * (draft.layer_share if draft.layer else 1.0)
    wanted = Wanted(
        mean=base.mean,
        shares={one.key: float(one.share) for one in draft.variants},
        control=draft.control,
        min_effect=draft.min_effect,
        deviation=base.deviation,
        alpha=draft.alpha,
        power=POWER,
        people_a_day=base.people_a_day * part,
        within_days=metric.within_days,
    )
    try:
        found = plan(wanted)
    except (PlanError, KeyError, ValueError) as error:
        field, text = (
            (error.field, str(error)) if isinstance(error, PlanError) else ("", "the variants are not complete")
        )
        said = text.removeprefix(f"{field}: ")
        return Planned(f"{FIELDS.get(field, 'Not yet')}: {said}.", base.words, is_share=is_share)
    shown = f"{base.mean * 100:.4g}" if is_share else f"{base.mean:.4g}"
    weeks = [
        (one.week, f"{one.people:,}", f"{one.effect * 100:,.1f} %", one.effect <= draft.min_effect)
        for one in found.by_week[:8]
    ]
    return Planned(_headline(found), base.words, found, weeks, shown, f"{base.people_a_day:,.0f}", is_share)


def _headline(found: Plan) -> str:
    people = f"about {found.people:,} people"
    if found.days is None:
        return f"It takes {people}; nobody comes, as far as is known"
    weeks = found.days // 7
    if weeks > 52:
        return f"It takes {people}: more than a year. Look for a larger effect, a more frequent goal or more traffic"
    return f"It takes {people}: {weeks} week{'' if weeks == 1 else 's'} ({found.days} days)"
