"""From sums by variant to what is told of each metric: effects, both intervals, corrected p-values. Pure.

The deciding metric is corrected over the variants (Holm), its intervals stand at the level of his step, so that they
leave out 0 exactly where he rejects. Further goals are corrected together (Benjamini and Hochberg) and their intervals
are not. Guardrails are not corrected: one too many alarms costs less than one too few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from experiments.metrics import CONVERSION, RATIO, UP, Metric
from experiments.stats import corrections, intervals, sums
from experiments.stats.intervals import Difference
from experiments.stats.results import DECIDING, GOAL, DayPoint, Effect, MetricResult, SliceResult, VariantResult
from experiments.stats.sums import Estimate, Sums

FEWEST = 30
"""People on each side below which nothing is told: a mean of a few is mostly one of them."""
FEWEST_DOERS = 5
"""People on either side, taken together, who did anything, below which nothing is told."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric's sums by variant (the control first) in the end, and at the end of each day."""

    metric: Metric
    role: str
    sums: tuple[Sums, ...]
    days: tuple[tuple[date, tuple[Sums, ...]], ...] = ()
    is_adjusted: bool = False
    currency: str = ""
    cap: float | None = None
    capped: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A variant beside the control. None: too little is known."""

    absolute: Difference | None
    relative: Difference | None
    p_value: float | None


def judged(measured: Sequence[Measured], variants: Sequence[str], alpha: float) -> tuple[MetricResult, ...]:
    """What is told of every metric; `variants` in the order of the sums."""
    compared = [[_compared(one, place, alpha) for place in range(1, len(variants))] for one in measured]
    goals = [
        (row, place)
        for row, one in enumerate(measured)
        if one.role == GOAL
        for place, each in enumerate(compared[row])
        if each.p_value is not None
    ]
    found = corrections.benjamini_hochberg([compared[row][place].p_value or 0.0 for row, place in goals])
    of_goals = dict(zip(goals, found, strict=True))
    told = []
    for row, one in enumerate(measured):
        if one.role == DECIDING:
            corrected, levels = holm_corrected(compared[row], alpha)
        else:
            corrected = [of_goals.get((row, place), each.p_value) for place, each in enumerate(compared[row])]
            levels = [alpha] * len(corrected)
        told.append(_metric(one, variants, compared[row], corrected, levels, alpha))
    return tuple(told)


def sliced(
    one: Measured, slices: Sequence[tuple[str, str, tuple[Sums, ...]]], variants: Sequence[str], alpha: float
) -> tuple[SliceResult, ...]:
    """The metric within each (slug, name, sums by variant), corrected over all slices and variants together."""
    parts = [Measured(one.metric, one.role, each, is_adjusted=one.is_adjusted) for _, _, each in slices]
    compared = [[_compared(part, place, alpha) for place in range(1, len(variants))] for part in parts]
    flat = [each for row in compared for each in row]
    corrected, levels = holm_corrected(flat, alpha)
    width = len(variants) - 1
    return tuple(
        SliceResult(
            segment=slug,
            name=name,
            people=sum(each.n for each in totals),
            variants=_variants(
                part,
                variants,
                compared[row],
                corrected[row * width : (row + 1) * width],
                levels[row * width : (row + 1) * width],
                alpha,
            ),
        )
        for row, ((slug, name, totals), part) in enumerate(zip(slices, parts, strict=True))
    )


def holm_corrected(compared: Sequence[Compared], alpha: float) -> tuple[list[float | None], list[float]]:
    """(corrected p-values, the level of each one's interval); of what is not known None, at `alpha`."""
    places = [place for place, one in enumerate(compared) if one.p_value is not None]
    p_values = [compared[place].p_value or 0.0 for place in places]
    corrected: list[float | None] = [None] * len(compared)
    levels = [alpha] * len(compared)
    for place, p_value, level in zip(
        places, corrections.holm(p_values), corrections.holm_levels(p_values, alpha), strict=True
    ):
        corrected[place], levels[place] = p_value, level
    return corrected, levels


def estimates(one: Measured, control: Sums, variant: Sums) -> tuple[Estimate, Estimate]:
    """Both sides of a comparison, adjusted by what people did before where that tells anything."""
    metric = one.metric
    if metric.kind == RATIO:
        return sums.ratio(control), sums.ratio(variant)
    is_share = metric.kind == CONVERSION
    found = sums.adjusted(control, variant, is_share=is_share) if one.is_adjusted else None
    if found is not None:
        return found
    plain = sums.proportion if is_share else sums.mean
    return plain(control), plain(variant)


def _compared(one: Measured, place: int, alpha: float, totals: Sequence[Sums] | None = None) -> Compared:
    control, variant = (totals or one.sums)[0], (totals or one.sums)[place]
    if min(control.n, variant.n) < FEWEST or control.doers + variant.doers < FEWEST_DOERS:
        return Compared(None, None, None)
    pair = estimates(one, control, variant)
    plain = intervals.difference(*pair)
    if plain is None:
        return Compared(None, None, None)
    return Compared(plain, intervals.relative_difference(*pair), intervals.always_valid_p(plain, alpha))


def _metric(
    one: Measured,
    variants: Sequence[str],
    compared: Sequence[Compared],
    corrected: Sequence[float | None],
    levels: Sequence[float],
    alpha: float,
) -> MetricResult:
    whole = sum(one.sums[1:], one.sums[0])
    return MetricResult(
        name=one.metric.name,
        kind=one.metric.kind,
        role=one.role,
        direction=one.metric.direction,
        currency=one.currency,
        within_days=one.metric.within_days,
        variants=_variants(one, variants, compared, corrected, levels, alpha),
        days=tuple(_days(one, variants, levels, alpha)),
        variance_removed=sums.variance_removed(whole) if one.is_adjusted else None,
        cap=one.cap,
        capped=one.capped,
        problem=one.problem,
    )


def _variants(
    one: Measured,
    variants: Sequence[str],
    compared: Sequence[Compared],
    corrected: Sequence[float | None],
    levels: Sequence[float],
    alpha: float,
) -> tuple[VariantResult, ...]:
    found = [_plain(one, variants[0], one.sums[0])]
    for place, (each, p_value, level) in enumerate(zip(compared, corrected, levels, strict=True), start=1):
        found.append(_beside(one, variants[place], one.sums[place], each, p_value, level, alpha))
    return tuple(found)


def _plain(one: Measured, name: str, totals: Sums) -> VariantResult:
    return VariantResult(
        variant=name, people=totals.n, mean=_mean(one, totals), total=round(totals.y, 6), doers=totals.doers
    )


def _beside(
    one: Measured, name: str, totals: Sums, each: Compared, p_value: float | None, level: float, alpha: float
) -> VariantResult:
    if each.absolute is None:
        return _plain(one, name, totals)
    is_up = each.absolute.value > 0
    is_sure = p_value is not None and p_value <= alpha
    above = intervals.chance_above(each.absolute)
    return VariantResult(
        variant=name,
        people=totals.n,
        mean=_mean(one, totals),
        total=round(totals.y, 6),
        doers=totals.doers,
        absolute=intervals.effect(each.absolute, alpha, level=level),
        relative=_effect(each.relative, alpha, level),
        chance=above if one.metric.direction == UP else 1 - above,
        p_value=each.p_value,
        fixed_p_value=intervals.fixed_p(each.absolute),
        corrected_p_value=p_value,
        is_better=is_sure and is_up == (one.metric.direction == UP),
        is_worse=is_sure and is_up != (one.metric.direction == UP),
    )


def _days(one: Measured, variants: Sequence[str], levels: Sequence[float], alpha: float) -> list[DayPoint]:
    found = []
    for day, totals in one.days:
        found.append(DayPoint(day, variants[0], totals[0].n, _mean(one, totals[0])))
        for place, name in enumerate(variants[1:], start=1):
            each = _compared(one, place, alpha, totals)
            level = levels[place - 1]
            found.append(
                DayPoint(
                    day=day,
                    variant=name,
                    people=totals[place].n,
                    mean=_mean(one, totals[place]),
                    relative=_effect(each.relative, alpha, level),
                    absolute=_effect(each.absolute, alpha, level),
                )
            )
    return found


def _effect(found: Difference | None, alpha: float, level: float) -> Effect | None:
    return None if found is None else intervals.effect(found, alpha, level=level)


def _mean(one: Measured, totals: Sums) -> float:
    return (sums.ratio if one.metric.kind == RATIO else sums.mean)(totals).plain_mean
