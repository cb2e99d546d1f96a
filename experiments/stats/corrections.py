"""Corrections for looking at many things: Holm's where any false claim is bad, Benjamini and Hochberg's where a list
of finds may hold some false ones. Pure.
"""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected p-values in their order: rejecting those ≤ alpha is wrong anywhere with a chance of alpha at most."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    found, most = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        most = max(most, min(1.0, p_values[place] * (len(p_values) - rank)))
        found[place] = most
    return found


def holm_levels(p_values: Sequence[float], alpha: float) -> list[float]:
    """For each the error allowed at its step, so that an interval at that level leaves out 0 exactly where Holm
    rejects. Where his steps stop, all that are left share the level they stopped at."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    found, stopped = [alpha] * len(p_values), 0.0
    for rank, place in enumerate(order):
        level = stopped or alpha / (len(p_values) - rank)
        found[place] = level
        if not stopped and p_values[place] > level:
            stopped = level
    return found


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Corrected p-values in their order: of those ≤ q, a share of q is expected to be false."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    found, least = [0.0] * len(p_values), 1.0
    for rank, place in enumerate(order):
        least = min(least, p_values[place] * len(p_values) / (len(p_values) - rank))
        found[place] = least
    return found
