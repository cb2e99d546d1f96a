"""DuckDB in process: one sealed in-memory instance a process, a cursor of its own for every query.

Sealed: it may read the lake's folders and nothing else on disk, loads no extension, and its configuration is locked.
Object storage it does not reach at all: Arrow reads from there what a query needs, and DuckDB is given the rows.
What it cannot hold in memory it spills into a bounded folder, which goes with the process.
"""

import os
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs as pafs
from sqlglot import exp

from lake.contracts import Limits, QueryError, QueryStoppedError, QueryTooLargeError, QueryTooSlowError, Relation
from lake.engines.base import DEFAULT_LIMITS
from lake.engines.statements import Statement, as_statement
from lake.engines.views import FILES, HIDDEN, TAIL, files_of, read_of, view_of
from lake.rows import file_schema

DIALECT = "duckdb"
SPILL_MB = 8192
LOOK_EVERY_S = 0.1
Reach = Callable[[str], tuple[pafs.FileSystem, str]]
"""The file system of a URL, and the path on it."""
# The other way makes no copy of the rows but plans every statement twice, and planning is most of a small one's time.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)


class DuckDB:
    """Reads files below `folders`, spills below `temp`. Safe to share between threads; every fork opens its own.

    `reach` is asked for the files that are given by URL.
    """

    def __init__(self, *, folders: tuple[Path, ...], temp: Path, reach: Reach | None = None) -> None:
        self._folders = folders
        self._reach = reach
        self._temp = temp
        self._lock = threading.Lock()
        self._instances: dict[tuple[int, int, int], duckdb.DuckDBPyConnection] = {}

    def close(self) -> None:
        """Give back the memory of this process's instances; the next query opens one anew."""
        with self._lock:
            for key in [key for key in self._instances if key[0] == os.getpid()]:
                self._instances.pop(key).close()

    def query(
        self,
        statement: exp.Query | Statement,
        relations: Mapping[str, Relation | pa.Table],
        *,
        limits: Limits = DEFAULT_LIMITS,
        values: Mapping[str, int] | None = None,
    ) -> pa.Table:
        """See `Engine.query`."""
        asked = as_statement(statement)
        asked.check(relations)
        filled = asked.filled(values or {})
        with self._cursor(limits) as cursor, _errors_named(limits), _interrupted(cursor, limits):
            for name, relation in relations.items():
                self._provide(cursor, name, relation)
            return cursor.execute(asked.text(DIALECT), filled or None).to_arrow_table()

    def _provide(self, cursor: duckdb.DuckDBPyConnection, name: str, relation: Relation | pa.Table) -> None:
        """Make a relation readable under its name, on this cursor alone."""
        if isinstance(relation, pa.Table):
            cursor.register(name, relation)
        elif not relation.files:
            cursor.register(name, relation.tail)
        else:
            source = read_of(relation)
            if any("://" in file.path for file in relation.files):
                cursor.register(name + FILES, self._dataset(relation))
                source = files_of(name)
            cursor.register(name + TAIL, relation.tail)
            if relation.hidden.num_rows:
                cursor.register(name + HIDDEN, relation.hidden)
            target = exp.to_identifier(name, quoted=True).sql(DIALECT)
            cursor.execute(f"CREATE TEMP VIEW {target} AS {view_of(name, relation, source).sql(DIALECT)}")

    def _dataset(self, relation: Relation) -> pads.Dataset:
        """Files on object storage: columns, names and times that a query does not need are not fetched."""
        if self._reach is None:
            raise QueryError("this engine reads folders only, and was given files by URL")
        reached = [self._reach(file.path) for file in relation.files]
        schema, form = file_schema(relation.projection), pads.ParquetFileFormat()
        return pads.FileSystemDataset.from_paths(
            [path for _, path in reached], schema=schema, format=form, filesystem=reached[0][0]
        )

    @contextmanager
    def _cursor(self, limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._instance(limits).cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _instance(self, limits: Limits) -> duckdb.DuckDBPyConnection:
        key = (os.getpid(), limits.memory_mb, limits.threads)
        with self._lock:
            found = self._instances.get(key)
            if found is None:
                found = self._instances[key] = self._open(limits)
            return found

    def _open(self, limits: Limits) -> duckdb.DuckDBPyConnection:
        self._temp.mkdir(parents=True, exist_ok=True)
        _sweep(self._temp)
        opened = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{limits.memory_mb}MB",
                "threads": limits.threads,
                "temp_directory": tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._temp),
                "max_temp_directory_size": f"{SPILL_MB}MB",
                "preserve_insertion_order": False,
                "python_enable_replacements": False,
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
                "allow_community_extensions": False,
            },
        )
        folders = ", ".join(exp.Literal.string(str(folder)).sql(DIALECT) for folder in self._folders)
        opened.execute("SET parquet_metadata_cache = true")  # the lake's files never change
        opened.execute(f"SET allowed_directories = [{folders}]")
        opened.execute("SET enable_external_access = false")
        opened.execute("SET lock_configuration = true")
        return opened


@contextmanager
def _interrupted(cursor: duckdb.DuckDBPyConnection, limits: Limits) -> Iterator[None]:
    """End whatever runs on the cursor when its time is over, or somebody wants it to stop."""
    over = threading.Event()
    target = _interrupt_late if limits.stop is None else _interrupt_stopped
    watcher = threading.Thread(target=target, args=(cursor, limits, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _interrupt_late(cursor: duckdb.DuckDBPyConnection, limits: Limits, over: threading.Event) -> None:
    wait = limits.seconds
    while not over.wait(wait):
        cursor.interrupt()  # again and again: one that comes between two statements is lost
        wait = LOOK_EVERY_S


def _interrupt_stopped(cursor: duckdb.DuckDBPyConnection, limits: Limits, over: threading.Event) -> None:
    until = time.monotonic() + limits.seconds
    while not over.wait(LOOK_EVERY_S):
        if time.monotonic() >= until or (limits.stop and limits.stop.is_set()):
            cursor.interrupt()


@contextmanager
def _errors_named(limits: Limits) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException:
        if limits.stop is not None and limits.stop.is_set():
            raise QueryStoppedError("the query was stopped") from None
        raise QueryTooSlowError(
            f"the query took longer than {limits.seconds:g} s: ask about fewer days or fewer events"
        ) from None
    except duckdb.OutOfMemoryException:
        raise QueryTooLargeError(
            f"the query needs more than {limits.memory_mb} MB: ask about fewer days or fewer events"
        ) from None
    except (duckdb.IOException, OSError) as error:
        raise QueryError(f"a file of the lake could not be read; try again, then rebuild the lake: {error}") from error
    except duckdb.Error as error:
        raise QueryError(f"the engine refused the query: {error}") from error


def _sweep(temp: Path) -> None:
    """Remove the spills of processes that are gone."""
    for folder in temp.iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and Path("/proc").exists():
            shutil.rmtree(folder, ignore_errors=True)
