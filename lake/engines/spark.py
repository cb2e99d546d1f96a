"""Any Spark Connect server (`sc://host:port`): Apache Spark, Databricks, Sail; through the package pyspark-client.

The server reads the lake's files itself, by the very paths of the snapshot: never as a Delta table, whose newest
version is not the snapshot's. What has no file travels with the query. A query has a session to itself, so that its
tables meet no other query's. Memory is the server's affair, time is ours.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from sqlglot import exp

from lake.contracts import Limits, QueryError, QueryStoppedError, QueryTooLargeError, QueryTooSlowError, Relation
from lake.engines.base import DEFAULT_LIMITS
from lake.engines.spark_sessions import Session, Sessions, ended_on_time
from lake.engines.spark_sql import prepared
from lake.engines.statements import Statement, as_statement
from lake.engines.views import FILES, HIDDEN, TAIL, files_of, view_of
from lake.rows import file_schema

DIALECT = "spark"
UNREACHED = ("UNAVAILABLE", "failed to connect", "RETRIES_EXCEEDED", "DNS resolution")
NOT_FOUND = ("PATH_NOT_FOUND", "FileNotFound", "No such file", "not found", "does not exist", "NoSuchKey", "404")
TOO_LARGE = ("Resources exhausted", "OutOfMemory", "MAX_MESSAGE_LENGTH", "larger than max", "maxResultSize")


class Spark:
    """Asks the server at `remote`. Safe to share between threads; every fork opens its own sessions."""

    def __init__(self, *, remote: str) -> None:
        self.name = f"sc://{urlsplit(remote).netloc.partition(';')[0]}"  # what stands behind may be a token
        self._sessions = Sessions(remote)

    def close(self) -> None:
        """End this process's sessions; the next query opens one anew."""
        self._sessions.close()

    def query(
        self,
        statement: exp.Query | Statement,
        relations: Mapping[str, Relation | pa.Table],
        *,
        limits: Limits = DEFAULT_LIMITS,
        values: Mapping[str, int] | None = None,
    ) -> pa.Table:
        """See `Engine.query`. Of `limits`, memory and threads are the server's own affair."""
        asked = as_statement(statement)
        asked.check(relations)
        filled = asked.filled(values or {})
        text = asked.text(DIALECT, prepared)
        with (
            self._sessions.borrowed() as session,
            self._errors_named(session, limits),
            ended_on_time(session, limits),
        ):
            views = [view for name, given in relations.items() for view in _provide(session.spark, name, given)]
            self._see_every_row(session.spark, relations)
            found = session.spark.sql(text, args=filled or None).toArrow()
            for view in views:
                session.spark.catalog.dropTempView(view)
        return _as_promised(found)

    def _see_every_row(self, spark: Any, relations: Mapping[str, Relation | pa.Table]) -> None:
        """Raise QueryError unless the server finds in the files what was written there.

        Some servers take a file that they do not see for an empty one (Sail does).
        """
        expected = {
            name: sum(file.rows for file in given.files)
            for name, given in relations.items()
            if isinstance(given, Relation) and given.files and all(file.rows for file in given.files)
        }
        if not expected:
            return
        count = exp.Count(this=exp.Star())
        counts = [exp.select(count.copy()).from_(exp.to_table(name + FILES)).subquery() for name in expected]
        columns = [exp.alias_(each, f"n{number}") for number, each in enumerate(counts)]
        (found,) = spark.sql(exp.select(*columns).sql(DIALECT)).toArrow().to_pylist()
        for (name, rows), seen in zip(expected.items(), found.values(), strict=True):
            if seen != rows:
                raise QueryError(
                    f"{self.name} sees {seen} of {rows} rows in the files of {name}: it must see the lake "
                    f"under the same path or URL as this service (LAKE_URL)"
                )

    @contextmanager
    def _errors_named(self, session: Session, limits: Limits) -> Iterator[None]:
        try:
            yield
        except QueryError:
            raise
        except Exception as error:  # the client raises its own, gRPC's, and ValueError on a channel that was closed
            if limits.stop is not None and limits.stop.is_set():
                raise QueryStoppedError("the query was stopped") from None
            if session.is_over:
                raise QueryTooSlowError(
                    f"the query took longer than {limits.seconds:g} s: ask about fewer days or fewer events"
                ) from None
            raise self._named(str(error)) from error

    def _named(self, message: str) -> QueryError:
        if any(sign in message for sign in UNREACHED):
            return QueryError(f"{self.name} does not answer; see LAKE_ENGINE, and try again: {message[:300]}")
        if any(sign in message for sign in TOO_LARGE):
            return QueryTooLargeError(
                f"the query needs more memory than {self.name} gives it: ask about fewer days or fewer events"
            )
        hint = ""
        if any(sign in message for sign in NOT_FOUND):
            hint = "; it must see the lake under the same path or URL as this service (LAKE_URL)"
        return QueryError(f"{self.name} refused the query{hint}: {message[:1000]}")


def _provide(spark: Any, name: str, given: Relation | pa.Table) -> Iterator[str]:
    """Make a relation readable under its name; yields the names of what stands in the session for it."""
    if isinstance(given, pa.Table) or not given.files:
        _rows(spark, given if isinstance(given, pa.Table) else given.tail).createOrReplaceTempView(name)
        yield name
        return
    _rows(spark, given.tail).createOrReplaceTempView(name + TAIL)
    yield name + TAIL
    if given.hidden.num_rows:
        _rows(spark, given.hidden).createOrReplaceTempView(name + HIDDEN)
        yield name + HIDDEN
    reader = spark.read.schema(_described(file_schema(given.projection)))
    reader.parquet(*(_located(file.path) for file in given.files)).createOrReplaceTempView(name + FILES)
    yield name + FILES
    view = prepared(view_of(name, given, files_of(name)))
    spark.sql(view.sql(DIALECT)).createOrReplaceTempView(name)
    yield name


def _rows(spark: Any, rows: pa.Table) -> Any:
    """Rows that travel with the query. Of no rows the client cannot tell the columns, so they are always said."""
    return spark.createDataFrame(rows, schema=_described(rows.schema))


def _described(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def _located(path: str) -> str:
    """A path as a URL: a bare one is taken for the server's own file system, which need not be the disk."""
    return path if "://" in path else f"file://{path}"


def _as_promised(found: pa.Table) -> pa.Table:
    """Whole numbers as int64 and texts as plain ones, whatever width the server chose."""
    return found.cast(pa.schema([pa.field(each.name, _plain(each.type)) for each in found.schema]))


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(kind):
        return pa.int64()
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind
