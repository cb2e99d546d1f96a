"""Writes of segments: saving rules, marking profiles dirty, evaluating them, letting time pass, recomputing."""

from segments.services.evaluating import evaluate_slice, expire_slice
from segments.services.keeping import change_state, describe, duplicate, restore
from segments.services.marking import consume_changes
from segments.services.recomputing import recompute, recompute_if_small, recompute_job
from segments.services.saving import save_segment

__all__ = [
    "change_state",
    "consume_changes",
    "describe",
    "duplicate",
    "evaluate_slice",
    "expire_slice",
    "recompute",
    "recompute_if_small",
    "recompute_job",
    "restore",
    "save_segment",
]
