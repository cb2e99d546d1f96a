"""Verifying: the files, minus what is hidden, against the same rows of PostgreSQL, value by value.

Both are read in one snapshot, so it is exact while events flow in. Rows above the watermark are read from PostgreSQL
by every query and need no comparing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from cdp.jobs.contracts import JobRun
from cdp.lib.clock import utc_now
from lake.checksums import Sums, buckets_of, row_hashes
from lake.contracts import Projection
from lake.models import LakeTable
from lake.queries.snapshot import Snapshot, snapshot
from lake.reading import copy_batches
from lake.registry import projection as find
from lake.registry import projections
from lake.rows import file_rows, file_schema, in_keys, key_names, source_columns
from lake.store import LostTableError

FEW_BUCKETS = 8
FEW_KEYS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """One table compared. `rows` are those of the files that are not hidden."""

    name: str
    rows: int
    expected: int
    differences: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether both say the same."""
        return not self.differences

    def __str__(self) -> str:
        if self.is_clean:
            return f"{self.name}: {self.rows:,} rows, equal to PostgreSQL's"
        listed = "; ".join(self.differences)
        return f"{self.name}: {self.rows:,} rows, PostgreSQL has {self.expected:,}: {listed}"


def verify(projection: Projection) -> Verdict:
    """Compare one table. Raises LostTableError when files are gone."""
    with snapshot([projection.name]) as view:
        pin = view.pins[projection.name]
        if pin.version is None and pin.row is not None and pin.row.generation:
            raise LostTableError(f"{projection.name}: its files are gone, or another database's: rebuild it")
        found, expected = _summed(_in_files(view, projection)), _summed(_in_database(view, projection))
        differing = found.differing(expected)
        differences = tuple(_named(view, projection, differing)) if len(differing) else ()
    verdict = Verdict(projection.name, found.rows, expected.rows, differences)
    LakeTable.objects.filter(name=projection.name).update(verified_at=utc_now(), verdict=str(verdict))
    return verdict


def verify_job(job: JobRun) -> dict[str, Any]:
    """Verify the tables that `params["tables"]` names, or all. Differences stand in the result and on the page."""
    wanted = [find(name) for name in job.params.get("tables", ())] or list(projections())
    verdicts = []
    for number, projection in enumerate(wanted):
        job.progress(number, len(wanted), projection.name)
        verdicts.append(verify(projection))
    return {
        "clean": all(verdict.is_clean for verdict in verdicts),
        "verdicts": [str(verdict) for verdict in verdicts],
    }


def _summed(tables: Iterator[pa.Table]) -> Sums:
    sums = Sums()
    for rows in tables:
        sums.add(rows)
    return sums


def _in_files(view: Snapshot, projection: Projection) -> Iterator[pa.Table]:
    pin = view.pins[projection.name]
    if pin.table is None or pin.version is None:
        return
    hidden = view.hidden_keys(projection.name)
    for file in pin.version.files:
        rows = pin.table.read(file, file_schema(projection).names)
        yield rows.filter(pa.array(~in_keys(projection, rows, hidden))) if hidden.num_rows else rows


def _in_database(view: Snapshot, projection: Projection) -> Iterator[pa.Table]:
    """The rows that should be in the files: those below the watermark."""
    watermark = view.pins[projection.name].watermark
    batches = copy_batches(
        projection.table,
        source_columns(projection),
        where="t.xid < %s::xid8",
        params=[str(watermark)],
        connection=view.connection,
    )
    for source in batches:
        yield file_rows(projection, source, file_schema(projection))


def _named(view: Snapshot, projection: Projection, buckets: np.ndarray[Any, Any]) -> Iterator[str]:
    """The first differences by key."""
    few = buckets[:FEW_BUCKETS]
    found = _by_key(_in_files(view, projection), projection, few)
    expected = _by_key(_in_database(view, projection), projection, few)
    if missing := sorted(expected.keys() - found.keys()):
        yield f"missing {_listed(missing)}"
    if extra := sorted(found.keys() - expected.keys()):
        yield f"too many {_listed(extra)}"
    if other := sorted(key for key in found.keys() & expected.keys() if found[key] != expected[key]):
        yield f"different {_listed(other)}"
    if len(buckets) > len(few):
        yield f"and more ({len(buckets)} of 4,096 parts differ)"


def _by_key(
    tables: Iterator[pa.Table], projection: Projection, buckets: np.ndarray[Any, Any]
) -> dict[tuple[int, ...], list[int]]:
    """The hashes of the rows of each key in these buckets."""
    by_key: dict[tuple[int, ...], list[int]] = {}
    for rows in tables:
        chosen = rows.filter(pa.array(np.isin(buckets_of(rows), buckets)))
        keys = zip(*(chosen.column(name).to_pylist() for name in key_names(projection)), strict=True)
        for key, row_hash in zip(keys, row_hashes(chosen).tolist(), strict=True):
            by_key.setdefault(key, []).append(row_hash)
    return by_key


def _listed(keys: list[tuple[int, ...]]) -> str:
    shown = ", ".join(":".join(map(str, key)) for key in keys[:FEW_KEYS])
    return f"{len(keys)}: {shown}{', …' if len(keys) > FEW_KEYS else ''}"
