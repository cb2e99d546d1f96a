"""Small statements asked many times a second outside transactions: prepared once a connection, then executed by the
driver's C alone.

A cursor's generators, its description and its waiting cost several times what such a statement does. What may not fail
here is left to a cursor, and so is what needs one: transactions, pipelines, names and plans the server has forgotten.
While the server works on it the process hears no signal: for statements of milliseconds only.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult

KEPT = "_cdp_kept"
MOST_KEPT = 500
GONE = (b"0A000", b"26000")  # a plan whose result changed its type; a name that was forgotten with all others
_numbers = count()


def rows(server: psycopg.Connection[Any], statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]] | None:
    """The rows of a statement with $1, $2 …; none where it gives none. None: ask by a cursor. Raises psycopg.Error."""
    own = server.pgconn
    is_free = server.autocommit and own.transaction_status == TransactionStatus.IDLE
    if not is_free or own.pipeline_status != PipelineStatus.OFF:
        return None
    sent = Transformer(server)
    values: Any = sent.dump_sequence(params, [PyFormat.BINARY] * len(params))  # None is NULL to libpq too
    types = sent.types
    assert types is not None
    kept: dict[tuple[str, tuple[int, ...]], bytes] = server.__dict__.setdefault(KEPT, {})
    name = kept.get((statement, types))
    if name is None:
        if len(kept) >= MOST_KEPT:
            return None
        name = b"cdp_%d" % next(_numbers)
        _checked(server, own.prepare(name, statement.encode(), types))
        kept[(statement, types)] = name
    result = own.exec_prepared(name, values, sent.formats, Format.BINARY)
    if result.status == ExecStatus.FATAL_ERROR and result.error_field(DiagnosticField.SQLSTATE) in GONE:
        server.__dict__[KEPT] = {}
        return None
    if not _checked(server, result).ntuples:
        return []
    sent.set_pgresult(result)
    return sent.load_rows(0, result.ntuples, tuple)


def _checked(server: psycopg.Connection[Any], result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    if server.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(server.pgconn.get_error_message())
    raise error_from_result(result, encoding=server.info.encoding)
