"""One training, pure: judge on a time split, learn what can be learned on validation, fit the served model."""

from recommendations.training.fitting import (
    STEPS,
    Params,
    Report,
    Trained,
    fit,
    judge,
    lift,
    rankers,
    train,
    verdict,
)

__all__ = [
    "STEPS",
    "Params",
    "Report",
    "Trained",
    "fit",
    "judge",
    "lift",
    "rankers",
    "train",
    "verdict",
]
