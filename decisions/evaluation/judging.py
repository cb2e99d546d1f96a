"""A candidate judged on the log: crossed over five parts, each part judged by what was learned from the others; and the
refusal where the log cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisions.bandits.features import Matrix, matrix
from decisions.evaluation import estimates
from decisions.evaluation.candidates import Candidate, linear, target
from decisions.evaluation.estimates import Estimate
from decisions.evaluation.logs import Log

PARTS = 5
FEWEST = 200  # rows
LEAST_EFFECTIVE = 100.0
MOST_UNSEEN = 0.01  # share of the candidate's choices that the log never could have made
NO_ROWS, NO_OVERLAP, TOO_THIN = "too_few_rows", "no_overlap", "too_thin"


@dataclass(frozen=True, slots=True)
class Judgment:
    """What a candidate would have brought. `refusal`: why that cannot be said ("" if it can), with `about`: the arms
    nobody saw. `gain`: doubly robust, over what the running policy brought; `shares`: {arm: its share of the choices}.
    """

    candidate: str
    rows: int
    effective: float
    shares: dict[str, float]
    refusal: str = ""
    about: tuple[str, ...] = ()
    running: Estimate | None = None
    ips: Estimate | None = None
    snips: Estimate | None = None
    robust: Estimate | None = None
    gain: Estimate | None = None


@dataclass(frozen=True)
class Crossed:
    """A log in five parts, rows of a person in one: (which rows, those rows, all others) of each; `model` (n, arms):
    expected rewards of each row, learned from the others."""

    log: Log
    parts: tuple[tuple[npt.NDArray[np.bool_], Log, Log], ...]
    model: Matrix


def cross(log: Log, features: Sequence[str]) -> Crossed:
    """Once for all candidates. `features`: what the model of doubly robust may look at."""
    _, codes = np.unique(log.units, return_inverse=True)
    rows = [codes % PARTS == part for part in range(PARTS)]
    parts = tuple((mine, log.only(mine), log.only(~mine)) for mine in rows if mine.any())
    model = np.zeros((len(log), len(log.arms)))
    for mine, judged, others in parts:
        expected = linear(others, tuple(features), 1.0)
        model[mine] = expected.means(matrix(expected.columns, judged.features))
    return Crossed(log, parts, model)


def judge(candidate: Candidate, crossed: Crossed) -> Judgment:
    """The judgment: each part by what was learned from the others."""
    log = crossed.log
    if len(log) < FEWEST:
        return Judgment(candidate.key, len(log), 0.0, {}, NO_ROWS)
    chances = np.zeros((len(log), len(log.arms)))
    for mine, judged, others in crossed.parts:
        chances[mine] = target(candidate, others, judged)
    worth = estimates.effective(estimates.weights(log, chances))
    shares = dict(zip(log.arms, chances.mean(axis=0).tolist(), strict=True))
    unseen = _unseen(log, chances)
    if unseen or worth < LEAST_EFFECTIVE:
        return Judgment(candidate.key, len(log), worth, shares, NO_OVERLAP if unseen else TOO_THIN, unseen)
    return Judgment(
        candidate.key,
        len(log),
        worth,
        shares,
        running=estimates.running(log),
        ips=estimates.ips(log, chances),
        snips=estimates.snips(log, chances),
        robust=estimates.doubly_robust(log, chances, crossed.model),
        gain=estimates.gain(log, chances, crossed.model),
    )


def _unseen(log: Log, chances: Matrix) -> tuple[str, ...]:
    """Arms the candidate plays noticeably where the log could not have."""
    impossible = np.where(np.isnan(log.chances), 0.0, log.chances <= 0) * chances
    never = np.bincount(log.action, minlength=len(log.arms)) == 0
    missed = impossible.mean(axis=0) + np.where(never, chances.mean(axis=0), 0.0)
    return tuple(arm for arm, share in zip(log.arms, missed.tolist(), strict=True) if share > MOST_UNSEEN)
