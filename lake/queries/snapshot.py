"""A snapshot: every table of the lake as of one instant, files and PostgreSQL together.

The versions of the files are pinned first, then one REPEATABLE READ transaction begins: it sees every row that is in
the files, and all that has changed since stands in PostgreSQL at or above the pinned watermark (decision 0010).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db import connection as default_connection

from cdp.outbox.services import wake
from lake.connecting import own_connection
from lake.contracts import Ask, LakeNotReadyError, Projection, Relation
from lake.models import LakeTable
from lake.partitions import may_hold
from lake.queries.erased import erased_keys
from lake.queries.watermarks import Horizon, horizon, rows_up_to, waiting_rows
from lake.reading import asked_schema, read_rows
from lake.registry import projection as find
from lake.registry import projections
from lake.rows import join_keys, key_names, key_schema, keys_of
from lake.store import LostTableError, Table, Version

LONGEST_TAIL = 300_000  # rows: about a third of a second
SINCE = "t.xid >= %s::xid8"
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A table's files as they were when the snapshot began; `version` is None while there are none to read."""

    projection: Projection
    table: Table | None
    version: Version | None
    row: LakeTable | None

    @property
    def watermark(self) -> int:
        """The transaction from which on rows are read from PostgreSQL."""
        return 0 if self.version is None or self.version.watermark is None else self.version.watermark


@dataclass(slots=True)
class Snapshot:
    """Tables as of one instant. `as_of` is None while every relation given was exact.

    Where more than 300,000 rows wait to be projected, a relation leaves them out (what is erased stays hidden) and
    `as_of` is the time of the last flush: a bounded answer now instead of an exact one after a long read.

    `xmin`: what it does not show was written by this transaction or a later one.
    """

    connection: Any
    pins: dict[str, Pinned]
    xmin: int = 0
    as_of: datetime | None = None
    _tails: dict[str, bool] = field(default_factory=dict)

    def relation(self, ask: Ask) -> Relation:
        """The rows that `ask` is about. Raises LakeNotReadyError while a large table has no files yet."""
        pin = self.pins[ask.table]
        if pin.version is None or pin.table is None:
            return Relation(ask, pin.projection, (), self._whole(pin, ask), key_schema(pin.projection).empty_table())
        tail, changed = self._tail(pin, ask)
        files = tuple(
            pin.table.lake_file(file)
            for file in pin.version.files
            if may_hold(pin.projection, dict(file.partition), ask)
        )
        hidden = join_keys(pin.projection, [self._erased(pin), changed])
        return Relation(ask, pin.projection, files, tail, hidden)

    def hidden_keys(self, name: str) -> pa.Table:
        """Keys of a table whose rows in the files no longer hold: changed or erased since."""
        pin = self.pins[name]
        keys = Ask(name, tuple(key_names(pin.projection)))
        changed = [] if pin.projection.is_append_only else [self._since(pin, keys)]
        return join_keys(pin.projection, [self._erased(pin), *changed])

    def _whole(self, pin: Pinned, ask: Ask) -> pa.Table:
        """A table without files, from PostgreSQL alone while it is small."""
        if rows_up_to(pin.projection, LONGEST_TAIL + 1, self.connection) > LONGEST_TAIL:
            wake("lake.project")
            done, total = (pin.row.built_rows, pin.row.built_of) if pin.row and pin.row.building else (0, 0)
            so_far = f"{done:,} of about {total:,} rows are done" if total else "the rebuild begins within seconds"
            raise LakeNotReadyError(
                f"the lake's {pin.projection.name} are being rebuilt: {so_far}. Try again in a minute.",
                done=done,
                total=total,
            )
        return read_rows(pin.projection, ask, connection=self.connection)

    def _tail(self, pin: Pinned, ask: Ask) -> tuple[pa.Table, pa.Table]:
        """Rows since the watermark, and the keys that they hide in the files."""
        no_keys = key_schema(pin.projection).empty_table()
        if not self._is_tail_read(pin):
            return asked_schema(pin.projection, ask).empty_table(), no_keys
        if pin.projection.is_append_only:
            return self._since(pin, ask), no_keys
        names = key_names(pin.projection)
        wider = replace(ask, columns=(*ask.columns, *(name for name in names if name not in ask.columns)))
        rows = self._since(pin, wider)
        return rows.select(asked_schema(pin.projection, ask).names), keys_of(pin.projection, rows)

    def _is_tail_read(self, pin: Pinned) -> bool:
        name = pin.projection.name
        if name not in self._tails:
            rows = waiting_rows(pin.projection, pin.watermark, most=LONGEST_TAIL + 1, connection=self.connection)
            self._tails[name] = rows <= LONGEST_TAIL
            if not self._tails[name] and pin.row and pin.row.flushed_at:
                self.as_of = min(self.as_of or pin.row.flushed_at, pin.row.flushed_at)
        return self._tails[name]

    def _since(self, pin: Pinned, ask: Ask) -> pa.Table:
        params = [str(pin.watermark)]
        return read_rows(pin.projection, ask, where=SINCE, params=params, connection=self.connection)

    def _erased(self, pin: Pinned) -> pa.Table:
        params = [str(pin.watermark)]
        return erased_keys(pin.projection, where=SINCE, params=params, connection=self.connection)


@contextmanager
def snapshot(tables: Iterable[str] | None = None) -> Iterator[Snapshot]:
    """Every table, or the named ones, as of now. Raises UnknownTableError, and LakeNotReadyError where the storage of
    their files does not answer.

    Inside a transaction of the caller's it reads on the caller's connection, hence what that transaction sees (its own
    rows too); else on a connection of its own.
    """
    wanted = projections() if tables is None else tuple(find(name) for name in tables)
    rows = {row.name: row for row in LakeTable.objects.all()}
    pins = {one.name: _pin(one, rows.get(one.name)) for one in wanted}
    if default_connection.in_atomic_block:
        yield _snapshot(default_connection, pins)
        return
    with own_connection() as connection:
        with connection.cursor() as cursor:
            cursor.execute(BEGIN)
        yield _snapshot(connection, pins)  # its first query takes the snapshot, not BEGIN


def _snapshot(connection: Any, pins: dict[str, Pinned]) -> Snapshot:
    at = horizon(connection)
    return Snapshot(connection, _of_this_server(pins, at), at.xmin)


def _of_this_server(pins: dict[str, Pinned], at: Horizon) -> dict[str, Pinned]:
    """Without files whose watermark lies ahead of the server: what happened since would be missing (a restore)."""
    return {name: replace(pin, version=None) if pin.watermark > at.xmax else pin for name, pin in pins.items()}


def _pin(projection: Projection, row: LakeTable | None) -> Pinned:
    if row is None or not row.generation:
        return Pinned(projection, None, None, row)
    table = Table(projection, row.generation)
    try:
        version = table.version()
    except LostTableError:
        return Pinned(projection, None, None, row)
    except OSError as error:
        raise LakeNotReadyError(
            f"the lake's storage cannot be reached; see LAKE_URL and the AWS_ settings, and try again: {error}"
        ) from error
    return Pinned(projection, table, version if version.watermark is not None else None, row)
