"""Logs too long to compare in minutes are drawn from, always the same rows. Pure."""

import numpy as np

from experiments.uplift.frame import Frame
from experiments.uplift.learners import SEED

MOST = 300_000


def sampled(frame: Frame, most: int = MOST) -> tuple[Frame, dict[str, int]]:
    """The frame, or so many of its rows, and how many were left out."""
    if len(frame) <= most:
        return frame, {}
    rows = np.sort(np.random.default_rng(SEED).permutation(len(frame))[:most])
    columns = {name: values[rows] for name, values in frame.columns.items()}
    return Frame(columns, frame.treated[rows], frame.outcome[rows]), {"sampled": len(frame) - most}
