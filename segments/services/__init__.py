"""Writes of segments: saving rules, marking profiles dirty, evaluating them, letting time pass, recomputing."""

from segments.services.evaluating import evaluate_slice, expire_slice
from segments.services.marking import consume_changes
from segments.services.recomputing import recompute, recompute_if_small, recompute_job
from segments.services.saving import save_segment

__all__ = [
    "consume_changes",
    "evaluate_slice",
    "expire_slice",
    "recompute",
    "recompute_if_small",
    "recompute_job",
    "save_segment",
]
