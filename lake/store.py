"""Files and commits: the only module that knows Delta Lake.

A table is a folder `<LAKE_URL>/<table>/<generation>` with Parquet files and a log of commits. One commit takes files
away and adds others, and carries the watermark: the transaction up to which (exclusive) PostgreSQL's rows are in it.
"""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction
from django.conf import settings

from lake.contracts import LakeFile, Projection
from lake.partitions import Partition, partition_columns
from lake.places import delta_options, filesystem, is_folder
from lake.rows import file_schema

APPLICATION = "cdp"
CONFIGURATION = {"delta.logRetentionDuration": "interval 1 days", "delta.checkpointInterval": "50"}
ROW_GROUP = 128 * 1024
Action = AddAction | RemoveAction


class LostTableError(Exception):
    """The table's folder, or what its log needs, is gone: rebuild it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a table: its path in the folder, its size, and the range of its (first) key."""

    path: str
    size: int
    rows: int
    partition: Partition
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Version:
    """A table as one commit left it."""

    number: int
    watermark: int | None  # None: nothing was committed yet
    files: tuple[StoredFile, ...]

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def new_generation() -> str:
    """The name of a folder that was never used: readers of an older one are not disturbed."""
    return f"g{time.time_ns() // 1_000_000:x}-{uuid.uuid4().hex[:6]}"


class Table:
    """One generation of one table. Nothing is kept in memory: every call sees what is stored."""

    def __init__(self, projection: Projection, generation: str) -> None:
        self.projection = projection
        self.generation = generation
        self.uri = f"{root_uri()}/{projection.name}/{generation}"
        self._files, self._root = filesystem(self.uri)

    def create(self) -> None:
        """A new empty table, without a watermark."""
        columns = partition_columns(self.projection)
        fields = [*file_schema(self.projection), *(pa.field(name, pa.string()) for name in columns)]
        self._make_folder(self._root)
        DeltaTable.create(
            self.uri,
            pa.schema(fields),
            partition_by=columns or None,
            configuration=CONFIGURATION,
            storage_options=delta_options(self.uri),
        )

    def version(self) -> Version:
        """The newest version. Raises LostTableError when the folder is gone or its log has holes."""
        with _loss_named():
            delta = self._delta()
            watermark = delta.transaction_version(APPLICATION)
            actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
        key = self.projection.columns[0].name
        names = partition_columns(self.projection)
        files = tuple(
            StoredFile(
                path=action["path"],
                size=action["size_bytes"],
                rows=action["num_records"] or 0,
                partition=tuple((name, action[f"partition.{name}"] or "") for name in names),
                low=action.get(f"min.{key}"),
                high=action.get(f"max.{key}"),
            )
            for action in actions
        )
        return Version(delta.version(), watermark, files)

    def write(self, rows: pa.Table, partition: Partition) -> AddAction:
        """Rows as one new file, which nobody sees until it is committed. Raises OSError when it cannot be written."""
        folder = dict(partition).get("month") or "data"
        name = f"{folder}/{uuid.uuid4().hex}.parquet"
        self._make_folder(f"{self._root}/{folder}")
        path = f"{self._root}/{name}"
        with self._files.open_output_stream(path) as stream:
            pq.write_table(rows, stream, compression="zstd", row_group_size=ROW_GROUP)
            size = stream.tell()
        stats = {"numRecords": rows.num_rows, **_key_range(rows)}
        # An empty partition value is null in Delta.
        values = {column: value or None for column, value in partition}
        return AddAction(name, size, values, _now_ms(), True, json.dumps(stats))

    def removal(self, file: StoredFile) -> RemoveAction:
        """The end of a file from the next commit on; readers of older versions keep it until the vacuum."""
        values = {column: value or None for column, value in file.partition}
        return RemoveAction(file.path, True, _now_ms(), file.size, values)

    def commit(self, actions: Sequence[Action], watermark: int, *, seen: int | None, number: int | None = None) -> None:
        """All of `actions` and the watermark, or nothing.

        `seen` and `number` are the watermark and the version the caller began from: if another has committed since,
        nothing happens and LostTableError is raised (two writers cannot both be right; joining moves no watermark).
        """
        with _loss_named():
            delta = self._delta()
            if delta.transaction_version(APPLICATION) != seen or number not in (None, delta.version()):
                raise LostTableError(f"{self.uri} was changed by somebody else meanwhile")
            marks = CommitProperties(app_transactions=[Transaction(APPLICATION, watermark)])
            delta.create_write_transaction(
                list(actions),
                "append",
                delta.schema(),
                partition_columns(self.projection) or None,
                commit_properties=marks,
            )

    def read(self, file: StoredFile, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a file. Raises LostTableError when it is gone."""
        try:
            with self._files.open_input_file(f"{self._root}/{file.path}") as stream:
                return pq.ParquetFile(stream).read(columns=None if columns is None else list(columns))
        except FileNotFoundError as error:
            raise LostTableError(f"{self.uri}/{file.path} is gone") from error

    def lake_file(self, file: StoredFile) -> LakeFile:
        """The file as an engine is given it."""
        place = f"{self._root}/{file.path}" if is_folder(self._files) else f"{self.uri}/{file.path}"
        return LakeFile(place, dict(file.partition), file.rows)

    def missing_files(self, version: Version) -> int:
        """How many files of a version are not there; looked up for local folders only."""
        if not is_folder(self._files):
            return 0
        return sum(not Path(self._root, file.path).exists() for file in version.files)

    def vacuum(self, hours: int) -> int:
        """Delete files that no version of the last `hours` needs, those never committed too."""
        with _loss_named():
            gone = self._delta().vacuum(hours, dry_run=False, enforce_retention_duration=False, full=True)
        return len(gone)

    def rid(self, before: datetime) -> int:
        """Delete files that no version since that instant needs. Returns how many. For who holds the table's lock."""
        with _loss_named():
            needed: set[str] = set()
            for entry in self._delta().history():  # the newest first; the last one was in use at that instant
                needed |= _paths(self._delta(entry["version"]))
                if entry["timestamp"] < before.timestamp() * 1000:
                    break
        root = pafs.FileSelector(self._root, recursive=True)
        gone = [
            info.path
            for info in self._files.get_file_info(root)
            if info.path.endswith(".parquet")
            and "/_delta_log/" not in info.path
            and info.path.removeprefix(f"{self._root}/") not in needed
            and info.mtime.timestamp() < before.timestamp()
        ]
        for path in gone:
            self._files.delete_file(path)
        return len(gone)

    def drop(self) -> None:
        """Delete the whole folder, if it is there."""
        if self._files.get_file_info(self._root).type != pafs.FileType.NotFound:
            self._files.delete_dir(self._root)

    def _delta(self, number: int | None = None) -> DeltaTable:
        return DeltaTable(self.uri, version=number, storage_options=delta_options(self.uri))

    def _make_folder(self, path: str) -> None:
        if is_folder(self._files):
            self._files.create_dir(path, recursive=True)


def _paths(delta: DeltaTable) -> set[str]:
    return set(pa.table(delta.get_add_actions(flatten=True)).column("path").to_pylist())


def generations(name: str) -> list[str]:
    """The generations of a table that have a folder, newest last."""
    files, root = filesystem(f"{root_uri()}/{name}")
    found = files.get_file_info(pafs.FileSelector(root, allow_not_found=True))
    return sorted(info.base_name for info in found if info.type == pafs.FileType.Directory)


def root_uri() -> str:
    """Where the lake is: a path or an object-store URL, without a slash at its end."""
    return str(settings.LAKE_URL).rstrip("/")


def _key_range(rows: pa.Table) -> dict[str, dict[str, int]]:
    key = rows.schema.names[0]
    ends = pc.min_max(rows.column(key)).as_py()
    if ends["min"] is None:
        return {}
    return {"minValues": {key: ends["min"]}, "maxValues": {key: ends["max"]}, "nullCount": {key: 0}}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def _loss_named() -> Iterator[None]:
    try:
        yield
    except TableNotFoundError as error:
        raise LostTableError(f"the folder is gone: {error}") from error
    except DeltaError as error:
        raise LostTableError(f"the log cannot be read or continued: {error}") from error
