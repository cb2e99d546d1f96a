"""Reads of recommendations: answers from in-process models, training sets, and the runs behind them."""

from recommendations.queries.answers import answer, answer_each, recommend
from recommendations.queries.catalog import forget_catalog, refresh_catalog
from recommendations.queries.live import forget_model, live_model, model_path
from recommendations.queries.newcomers import forget_newcomers
from recommendations.queries.runs import live_run
from recommendations.queries.training_set import TrainingSet, training_set

__all__ = [
    "TrainingSet",
    "answer",
    "answer_each",
    "forget_catalog",
    "forget_model",
    "forget_newcomers",
    "live_model",
    "live_run",
    "model_path",
    "recommend",
    "refresh_catalog",
    "training_set",
]
