"""A candidate judged on the log: crossed over five parts, each part judged by what was learned from the others; and the
refusal where the log cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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


def judge(candidate: Candidate, log: Log, features: Sequence[str]) -> Judgment:
    """The judgment. `features`: what the model of doubly robust may look at."""
    if len(log) < FEWEST:
        return Judgment(candidate.key, len(log), 0.0, {}, NO_ROWS)
    chances, model = _crossed(candidate, log, tuple(features))
    weight = estimates.weights(log, chances)
    worth = estimates.effective(weight)
    shares = dict(zip(log.arms, chances.mean(axis=0).tolist(), strict=True))
    unseen = _unseen(log, chances)
    if unseen:
        return Judgment(candidate.key, len(log), worth, shares, NO_OVERLAP, unseen)
    if worth < LEAST_EFFECTIVE:
        return Judgment(candidate.key, len(log), worth, shares, TOO_THIN)
    return Judgment(
        candidate.key,
        len(log),
        worth,
        shares,
        running=estimates.running(log),
        ips=estimates.ips(log, chances),
        snips=estimates.snips(log, chances),
        robust=estimates.doubly_robust(log, chances, model),
        gain=estimates.gain(log, chances, model),
    )


def _crossed(candidate: Candidate, log: Log, features: tuple[str, ...]) -> tuple[Matrix, Matrix]:
    """Chances and expected rewards (n, arms), each row's from rows of other people only."""
    _, codes = np.unique(log.units, return_inverse=True)
    part = codes % PARTS
    chances, model = np.zeros((len(log), len(log.arms))), np.zeros((len(log), len(log.arms)))
    for one in range(PARTS):
        mine = part == one
        if not mine.any():
            continue
        others, judged = log.only(~mine), log.only(mine)
        chances[mine] = target(candidate, others, judged)
        expected = linear(others, features, 1.0)
        model[mine] = expected.means(matrix(expected.columns, judged.features))
    return chances, model


def _unseen(log: Log, chances: Matrix) -> tuple[str, ...]:
    """Arms the candidate plays noticeably where the log could not have."""
    impossible = np.where(np.isnan(log.chances), 0.0, log.chances <= 0) * chances
    never = np.bincount(log.action, minlength=len(log.arms)) == 0
    missed = impossible.mean(axis=0) + np.where(never, chances.mean(axis=0), 0.0)
    return tuple(arm for arm, share in zip(log.arms, missed.tolist(), strict=True) if share > MOST_UNSEEN)
