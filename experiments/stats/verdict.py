"""What may be said of an experiment now, and what is still missing. Pure.

No winner is named before it is allowed: the split came out as asked, whole weeks have passed, enough people were met,
the always-valid interval of the deciding metric leaves out 0 after correction, and no guardrail is surely worse.
"""

from collections.abc import Mapping, Sequence

from experiments.stats.judging import FEWEST_DOERS
from experiments.stats.results import (
    BROKEN,
    CONTROL,
    GUARDRAIL,
    NO_DIFFERENCE,
    STOPPED_BY_GUARDRAIL,
    UNDECIDED,
    WINNER,
    Check,
    MetricResult,
    SampleRatio,
    VariantResult,
    Verdict,
)

WEEK = 7
NOBODY: Mapping[str, int] = {}
WHY = {
    "unasked": "never asked about analytics (the law wants a yes first)",
    "refused": "who refuse analytics",
    "crossed": "who met several variants",
    "before": "of before the share was changed",
    "shared": "on devices of many",
    "unknown": "of whom no event came",
}
PEOPLE = 100
"""In each variant: the interval is right for many, not for a handful."""


def verdict(
    metrics: Sequence[MetricResult],
    ratio: SampleRatio,
    *,
    days: int,
    min_effect: float,
    weeks: int = 1,
    left_out: Mapping[str, int] = NOBODY,
) -> Verdict:
    """`metrics`: the deciding one first. `days`: whole ones since it began; `weeks`: how many must have passed;
    `left_out`: {reason: people} who met it and are not counted."""
    deciding = metrics[0] if metrics else None
    variants = deciding.variants[1:] if deciding else ()
    best = _best(variants)
    checks = (
        _split(ratio),
        _weeks(days, weeks),
        _people(deciding, left_out),
        _effect(deciding, best),
        _guardrails(metrics, best),
    )
    state = _state(checks, variants, best, min_effect)
    winner = best.variant if state == WINNER and best else ""
    return Verdict(state, winner, _sentence(state, best, checks, min_effect), checks)


def _best(variants: Sequence[VariantResult]) -> VariantResult | None:
    """The one that is better by most, if any is surely better."""
    better = [one for one in variants if one.is_better]
    return max(better, key=lambda one: abs(one.absolute.value) if one.absolute else 0.0, default=None)


def _state(
    checks: Sequence[Check], variants: Sequence[VariantResult], best: VariantResult | None, min_effect: float
) -> str:
    split, weeks, people, effect, guardrails = (one.is_met for one in checks)
    if not split:
        return BROKEN
    if not (weeks and people):
        return UNDECIDED
    if effect and best is not None:
        return WINNER if guardrails else STOPPED_BY_GUARDRAIL
    if variants and all(one.is_worse for one in variants):
        return CONTROL
    if variants and all(_is_within(one, min_effect) for one in variants):
        return NO_DIFFERENCE
    return UNDECIDED


def _is_within(one: VariantResult, min_effect: float) -> bool:
    return one.relative is not None and -min_effect < one.relative.low and one.relative.high < min_effect


def _sentence(state: str, best: VariantResult | None, checks: Sequence[Check], min_effect: float) -> str:
    if state == BROKEN:
        return "People were not split as asked: nothing here may be believed until the reason is found."
    if state == WINNER and best is not None:
        return f"“{best.variant}” wins."
    if state == STOPPED_BY_GUARDRAIL and best is not None:
        return f"“{best.variant}” is better on the deciding goal, but a guardrail suffers: no winner."
    if state == CONTROL:
        return "Every variant is worse than the control: keep the control."
    if state == NO_DIFFERENCE:
        return f"No variant differs from the control by {min_effect:.1%} or more: there is nothing worth finding."
    missing = [one.text for one in checks if not one.is_met]
    return f"No winner yet. {missing[0]}" if missing else "No winner yet."


def _split(ratio: SampleRatio) -> Check:
    if ratio.p_value is None:
        return Check("sample_ratio", "Nobody was counted yet.", is_met=True)
    told = "so uneven a split" if ratio.is_alarming else "a split at least this uneven"
    chance = "less than once in a thousand" if ratio.is_alarming else f"with a chance of {ratio.p_value:.1%}"
    return Check(
        "sample_ratio",
        f"People were {'not ' if ratio.is_alarming else ''}split as asked: {told} comes by chance {chance}.",
        is_met=not ratio.is_alarming,
    )


def _weeks(days: int, weeks: int) -> Check:
    needed = weeks * WEEK
    if days < needed:
        text = f"It has run {_days(days)}; {_days(needed)} are the least, since weekdays differ."
    else:
        text = f"It has run {_days(days)}, {_days(needed)} are the least."
    return Check("whole_weeks", text, is_met=days >= needed)


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _people(deciding: MetricResult | None, left_out: Mapping[str, int]) -> Check:
    fewest = min((one.people for one in deciding.variants), default=0) if deciding else 0
    doers = sum(one.doers for one in deciding.variants) if deciding else 0
    text = f"The smallest variant has {fewest:,} people; {PEOPLE:,} are the least."
    if fewest >= PEOPLE and doers < FEWEST_DOERS:
        text = f"{doers} people reached the deciding goal; {FEWEST_DOERS} are the least."
    elif fewest < PEOPLE and left_out:
        text += f" Not counted: {_left_out(left_out)}."
    return Check("people", text, is_met=fewest >= PEOPLE and doers >= FEWEST_DOERS)


def _left_out(left_out: Mapping[str, int]) -> str:
    """The most frequent reason first."""
    ordered = sorted(left_out.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{people:,} {WHY.get(reason, reason)}" for reason, people in ordered)


def _effect(deciding: MetricResult | None, best: VariantResult | None) -> Check:
    if deciding is None:
        return Check("effect", "It has no goal: set one that decides.", is_met=False)
    if deciding.problem:
        return Check("effect", f"“{deciding.name}”: {deciding.problem}", is_met=False)
    if best is None:
        return Check("effect", f"No variant is surely better on “{deciding.name}”.", is_met=False)
    return Check("effect", f"“{best.variant}” is surely better on “{deciding.name}”.", is_met=True)


def _guardrails(metrics: Sequence[MetricResult], best: VariantResult | None) -> Check:
    """Of the best variant; while there is none, of all of them."""
    hurt = [
        f"“{metric.name}” is surely worse with “{one.variant}”"
        for metric in metrics
        if metric.role == GUARDRAIL
        for one in metric.variants
        if one.is_worse and (best is None or one.variant == best.variant)
    ]
    if hurt:
        return Check("guardrails", f"{'; '.join(hurt)}.", is_met=False)
    count = sum(metric.role == GUARDRAIL for metric in metrics)
    return Check("guardrails", "No guardrail suffers." if count else "There are no guardrails.", is_met=True)
