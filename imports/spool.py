"""What does not fit in memory, on the disk: rows grouped by order, and how often something was seen. Pure.

SQLite files of the standard library: sorted and counted there with a bounded cache, whatever the file's size.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from cdp.lib.values import read_number
from imports.grouping import MOST_LINES, OrderRow

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(OrderRow, float_hook=read_number).decode


def _open(path: str) -> sqlite3.Connection:
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode = OFF")
    base.execute("PRAGMA synchronous = OFF")
    base.execute("PRAGMA cache_size = -65536")
    base.execute("PRAGMA temp_store = FILE")
    return base


class Seen:
    """How often each key was seen: exact, in bounded memory. The file is SQLite's own temporary one."""

    def __init__(self) -> None:
        self._base = _open("")
        self._base.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")

    def count(self, keys: list[bytes]) -> list[int]:
        """For each key, in order, the how-manieth time it now is."""
        statement = (
            """INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1 RETURNING times"""
        )
        self._base.execute("BEGIN")
        found = [self._base.execute(statement, (key,)).fetchone()[0] for key in keys]
        self._base.execute("COMMIT")
        return found

    def close(self) -> None:
        """Lets the file go."""
        self._base.close()


class OrderSpool:
    """Rows by order. A spool that was not finished (its process died) is begun anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._base = self._opened()
        except sqlite3.DatabaseError:  # its process was killed while it wrote
            path.unlink(missing_ok=True)
            self._base = self._opened()

    @property
    def is_whole(self) -> bool:
        """Whether every row of the file is in it."""
        return bool(self._base.execute("SELECT count(*) FROM done").fetchone()[0])

    def begin(self) -> None:
        """Empty it. The file goes: what a killed process left of it may be damaged."""
        self._base.close()
        self.path.unlink(missing_ok=True)
        self._base = self._opened()
        self._base.execute("CREATE TABLE rows (order_id TEXT, number INTEGER, told BLOB, raw TEXT)")

    def add(self, rows: Iterable[tuple[str, OrderRow, str]]) -> None:
        """Keep rows: (order id, what the row tells, the row as it was)."""
        self._base.execute("BEGIN")
        found = ((order_id, row.number, _encode(row), raw) for order_id, row, raw in rows)
        self._base.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", found)
        self._base.execute("COMMIT")

    def finish(self, rows: int, bad: int) -> None:
        """Every row is in: sort."""
        self._base.execute("CREATE INDEX by_order ON rows (order_id, number)")
        self._base.execute("INSERT INTO done VALUES (?, ?)", (rows, bad))

    def counts(self) -> tuple[int, int]:
        """(rows read, rows that were faulty by themselves)."""
        found: tuple[int, int] = self._base.execute("SELECT rows, bad FROM done").fetchone()
        return found

    def behind(self, order_id: str) -> int:
        """How many rows stand up to and with that order."""
        found: int = self._base.execute("SELECT count(*) FROM rows WHERE order_id <= ?", (order_id,)).fetchone()[0]
        return found

    def orders(self, after: str = "") -> Iterator[tuple[str, list[OrderRow]]]:
        """(order id, its rows) by order id, after that one. Of an endless order no more rows than show that it is."""
        cursor = self._base.execute(
            "SELECT order_id, told FROM rows WHERE order_id > ? ORDER BY order_id, number", (after,)
        )
        present, rows = "", list[OrderRow]()
        for order_id, told in cursor:
            if order_id != present:
                if rows:
                    yield present, rows
                present, rows = order_id, []
            if len(rows) <= MOST_LINES:
                rows.append(_decode(told))
        if rows:
            yield present, rows

    def raws(self, order_id: str) -> Iterator[tuple[int, str, bool]]:
        """(number, row as it was, whether it was faulty by itself) of an order's rows."""
        statement = "SELECT number, raw, told FROM rows WHERE order_id = ? ORDER BY number"
        for number, raw, told in self._base.execute(statement, (order_id,)):
            yield number, raw, _decode(told).fault

    def _opened(self) -> sqlite3.Connection:
        base = _open(str(self.path))
        base.execute("CREATE TABLE IF NOT EXISTS done (rows INTEGER, bad INTEGER)")
        return base

    def close(self) -> None:
        """Lets the file go; it stays."""
        self._base.close()
