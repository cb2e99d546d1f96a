"""Profile ids as engines know them: two int64, the upper and the lower half of the UUID. Pure."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import numpy as np
import pyarrow as pa

_LOW = (1 << 64) - 1


def halves(profile_id: UUID) -> tuple[int, int]:
    """(profile_hi, profile_lo) of a profile id."""
    return _signed(profile_id.int >> 64), _signed(profile_id.int & _LOW)


def joined(hi: int, lo: int) -> UUID:
    """The profile id of two halves."""
    return UUID(int=((hi & _LOW) << 64) | (lo & _LOW))


def columns(profile_ids: Iterable[UUID]) -> tuple[pa.Array, pa.Array]:
    """The halves of many ids as two int64 columns."""
    data = b"".join(profile_id.bytes for profile_id in profile_ids)
    both = np.frombuffer(data, dtype=">i8").astype(np.int64).reshape(-1, 2)
    return pa.array(both[:, 0]), pa.array(both[:, 1])


def chunks(keys: pa.Table, size: int) -> Iterator[list[UUID]]:
    """The profiles of two columns profile_hi and profile_lo in the order of their ids, which is that of their locks.

    Made as they are asked for: millions of ids take memory as numbers only.
    """
    for part in slices(keys, size):
        yield ids_of(part)


def slices(rows: pa.Table, size: int) -> Iterator[pa.Table]:
    """Rows with columns profile_hi and profile_lo in the order of those ids, so many at a time."""
    hi, lo = (rows[name].to_numpy().astype(np.int64).view(np.uint64) for name in ("profile_hi", "profile_lo"))
    order = np.lexsort((lo, hi))
    for start in range(0, len(order), size):
        yield rows.take(pa.array(order[start : start + size]))


def ids_of(rows: pa.Table) -> list[UUID]:
    """The profile of each row."""
    return [joined(*key) for key in zip(rows["profile_hi"].to_pylist(), rows["profile_lo"].to_pylist(), strict=True)]


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number
