"""Every learner beside the response model, on people it never saw; which to use, and whether anything was found.

Five folds, drawn once with a fixed seed so that treated and not, came and not, are spread evenly. In each fold every
learner is fitted on the other four and ranks the fold. Its mark is the mean Qini coefficient over folds. Used is the
simplest one whose distance to the best is within one standard error of that distance (over the folds, paired): the
response model stands first in that line, so a learner has to beat it by more than noise.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from experiments.uplift.frame import Encoding, Frame, FrameError, Numbers, Truths
from experiments.uplift.learners import KINDS, SEED, Kind, Learner
from experiments.uplift.qini import Curve, curve, drawn

FOLDS = 5
DRAWS = 200
LEAST_SIDE, LEAST_CAME = 300, 30
GROUPS = 10
TOP = 0.2
Z95 = 1.959964
Z_FOUND = 3.0
"""So many standard errors above zero a Qini coefficient must stand before something is said to be found. More than the
usual two, since the best of several is looked at: of 80 planted nulls 11 stood above 1.96, 3 above 2.58, none above 3.
"""
Report = Callable[[int, int, str], object]


class Marked(msgspec.Struct, frozen=True):
    """One learner: its mean Qini coefficient over folds, their standard deviation, the bootstrap interval (95 %) of all
    folds together, AUUC. `behind`: how far from the best, `noise`: the standard error of that."""

    key: str
    qini: float
    spread: float
    low: float
    high: float
    error: float
    auuc: float
    behind: float
    noise: float
    folds: tuple[float, ...]


class Decile(msgspec.Struct, frozen=True):
    """A tenth of people by the used score, the highest first: what came of treated and others, per head, and the
    difference with its 95 % interval."""

    people: int
    treated: float
    others: float
    uplift: float
    low: float
    high: float


class Told(msgspec.Struct, frozen=True):
    """A feature that sets apart the fifth with the highest scores: its mean there and among the rest; `steps`: the
    difference in standard deviations."""

    name: str
    top: float
    rest: float
    steps: float


class Compared(msgspec.Struct, frozen=True):
    """What became of a comparison. Amounts are per head. `curves`: of each learner at `shares`."""

    people: int
    treated: int
    others: int
    rate_treated: float
    rate_others: float
    effect: float
    effect_low: float
    effect_high: float
    is_binary: bool
    learners: tuple[Marked, ...]
    best: str
    chosen: str
    is_found: bool
    shares: tuple[float, ...]
    curves: dict[str, tuple[float, ...]]
    deciles: tuple[Decile, ...]
    features: tuple[Told, ...]
    caveats: tuple[str, ...]
    columns: tuple[str, ...]

    def marked(self, key: str) -> Marked:
        """One learner's mark."""
        return next(one for one in self.learners if one.key == key)


def compare(frame: Frame, report: Report | None = None, *, kinds: Sequence[Kind] = KINDS) -> Compared:
    """Fit, rank, mark, choose; `kinds` stand in the order of their simplicity.

    The same frame gives the same answer. Raises FrameError where rows are too few.
    """
    _enough(frame)
    encoding = Encoding.of(frame.columns)
    x = encoding.apply(frame.columns)
    if not encoding.names:
        raise FrameError("Every feature says the same of everybody: there is nothing to tell people apart by.")
    tell = report or _silent
    with threadpool_limits(limits=1):
        places, folds = _cross_validated(frame, x, kinds, tell)
        marks, best, chosen = _marked(frame, places, folds, tell)
    curves = {key: curve(place, frame.treated, frame.outcome) for key, place in places.items()}
    shares = np.linspace(0.0, 1.0, 21)
    used = next(one for one in marks if one.key == chosen)
    effect, error = _difference(frame.outcome, frame.treated)
    return Compared(
        people=len(frame),
        treated=int(frame.treated.sum()),
        others=int((~frame.treated).sum()),
        rate_treated=float(frame.outcome[frame.treated].mean()),
        rate_others=float(frame.outcome[~frame.treated].mean()),
        effect=effect,
        effect_low=effect - Z95 * error,
        effect_high=effect + Z95 * error,
        is_binary=frame.is_binary,
        learners=marks,
        best=best,
        chosen=chosen,
        is_found=used.error > 0 and used.qini > Z_FOUND * used.error,
        shares=tuple(np.round(shares, 4).tolist()),
        curves={key: tuple(one.at(shares).tolist()) for key, one in curves.items()},
        deciles=_deciles(places[chosen], frame),
        features=_told(places[chosen], x, encoding.plain().apply(frame.columns), encoding.names),
        caveats=tuple(_caveats(frame, x, encoding.names, effect, error)),
        columns=tuple(frame.columns),
    )


def fit(kind: Kind, frame: Frame) -> tuple[Encoding, Learner]:
    """A learner fitted on all rows, for scoring others."""
    encoding = Encoding.of(frame.columns)
    with threadpool_limits(limits=1):
        learner = kind.make(is_binary=frame.is_binary)
        return encoding, learner.fit(encoding.apply(frame.columns), frame.treated, frame.outcome)


def _cross_validated(
    frame: Frame, x: Numbers, kinds: Sequence[Kind], report: Report
) -> tuple[dict[str, Numbers], dict[str, list[float]]]:
    """{learner: everybody's place within their fold, from 0 to 1}, and its Qini coefficients by fold."""
    places = {kind.key: np.zeros(len(frame)) for kind in kinds}
    folds: dict[str, list[float]] = {kind.key: [] for kind in kinds}
    strata = frame.treated * 2 + (frame.outcome != 0)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(x, strata)
    for number, (learned, held) in enumerate(splits):
        for at, kind in enumerate(kinds):
            report(number * len(kinds) + at, FOLDS * len(kinds), f"{kind.label}, fold {number + 1} of {FOLDS}")
            learner = kind.make(is_binary=frame.is_binary)
            learner.fit(x[learned], frame.treated[learned], frame.outcome[learned])
            score = learner.score(x[held])
            folds[kind.key].append(curve(score, frame.treated[held], frame.outcome[held]).coefficient)
            places[kind.key][held] = _place(score)
    return places, folds


def _place(score: Numbers) -> Numbers:
    """Each score's place among all, from 0 to 1; equal scores share one. Folds are comparable by it."""
    values, which, counts = np.unique(score, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2.0
    return np.asarray(middle[which] / len(score), dtype=np.float64) if len(values) else score


def _marked(
    frame: Frame, places: Mapping[str, Numbers], folds: Mapping[str, list[float]], report: Report
) -> tuple[tuple[Marked, ...], str, str]:
    means = {key: float(np.mean(each)) for key, each in folds.items()}
    best = max(means, key=lambda key: means[key])
    marks = []
    for key, each in folds.items():
        report(FOLDS * len(folds), FOLDS * len(folds), f"measuring how far chance reaches: {key}")
        behind = np.subtract(folds[best], each)
        draws = drawn(places[key], frame.treated, frame.outcome, draws=DRAWS, seed=SEED)
        whole: Curve = curve(places[key], frame.treated, frame.outcome)
        low, high = np.quantile(draws, (0.025, 0.975))
        marks.append(
            Marked(
                key=key,
                qini=means[key],
                spread=float(np.std(each, ddof=1)),
                low=float(low),
                high=float(high),
                error=float(np.std(draws, ddof=1)),
                auuc=whole.auuc,
                behind=float(behind.mean()),
                noise=float(behind.std(ddof=1) / np.sqrt(len(each))),
                folds=tuple(each),
            )
        )
    chosen = next(one.key for one in marks if one.key == best or one.behind <= one.noise)
    return tuple(marks), best, chosen


def _deciles(place: Numbers, frame: Frame) -> tuple[Decile, ...]:
    order = np.argsort(-place, kind="stable")
    found = []
    for part in np.array_split(order, GROUPS):
        treated, outcome = frame.treated[part], frame.outcome[part]
        uplift, error = _difference(outcome, treated)
        on, off = (float(outcome[side].mean()) if side.any() else 0.0 for side in (treated, ~treated))
        found.append(Decile(len(part), on, off, uplift, uplift - Z95 * error, uplift + Z95 * error))
    return tuple(found)


def _told(place: Numbers, x: Numbers, plain: Numbers, names: tuple[str, ...]) -> tuple[Told, ...]:
    """The features that differ most between the top fifth and the rest; means are of the `plain` numbers."""
    top = place > np.quantile(place, 1 - TOP)
    if not top.any() or top.all():
        return ()
    spread = x.std(axis=0)
    steps = np.divide(x[top].mean(axis=0) - x[~top].mean(axis=0), spread, out=np.zeros(len(names)), where=spread > 0)
    order = np.argsort(-np.abs(steps), kind="stable")[:8]
    return tuple(
        Told(names[at], float(plain[top, at].mean()), float(plain[~top, at].mean()), float(steps[at])) for at in order
    )


def _difference(outcome: Numbers, treated: Truths) -> tuple[float, float]:
    """The mean difference treated made, and its standard error."""
    on, off = outcome[treated], outcome[~treated]
    if len(on) < 2 or len(off) < 2:
        return 0.0, 0.0
    error = np.sqrt(on.var(ddof=1) / len(on) + off.var(ddof=1) / len(off))
    return float(on.mean() - off.mean()), float(error)


def _enough(frame: Frame) -> None:
    sides = {"treated": frame.treated, "not treated": ~frame.treated}
    for words, side in sides.items():
        people, came = int(side.sum()), int((frame.outcome[side] != 0).sum())
        if people < LEAST_SIDE or came < LEAST_CAME or people - came < (LEAST_CAME if frame.is_binary else 0):
            raise FrameError(
                f"Too few to tell people apart: {people:,} {words}, {came:,} of whom reached the goal. It takes "
                f"{LEAST_SIDE} on each side, {LEAST_CAME} of whom reached it"
                + (f" and {LEAST_CAME} of whom did not." if frame.is_binary else ".")
            )


def _caveats(frame: Frame, x: Numbers, names: tuple[str, ...], effect: float, error: float) -> list[str]:
    found = []
    came = min(int((frame.outcome[side] != 0).sum()) for side in (frame.treated, ~frame.treated))
    if came < 200:
        found.append(f"Only {came:,} of one side reached the goal: expect wide intervals, and look again with more.")
    if error > 0 and abs(effect) < Z95 * error:
        found.append("Over all people the offer made no difference that stands out from chance.")
    if unlike := _unlike(frame, x, names):
        found.append(
            f"Treated and others differed before the offer, more than chance does, in “{unlike}”: if who was treated "
            "was not drawn by lot, none of this is the offer's doing."
        )
    share = float(frame.treated.mean())
    if not 0.1 <= share <= 0.9:
        found.append(f"Only {min(share, 1 - share):.0%} stand on one side: half and half learns most from as many.")
    if not frame.is_binary:
        values = np.sort(frame.outcome)[::-1]
        if values.sum() > 0 and values[: max(1, len(values) // 1_000)].sum() > 0.25 * values.sum():
            found.append("One in a thousand brought a quarter of the money: amounts are noisy, a yes or no is not.")
    return found


def _unlike(frame: Frame, x: Numbers, names: tuple[str, ...]) -> str:
    """The feature that treated and others differ in most, where that is no chance (and no trifle)."""
    worst, name = 0.0, ""
    for at, each in enumerate(names):
        difference, error = _difference(x[:, at], frame.treated)
        spread = x[:, at].std()
        if error > 0 and abs(difference) / error > 4.5 and abs(difference) / spread > 0.05 and (
            abs(difference) / error > worst
        ):  # fmt: skip
            worst, name = abs(difference) / error, each
    return name


def _silent(done: int, total: int, note: str) -> Any:
    """Nobody asks how far it is."""
