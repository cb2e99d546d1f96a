"""Offline evaluation on a time split: shopping baskets (`baskets`) and the visits of a shop (`sessions`). Pure."""

from recommendations.evaluation.baskets import (
    CELLS,
    MOST_PEOPLE,
    Exam,
    K,
    Quality,
    Ranker,
    Slice,
    Split,
    best_columns,
    compare,
    split_at,
    summary,
    time_split,
)

__all__ = [
    "CELLS",
    "MOST_PEOPLE",
    "Exam",
    "K",
    "Quality",
    "Ranker",
    "Slice",
    "Split",
    "best_columns",
    "compare",
    "split_at",
    "summary",
    "time_split",
]
