"""Writes of experiments: splits others keep for themselves, and the row at first exposure.

What staff make has its life in `life`, its draft in `drafting`; `assigning` answers who gets what of it.
"""

from experiments.services.exposing import expose, note_exposures
from experiments.services.splits import change_shares, ensure_experiment

__all__ = ["change_shares", "ensure_experiment", "expose", "note_exposures"]
