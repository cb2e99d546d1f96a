"""A file's rows under its mapping: built, or rejected with the reason. What checks and imports share."""

from collections.abc import Iterator
from datetime import datetime

from commerce.contracts import ProductRow
from consent.suppression_list import NewSuppression
from imports import grouping
from imports.building import Plan, build, product
from imports.contracts import PRODUCTS, SUPPRESSIONS, BadValue, Built, Position, Row, WrongFile
from imports.models import Import
from imports.queries import columns_of, options_of
from imports.reading import rows
from imports.services import files
from imports.services.rejecting import Reject, reject
from imports.spool import OrderSpool
from imports.suppressing import suppression

AWAY = "The file is not on this machine. Where several machines work, IMPORTS_DIR must be a folder they share."
SPOOL_ROWS = 2_000


def plan_of(job: Import, now: datetime) -> Plan:
    """The import's mapping, ready to read rows."""
    return Plan(job.kind, columns_of(job), options_of(job), told_at=job.content_at, now=now)


def rows_of(job: Import, start: Position) -> Iterator[Row]:
    """The file's rows after `start`. Raises WrongFile."""
    path = files.absolute(job.path)
    if not job.path or not path.is_file():
        raise WrongFile("file_away", AWAY)
    return rows(path, job.format, options_of(job), tuple(job.names), start=start)


def built(plan: Plan, row: Row) -> Built | ProductRow | NewSuppression | Reject:
    """What a row of people, events, products or suppressed addresses becomes."""
    if row.fault is not None:
        return reject(row, row.fault.code, row.fault.reason)
    try:
        if plan.kind == SUPPRESSIONS:
            return suppression(plan, row)
        return product(plan, row) if plan.kind == PRODUCTS else build(plan, row)
    except BadValue as bad:
        return reject(row, bad.code, bad.reason)


class OrderReader:
    """The rows of a file of orders, sorted by order on the disk, and what they become."""

    def __init__(self, job: Import, plan: Plan, digest: str) -> None:
        self.job, self.plan = job, plan
        self.spool = OrderSpool(files.spool_of(job.path, digest))

    def fill(self) -> Iterator[tuple[int, list[Reject]]]:
        """Sort the whole file, telling after each piece (rows so far, rows rejected by themselves)."""
        self.spool.begin()
        count = bad = 0
        for piece in _pieces(rows_of(self.job, Position())):
            kept, rejects = [], []
            for row in piece:
                read = self._read(row)
                if isinstance(read, Reject):
                    rejects.append(read)
                else:
                    kept.append(read[0])
                    rejects += read[1]
            self.spool.add(kept)
            count, bad = count + len(piece), bad + len(rejects)
            yield piece[-1].number, rejects
        self.spool.finish(count, bad)

    def orders(self, after: str) -> Iterator[tuple[str, int, Built | list[Reject]]]:
        """(order id, its rows, the order or the rejects of its rows) by order id."""
        for order_id, told in self.spool.orders(after):
            try:
                yield order_id, len(told), grouping.build_order(self.plan, order_id, told)
            except BadValue as bad:
                others = [
                    Reject(number, bad.code, bad.reason, raw)
                    for number, raw, is_faulty in self.spool.raws(order_id)
                    if not is_faulty
                ]
                yield order_id, len(told), others

    def _read(self, row: Row) -> tuple[tuple[str, grouping.OrderRow, str], list[Reject]] | Reject:
        if row.fault is not None:
            refused = reject(row, row.fault.code, row.fault.reason)
        else:
            try:
                order_id, told = grouping.read_row(self.plan, row)
            except BadValue as bad:
                refused = reject(row, bad.code, bad.reason)
            else:
                return (order_id, told, reject(row, "", "").raw), []
        spoiled = grouping.order_id_of(self.plan, row) if row.cells else None
        if spoiled is None:
            return refused
        return (spoiled, grouping.OrderRow(row.number, fault=True), refused.raw), [refused]


def _pieces(found: Iterator[Row]) -> Iterator[list[Row]]:
    piece: list[Row] = []
    for row in found:
        piece.append(row)
        if len(piece) >= SPOOL_ROWS:
            yield piece
            piece = []
    if piece:
        yield piece
