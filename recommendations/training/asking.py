"""Asking fitted parts all cases once, and ranking their answers by any blend: by the very function that serves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommendations.blending import DEPTH, blend
from recommendations.estimators.facing import Candidates, Estimator
from recommendations.evaluation.marking import K, Scored, padded, score
from recommendations.training.cases import Case

EVERY = 100  # cases between two looks whether to go on


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What every part found for every case: found[part][case]."""

    cases: Sequence[Case]
    found: Mapping[str, Sequence[Candidates]]

    def ranked(self, weights: Mapping[str, float]) -> Scored:
        """The marks of a blend of the parts."""
        used = [(name, weight) for name, weight in weights.items() if weight > 0 and name in self.found]
        tops = [
            blend([(name, weight, self.found[name][at]) for name, weight in used], K, excluded=case.excluded).codes
            for at, case in enumerate(self.cases)
        ]
        return score(padded(tops), [case.truth for case in self.cases])


def ask_parts(parts: Mapping[str, Estimator], cases: Sequence[Case], go_on: Callable[[], None]) -> Asked:
    """Asks each part each case. `go_on` is called now and then and may raise to stop."""
    found: dict[str, list[Candidates]] = {name: [] for name in parts}
    for at, case in enumerate(cases):
        if at % EVERY == 0:
            go_on()
        depth = DEPTH + len(case.excluded)
        for name, part in parts.items():
            found[name].append(part.recommend(case.context, depth))
    return Asked(cases, found)


def truth_sizes(cases: Sequence[Case]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many right codes each case has."""
    return np.array([len(case.truth) for case in cases], dtype=np.int64)
