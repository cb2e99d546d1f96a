"""Writes of recommendations: trainings and which run is live."""

from recommendations.services.promoting import FOLDERS_KEPT, ReasonMissingError, promote
from recommendations.services.training import (
    RETRAIN_AFTER,
    TRAIN,
    NothingToLearnError,
    nightly_slice,
    train,
    train_job,
    train_later,
)
from recommendations.services.watching import watch_slice

__all__ = [
    "FOLDERS_KEPT",
    "RETRAIN_AFTER",
    "TRAIN",
    "NothingToLearnError",
    "ReasonMissingError",
    "nightly_slice",
    "promote",
    "train",
    "train_job",
    "train_later",
    "watch_slice",
]
