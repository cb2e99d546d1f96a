"""Where an experiment finds room in a layer: the first gap that is large enough. Pure."""

from collections.abc import Iterable

STEP = 1_000_000
"""Ranges are whole millionths of a layer, as the database compares them."""


def free_range(taken: Iterable[tuple[float, float]], share: float) -> tuple[float, float] | None:
    """The first free range of this width; None where no gap is as wide."""
    wanted, start = round(share * STEP), 0
    for low, high in sorted((round(low * STEP), round(high * STEP)) for low, high in taken):
        if low - start >= wanted:
            break
        start = max(start, high)
    return (start / STEP, (start + wanted) / STEP) if start + wanted <= STEP else None


def widest_gap(taken: Iterable[tuple[float, float]]) -> float:
    """The share of the layer that one more experiment can have."""
    start = widest = 0
    for low, high in sorted((round(low * STEP), round(high * STEP)) for low, high in taken):
        widest, start = max(widest, low - start), max(start, high)
    return max(widest, STEP - start) / STEP
