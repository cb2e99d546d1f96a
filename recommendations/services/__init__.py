"""Writes of recommendations: trainings and which run is live."""

from recommendations.services.training import (
    FILES_KEPT,
    RETRAIN_AFTER,
    TRAIN,
    NothingToLearnError,
    nightly_slice,
    promote,
    train,
    train_job,
    train_later,
)

__all__ = [
    "FILES_KEPT",
    "RETRAIN_AFTER",
    "TRAIN",
    "NothingToLearnError",
    "nightly_slice",
    "promote",
    "train",
    "train_job",
    "train_later",
]
