"""Asking fitted parts all cases once, and ranking their answers by any blend: by the very function that serves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        return score(self.tops(weights), [case.truth for case in self.cases])

    def tops(self, weights: Mapping[str, float]) -> NDArray[np.int64]:
        """What a blend of the parts answers: cases × K codes."""
        used = [(name, weight) for name, weight in weights.items() if weight > 0 and name in self.found]
        return padded(
            [
                blend([(name, weight, self.found[name][at]) for name, weight in used], K, excluded=case.excluded).codes
                for at, case in enumerate(self.cases)
            ]
        )


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
