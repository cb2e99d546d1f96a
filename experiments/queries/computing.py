"""An experiment's result as of an instant: people and what they did in columns, folded and judged by pure modules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from django.conf import settings
from numpy.typing import NDArray

from audiences.queries.rfm import settings_now
from cdp.lib.clock import from_us, to_us
from experiments.assignment import shares
from experiments.deciding import HOLDOUT_KEY
from experiments.metrics import CONVERSION, RATIO, Metric
from experiments.models import Experiment
from experiments.queries import outcomes
from experiments.queries.exposed import People, Report, exposed_people, first_exposed_us, identifiers_of
from experiments.queries.slicing import members_when_met, names_of
from experiments.stats import folding
from experiments.stats.folding import Done, Met, Places, Values
from experiments.stats.judging import Measured, judged, sliced
from experiments.stats.results import DECIDING, GOAL, GUARDRAIL, ExperimentResult, SliceResult
from experiments.stats.splitting import checked
from experiments.stats.sums import Sums
from experiments.stats.verdict import verdict
from segments.rules.facts import DAY_US

SERIES_DAYS = 120
"""The newest so many days stand in the series of a result."""
HELD = "holdout"
Columns = tuple[Places, Places, folding.Numbers]
"""place, day, amount."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What every metric of an experiment is asked of: its people, their identifiers, and the days there were."""

    people: People
    owned: pa.Table
    met: Met
    dates: tuple[date, ...]
    starts_us: Places
    since_us: int
    currency: str
    now: datetime


def computed(
    experiment: Experiment,
    goals: Sequence[Metric],
    guardrails: Sequence[Metric],
    segments: tuple[str, ...],
    now: datetime,
    report: Report,
) -> ExperimentResult:
    """Everything a page shows. Raises QueryError while the lake cannot answer."""
    variants = variants_of(experiment)
    of_holdout = experiment.key == HOLDOUT_KEY
    people = exposed_people(
        experiment.pk,
        variants,
        now,
        report,
        counts_crossed=len(set(dict(shares(experiment.variants)).values())) > 1,
        since=experiment.started_at if of_holdout else None,  # its share may change: then it is measured anew
    )
    world = _world(experiment, people, len(variants), now)
    roles = [DECIDING, *[GOAL] * (len(goals) - 1)][: len(goals)] + [GUARDRAIL] * len(guardrails)
    measured, deciding = [], None
    for place, (metric, role) in enumerate(zip((*goals, *guardrails), roles, strict=True)):
        report(place, len(roles), f"asking what people did: {metric.name}")
        one, values = _measured(world, metric, role)
        measured.append(one)
        deciding = (one, values) if role == DECIDING else deciding
    metrics = judged(measured, variants, experiment.alpha)
    counts = np.bincount(world.met.variant, minlength=len(variants))
    heads = {name: int(counts[place]) for place, name in enumerate(variants)}
    ratio = checked(heads, dict(shares(experiment.variants)))
    days = _days_run(experiment, world)
    return ExperimentResult(
        experiment_key=experiment.key,
        version=experiment.version,
        at=now,
        started_at=experiment.started_at,
        days=days,
        alpha=experiment.alpha,
        min_effect=experiment.min_effect,
        control=variants[0],
        people=int(world.met.variant.size),
        exposures=people.exposures,
        open=_open(world, [*goals, *guardrails]),
        left_out=people.left_out,
        sample_ratio=ratio,
        metrics=metrics,
        slices=_slices(world, deciding, segments, variants, experiment.alpha) if deciding else (),
        verdict=verdict(metrics, ratio, days=days, min_effect=experiment.min_effect, left_out=people.left_out),
        as_of=people.as_of,
    )


def variants_of(experiment: Experiment) -> tuple[str, ...]:
    """The control first, then the others by name; those that nobody gets are left out."""
    names = [name for name, share in shares(experiment.variants) if share > 0]
    control = experiment.control if experiment.control in names else HELD if HELD in names else names[0]
    return (control, *(name for name in names if name != control))


def _world(experiment: Experiment, people: People, variants: int, now: datetime) -> World:
    zone = ZoneInfo(settings.COMPANY_TIME_ZONE)
    since_us = first_exposed_us(people, now)
    begin = min(experiment.started_at or now, from_us(since_us))
    dates = tuple(_dates(begin.astimezone(zone).date(), now.astimezone(zone).date()))
    starts = [to_us(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in dates]
    starts_us = np.array(starts, dtype=np.int64)
    day = np.searchsorted(starts_us, people.from_us, side="right") - 1
    return World(
        people=people,
        owned=identifiers_of(people, now),
        met=Met(people.variant, np.clip(day, 0, None).astype(np.int64), variants, len(dates)),
        dates=dates,
        starts_us=starts_us,
        since_us=since_us,
        currency=settings_now().currency,
        now=now,
    )


def _dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


def _measured(world: World, metric: Metric, role: str) -> tuple[Measured, Values]:
    rows, is_adjusted = _done(world, metric)
    cut_y, cut_x = _cuts(world, metric, rows)
    days = folding.by_day(world.met, rows, cut_y, cut_x)
    whole = folding.values(world.met, rows)
    found = folding.values(world.met, rows, cut_y, cut_x)
    series = tuple(zip(world.dates, days, strict=True))[-SERIES_DAYS:]
    is_capped = metric.cap is not None and cut_y is not None
    return (
        Measured(
            metric=metric,
            role=role,
            sums=days[-1],
            days=series,
            is_adjusted=is_adjusted,
            currency=_currency(world, metric) if metric.is_money else "",
            cap=cut_y if is_capped else None,
            capped=int((whole.y > found.y).sum()) if is_capped else 0,
            problem=_problem(metric, days[-1]),
        ),
        found,
    )


def _done(world: World, metric: Metric) -> tuple[Done, bool]:
    """What people did, and whether anything before tells of it: then that is `x`, as of the day they met it."""
    asked = [
        outcomes.done(
            measure,
            world.owned,
            within_days=metric.within_days,
            currency=_currency(world, metric),
            since_us=world.since_us,
            now=world.now,
        )
        for measure in metric.measures
    ]
    y = _columns(world, asked[0])
    x = _columns(world, asked[1]) if metric.kind == RATIO else y
    after = _picked(y, y[1] >= 0)
    if metric.kind == RATIO:
        beside = _picked(x, x[1] >= 0)
    else:
        place, _, amount = _picked(x, x[1] < 0)
        beside = place, world.met.day[place], amount
    nothing = (np.zeros(after[2].size), np.zeros(beside[2].size))
    rows = Done(
        place=np.concatenate((after[0], beside[0])),
        day=np.concatenate((after[1], beside[1])),
        y=np.concatenate((after[2], nothing[1])),
        x=np.concatenate((nothing[0], beside[2])),
    )
    return rows, metric.kind != RATIO and bool(beside[0].size)


def _picked(columns: Columns, wanted: NDArray[np.bool_]) -> Columns:
    return columns[0][wanted], columns[1][wanted], columns[2][wanted]


def _columns(world: World, found: pa.Table) -> Columns:
    """(place, day, amount); the day is -1 of what was done before."""
    quarter = found["quarter"].to_numpy().astype(np.int64)
    at = np.searchsorted(world.starts_us, quarter * outcomes.QUARTER_US, side="right") - 1
    day = np.where(quarter == outcomes.BEFORE, -1, np.clip(at, 0, None)).astype(np.int64)
    return found["place"].to_numpy().astype(np.int64), day, found["amount"].to_numpy().astype(np.float64)


def _cuts(world: World, metric: Metric, rows: Done) -> tuple[float | None, float | None]:
    """Where y and x are cut. A percentile is of those who have any value at all."""
    if metric.kind == CONVERSION:
        return 1.0, 1.0
    if metric.cap is None:
        return None, None
    cut = metric.cap.value
    if metric.cap.percentile is not None:
        cut = folding.percentile(folding.values(world.met, rows).y, metric.cap.percentile)
    return cut, None if metric.kind == RATIO else cut


def _currency(world: World, metric: Metric) -> str:
    return metric.currency or world.currency


def _problem(metric: Metric, totals: Sequence[Sums]) -> str:
    whole = reduce(lambda one, other: one + other, totals)
    if not whole.n:
        return "Nobody was counted yet."
    return "" if whole.doers else f"Nobody did it within {metric.within_days} days so far."


def _slices(
    world: World, deciding: tuple[Measured, Values], segments: tuple[str, ...], variants: Sequence[str], alpha: float
) -> tuple[SliceResult, ...]:
    one, values = deciding
    found = [
        (slug, name, folding.sums_of(world.met, values, members_when_met(pk, world.people)))
        for slug, (pk, name) in names_of(segments).items()
    ]
    return sliced(one, found, variants, alpha)


def _open(world: World, metrics: Sequence[Metric]) -> int:
    longest = max((one.within_days for one in metrics), default=0)
    return int((world.people.from_us > to_us(world.now) - longest * DAY_US).sum())


def _days_run(experiment: Experiment, world: World) -> int:
    begin = experiment.started_at or from_us(world.since_us)
    return max(0, (min(world.now, experiment.stopped_at or world.now) - begin).days)
