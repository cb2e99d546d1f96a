"""Features as numbers: a fixed list of columns that is learned with the model and kept in its state.

A text or a truth becomes one column a common value, a number one standardized column, an hour of the day two on the
clock's circle. What is missing or was never seen is zero everywhere, so a stranger is judged by the constant alone.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import msgspec
import numpy as np
import numpy.typing as npt

Features = Mapping[str, object]
Matrix = npt.NDArray[np.float64]
CONSTANT, IS, NUMBER, HOUR_SIN, HOUR_COS = "constant", "is", "number", "hour_sin", "hour_cos"
HOUR = "hour"
MOST_VALUES, MOST_COLUMNS = 12, 32
FARTHEST = 3.0  # standard deviations: one rich cart must not outweigh a thousand others


class Column(msgspec.Struct, frozen=True):
    """One number of the vector. `value`: the text an IS column is 1 for; `mean`, `spread`: of a NUMBER column."""

    kind: str
    feature: str = ""
    value: str = ""
    mean: float = 0.0
    spread: float = 1.0


def learn_columns(names: Sequence[str], rows: Sequence[Features], weights: Sequence[int]) -> tuple[Column, ...]:
    """Columns for these features as the rows have them; each row counts `weights` times. The constant comes first."""
    columns = [Column(CONSTANT)]
    for name in names:
        columns += _columns_of(name, [row.get(name) for row in rows], weights)
    return tuple(columns[:MOST_COLUMNS])


def vector(columns: Sequence[Column], features: Features) -> Matrix:
    """Shape (columns,)."""
    return np.array([_number(column, features.get(column.feature)) for column in columns], dtype=np.float64)


def matrix(columns: Sequence[Column], rows: Sequence[Features]) -> Matrix:
    """Shape (rows, columns)."""
    if not rows:
        return np.zeros((0, len(columns)))
    names = sorted({column.feature for column in columns})
    known: dict[tuple[tuple[type, object], ...], int] = {}
    found: list[Matrix] = []
    places = np.empty(len(rows), dtype=np.int64)
    for index, row in enumerate(rows):
        # True equals 1 to a dict, and is another value here.
        key = tuple((type(value), value) for value in (row.get(name) for name in names))
        if key not in known:
            known[key] = len(found)
            found.append(vector(columns, row))
        places[index] = known[key]
    return np.stack(found)[places]


def _columns_of(name: str, values: Sequence[object], weights: Sequence[int]) -> list[Column]:
    if name == HOUR or name.endswith("." + HOUR):
        return [Column(HOUR_SIN, name), Column(HOUR_COS, name)]
    numbers = [(float(value), many) for value, many in zip(values, weights, strict=True) if _is_number(value)]
    known = sum(value is not None for value in values)
    if numbers and len(numbers) == known:
        found, times = np.array(numbers).T
        mean = float(np.average(found, weights=times))
        spread = math.sqrt(float(np.average((found - mean) ** 2, weights=times)))
        return [Column(NUMBER, name, mean=mean, spread=spread or 1.0)]
    counts: dict[str, int] = {}
    for value, many in zip(values, weights, strict=True):
        if value is not None:
            counts[_text(value)] = counts.get(_text(value), 0) + many
    common = sorted(counts, key=lambda text: (-counts[text], text))[:MOST_VALUES]
    return [Column(IS, name, text) for text in sorted(common)]


def _number(column: Column, value: object) -> float:
    if column.kind == CONSTANT:
        return 1.0
    if value is None:
        return 0.0
    if column.kind == IS:
        return float(_text(value) == column.value)
    if not _is_number(value):
        return 0.0
    if column.kind == NUMBER:
        return min(max((float(value) - column.mean) / column.spread, -FARTHEST), FARTHEST)
    angle = 2 * math.pi * float(value) / 24
    return math.sin(angle) if column.kind == HOUR_SIN else math.cos(angle)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
