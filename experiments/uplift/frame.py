"""The rows uplift is learned from: features as columns, who was treated, what came of it; columns made into numbers.

A row is a person of a randomized experiment as they stood before they met it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]
Column = Numbers | NDArray[np.str_]
"""Numbers (NaN: not known) or words ("": not known)."""

MOST_LEVELS = 30
OTHER = "other"
SKEWED = 2.0


class FrameError(ValueError):
    """These rows cannot be learned from; the text says what is wrong and what it takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`columns`: features by name. `treated`: who got the offer. `outcome`: money, counts, or 0 and 1."""

    columns: Mapping[str, Column]
    treated: Truths
    outcome: Numbers

    @property
    def is_binary(self) -> bool:
        """Whether the outcome only says whether something happened."""
        return bool(np.isin(self.outcome, (0.0, 1.0)).all())

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True, slots=True)
class _Part:
    """How one column becomes numbers: `levels` of words, or the number that stands for an unknown one."""

    column: str
    levels: tuple[str, ...] = ()
    has_other: bool = False
    middle: float = 0.0
    has_unknown: bool = False
    is_log: bool = False


@dataclass(frozen=True, slots=True)
class Encoding:
    """How columns become numbers; learned from the features alone, so that others can be encoded the same way.

    Words become one column of 0 and 1 a level, the most frequent 30, all else is “other”. Numbers that are never
    negative and lean far to one side (money, counts) are taken by their logarithm; unknown ones get the median and a
    column that says so.
    """

    parts: tuple[_Part, ...]

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> "Encoding":
        """Learned from these columns. One that says the same of everybody is left out."""
        found = [_part(name, values) for name, values in columns.items()]
        return cls(tuple(part for part in found if part is not None))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the numbers, in order: a column's name, or “column = level”."""
        return tuple(name for part in self.parts for name in _names(part))

    def plain(self) -> "Encoding":
        """The same numbers without logarithms, as one reads them."""
        return Encoding(tuple(replace(part, is_log=False) for part in self.parts))

    def apply(self, columns: Mapping[str, Column]) -> Numbers:
        """Rows × names. Raises KeyError where a column is missing."""
        made = [column for part in self.parts for column in _columns(part, columns[part.column])]
        rows = len(next(iter(columns.values()))) if columns else 0
        return np.column_stack(made).astype(np.float64) if made else np.zeros((rows, 0))


def _part(name: str, values: Column) -> _Part | None:
    if values.dtype.kind == "f":
        return _number(name, values.astype(np.float64))
    levels, counts = np.unique(values, return_counts=True)
    if len(levels) < 2:
        return None
    order = sorted(zip(-counts, levels.tolist(), strict=True))
    kept = tuple(level for _, level in order[:MOST_LEVELS])
    return _Part(name, levels=kept, has_other=len(levels) > MOST_LEVELS)


def _number(name: str, values: Numbers) -> _Part | None:
    known = values[~np.isnan(values)]
    has_unknown = len(known) < len(values)
    if not len(known) or (known.min() == known.max() and not has_unknown):
        return None
    return _Part(name, middle=float(np.median(known)), has_unknown=has_unknown, is_log=_is_skewed(known))


def _is_skewed(known: Numbers) -> bool:
    spread = known.std()
    if known.min() < 0 or spread == 0 or len(np.unique(known[:1_000])) <= 2:
        return False
    return bool((((known - known.mean()) / spread) ** 3).mean() > SKEWED)


def _names(part: _Part) -> Sequence[str]:
    if part.levels:
        named = [f"{part.column} = {level or 'not known'}" for level in part.levels]
        return [*named, *([f"{part.column} = {OTHER}"] if part.has_other else [])]
    return [part.column, *([f"{part.column} not known"] if part.has_unknown else [])]


def _columns(part: _Part, values: Column) -> list[Numbers]:
    if part.levels:
        each = [(values == level).astype(np.float64) for level in part.levels]
        return [*each, *([1.0 - np.sum(each, axis=0)] if part.has_other else [])]
    numbers = values.astype(np.float64)
    unknown = np.isnan(numbers)
    filled = np.where(unknown, part.middle, numbers)
    told = np.log1p(np.maximum(filled, 0.0)) if part.is_log else filled
    return [told, *([unknown.astype(np.float64)] if part.has_unknown else [])]


__all__ = ["Column", "Encoding", "Frame", "FrameError", "Numbers", "Truths"]
