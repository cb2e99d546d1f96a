"""Adapting: a fitted estimator with other settings where nothing has to be learned anew. Pure.

What differs in settings that only answering reads costs nothing to try; it is the same as a fit from the beginning.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from recommendations.estimators.facing import Estimator, TrainingData


@runtime_checkable
class Adaptable(Protocol):
    """An estimator of which some settings (`ADAPTED`) can be changed after `fit`."""

    ADAPTED: ClassVar[frozenset[str]]

    def adapted(self, params: Mapping[str, Any], data: TrainingData, now_us: int) -> Self:
        """As one made with `params` (which differ from its own in ADAPTED only) and fitted on the same data."""
        ...


def adapted(fitted: Estimator, params: Mapping[str, Any], data: TrainingData, now_us: int) -> Estimator | None:
    """`fitted` with other parameters, or None where it would have to be fitted anew."""
    own = fitted.params()
    if not isinstance(fitted, Adaptable) or own.keys() != params.keys():
        return None
    if any(own[name] != params[name] for name in own.keys() - fitted.ADAPTED):
        return None
    other: Estimator = fitted.adapted(params, data, now_us)
    return other
