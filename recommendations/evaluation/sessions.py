"""What comes next in a visit: every prefix of visits held out by time, asked through whatever answers a context. Pure.

The protocol of the published session tables: the full catalog, repeats allowed, one right product a case, HR@20 and
MRR@20. Intervals are by visits, since the prefixes of one visit hang together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Context, Touched
from recommendations.estimators.interactions import Interactions, Kind
from recommendations.estimators.visits import Visits, visits_of
from recommendations.evaluation.marking import Scored, interval, padded, score

STEP_US = 1_000_000
Ask = Callable[[Context], NDArray[np.int64]]  # a context → codes, best first
Clock = Callable[[], float]  # seconds


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Contexts, the product that came next in each, and the visit each is of. Equal lengths."""

    contexts: Sequence[Context]
    targets: NDArray[np.int64]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.contexts)


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """One ranker's marks by case, and how long each answer took (0 without a clock)."""

    scored: Scored
    milliseconds: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SessionMarks:
    """Means at 20 with 95 % intervals (low, high); `coverage`: share of products shown to anybody."""

    hit_rate: float
    hit_rate_interval: tuple[float, float]
    mrr: float
    mrr_interval: tuple[float, float]
    coverage: float
    p50_ms: float
    p99_ms: float
    cases: int


def cases_of(sequences: Iterable[Sequence[int]], now_us: int) -> Cases:
    """Every prefix of visits given as codes in order: a visit of n touches asks n - 1 times."""
    contexts, targets, groups = [], [], []
    for group, codes in enumerate(sequences):
        for length in range(1, len(codes)):
            contexts.append(context_of(codes[:length], now_us))
            targets.append(codes[length])
            groups.append(group)
    return Cases(contexts, np.array(targets, dtype=np.int64), np.array(groups, dtype=np.int64))


def held_out(interactions: Interactions, cut_us: int) -> Cases:
    """Every prefix of the visits that begin at or after the cut. What was touched at one instant is asked for once."""
    visits = visits_of(interactions.where(interactions.at_us >= cut_us))
    contexts, targets, groups = [], [], []
    for group in range(len(visits)):
        touches = _touches(visits, group)
        for place in range(1, len(touches)):
            if touches[place].at_us > touches[place - 1].at_us:
                now_us = touches[place].at_us
                contexts.append(Context(now_us=now_us, session=tuple(touches[:place])))
                targets.append(touches[place].code)
                groups.append(group)
    return Cases(contexts, np.array(targets, dtype=np.int64), np.array(groups, dtype=np.int64))


def context_of(codes: Sequence[int], now_us: int) -> Context:
    """A visit of views a second apart, the last of them a second ago."""
    first = now_us - len(codes) * STEP_US
    session = tuple(
        Touched(int(code), 1.0, first + place * STEP_US, int(Kind.VIEW)) for place, code in enumerate(codes)
    )
    return Context(now_us=now_us, session=session)


def answer(ask: Ask, cases: Cases, clock: Clock | None = None) -> Answered:
    """Asks every case."""
    tops, took = [], np.zeros(len(cases))
    for place, context in enumerate(cases.contexts):
        begun = clock() if clock else 0.0
        tops.append(ask(context))
        took[place] = 1000 * (clock() - begun) if clock else 0.0
    return Answered(score(padded(tops), list(cases.targets[:, None])), took)


def marks(answered: Answered, cases: Cases, products: int) -> SessionMarks | None:
    """The means of one ranker; None without cases."""
    if not len(cases):
        return None
    scored = answered.scored
    p50, p99 = np.percentile(answered.milliseconds, (50, 99))
    return SessionMarks(
        hit_rate=float(scored.hit_rate.mean()),
        hit_rate_interval=interval(scored.hit_rate, cases.groups),
        mrr=float(scored.mrr.mean()),
        mrr_interval=interval(scored.mrr, cases.groups),
        coverage=len(np.unique(scored.tops[scored.tops >= 0])) / max(products, 1),
        p50_ms=float(p50),
        p99_ms=float(p99),
        cases=len(cases),
    )


def paired(ours: Answered, theirs: Answered, cases: Cases, mark: str = "mrr") -> tuple[float, float, float]:
    """How much better the first is on the same cases: mean difference and its 95 % interval."""
    differences = ours.scored.mark(mark) - theirs.scored.mark(mark)
    low, high = interval(differences, cases.groups)
    return (float(differences.mean()) if len(differences) else 0.0), low, high


def _touches(visits: Visits, visit: int) -> list[Touched]:
    """The touches of one visit, steps a second apart, ending when the visit ended."""
    span = slice(int(visits.indptr[visit]), int(visits.indptr[visit + 1]))
    steps = visits.steps[span].astype(np.int64)
    at_us = int(visits.ends_us[visit]) - (steps[-1] - steps) * STEP_US
    rows = zip(visits.items[span].tolist(), at_us.tolist(), visits.kinds[span].tolist(), strict=True)
    return [Touched(code, 1.0, at, kind) for code, at, kind in rows]
