"""Importing: events to the inbox's bulk lane and products to the catalog, each piece with the position it ends at.

A piece's inbox rows, its rejects and the new position are one transaction that begins by checking the old position: a
process killed anywhere leaves all of a piece or nothing of it, and one believed dead writes nothing more.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F

from cdp.jobs.contracts import JobRun
from cdp.lib.clock import utc_now
from commerce.contracts import ProductRow
from commerce.services import upsert_products
from consent.services import suppress_each
from events.contracts import SourceFacts
from events.models import Inbox
from events.queries import source_by_id
from events.queries.messages import stored_messages, waiting_bulk
from events.services import record
from imports import building
from imports.contracts import ORDERS, PEOPLE, PRODUCTS, SUPPRESSIONS, WITHOUT_SOURCE, Built, Position, WrongFile
from imports.models import Import, ImportRequest
from imports.queries import columns_of, position_of
from imports.services import rejecting
from imports.services.consenting import say_consents
from imports.services.reading import OrderReader, built, plan_of, rows_of
from imports.services.rejecting import Reject
from imports.services.renewing import renewed
from imports.spool import Seen

BATCH = 1_000
ORDER_ROWS = 2_000
POLL_S = 0.25
WAITS = "waits while earlier rows are processed"


class TakenOver(Exception):
    """Another process imports this file, or it was cancelled: nothing of this piece was written."""


class Importer:
    """One run of an import, from where the last one ended."""

    def __init__(self, job: Import, run: JobRun, now: datetime, digest: str) -> None:
        self.job, self.run, self.now, self.digest = job, run, now, digest
        self.plan = plan_of(job, now)
        self.position = position_of(job)
        self.rejected = job.rejected
        self.columns = columns_of(job)
        self.handled: int | None = None

    def work(self) -> None:
        """Import what is left. Raises WrongFile, JobCancelled, TakenOver."""
        self._require_source()
        if self.job.kind == ORDERS:
            self._orders()
        elif building.needs_occurrence(self.job.kind, self.columns):
            self._counted_rows()
        else:
            self._rows()

    def _rows(self) -> None:
        piece: list[Any] = []
        last, count = self.position, 0
        for row in rows_of(self.job, self.position):
            piece.append(built(self.plan, row))
            last, count = Position(row.number, row.end), count + 1
            if count >= BATCH:
                self._put(piece, count, last)
                piece, count = [], 0
        if count:
            self._put(piece, count, last)

    def _counted_rows(self) -> None:
        """Equal rows are told apart by counting them, so what was sent before is read once more and only counted."""
        done, piece, count = self.position.row, [], 0
        last = self.position
        seen = Seen()
        try:
            for row in rows_of(self.job, Position()):
                piece.append(built(self.plan, row))
                count += row.number > done
                last = Position(row.number, row.end)
                if len(piece) >= BATCH:
                    self._go(_numbered(piece, seen, after=done), count, last)
                    piece, count = [], 0
            if count:
                self._put(_numbered(piece, seen, after=done), count, last)
        finally:
            seen.close()

    def _go(self, piece: Sequence[Any], count: int, last: Position) -> None:
        """Send the piece, unless all of it was sent before: the position never goes back."""
        if count:
            self._put(piece, count, last)
        else:
            self._tell("counting what was sent before")

    def _orders(self) -> None:
        reader = OrderReader(self.job, self.plan, self.digest)
        try:
            if not reader.spool.is_whole:
                bad = 0
                for number, rejects in reader.fill():
                    rejecting.write(self.job, rejects, already=bad)
                    bad += len(rejects)
                    self.run.progress(number, max(self.job.about_rows, number), "sorting rows by order")
            if not self.position.row:
                rows, bad = reader.spool.counts()
                self._commit([], [], rows=rows, rejected=bad, position=Position(max(rows, 1)))
            self._send_orders(reader)
        finally:
            reader.spool.close()

    def _send_orders(self, reader: OrderReader) -> None:
        piece: list[Any] = []
        held, last = 0, ""
        self.handled = reader.spool.behind(self.position.order) if self.position.order else 0
        for order_id, rows, found in reader.orders(self.position.order):
            piece += [found] if isinstance(found, Built) else found
            held, last = held + rows, order_id
            self.handled += rows
            if held >= ORDER_ROWS:
                self._put(piece, 0, Position(self.position.row, 0, last))
                piece, held = [], 0
        if last:
            self._put(piece, 0, Position(self.position.row, 0, last))

    def _put(self, piece: Sequence[Any], rows: int, position: Position) -> None:
        if position == self.position:
            return
        self._wait_for_room()
        self._require_source()
        good = [one for one in piece if not isinstance(one, Reject)]
        bad = [one for one in piece if isinstance(one, Reject)]
        if self.job.kind == PRODUCTS:
            by_id = {one.product_id: one for one in good if isinstance(one, ProductRow)}
            upsert_products(list(by_id.values()), self.now)
            items: list[dict[str, Any]] = [{} for _ in by_id]
            duplicates = len(good) - len(by_id)
        elif self.job.kind == SUPPRESSIONS:
            done = suppress_each(good, actor=self._actor, now=utc_now())
            items = [{} for _ in range(done.new + done.stronger)]
            duplicates = done.known
        else:
            if self.job.kind == PEOPLE:
                say_consents(good, self.job, actor=self._actor, now=utc_now())
            items = self._unknown(good)
            duplicates = len(good) - len(items)
        self._commit(items, bad, rows=rows, rejected=len(bad), duplicates=duplicates, position=position)
        self._tell("importing")

    def _unknown(self, good: Sequence[Built]) -> list[dict[str, Any]]:
        """The items that this source has not stored yet, and known ones of people that have changed since."""
        known = stored_messages(self._source().id, {one.id for one in good})
        items = [one.item for one in good if one.id not in known]
        if known and self.job.kind == PEOPLE and all(column.target != "time" for column in self.columns):
            items += renewed([one for one in good if one.id in known], self.job.content_at, self._source().id)
        return items

    def _commit(
        self,
        items: Sequence[dict[str, Any]],
        bad: Sequence[Reject],
        *,
        rows: int,
        rejected: int,
        position: Position,
        duplicates: int = 0,
    ) -> None:
        with transaction.atomic():
            held = Import.objects.filter(pk=self.job.pk, state=Import.State.RUNNING, position=self._stored)
            mine = held.update(
                position=msgspec.to_builtins(position),
                rows=F("rows") + rows,
                sent=F("sent") + len(items),
                duplicates=F("duplicates") + duplicates,
                rejected=F("rejected") + rejected,
            )
            if not mine:
                raise TakenOver
            if self.job.kind not in WITHOUT_SOURCE and items:
                _note(self.job, record(self._source(), items, lane=Inbox.Lane.BULK))
            rejecting.write(self.job, bad, already=self.rejected)
        self.position = position
        self.rejected += rejected
        self.job.rows += rows

    @property
    def _actor(self) -> str:
        """Who says so, as the ledger of consent names them."""
        return f"staff:{self.job.created_by_id}" if self.job.created_by_id else "system"

    @property
    def _stored(self) -> dict[str, Any]:
        """The position as the row has it; empty before the first piece."""
        return msgspec.to_builtins(self.position) if self.position != Position() else {}

    def _wait_for_room(self) -> None:
        """While too many requests wait in the bulk lane, so that the inbox does not grow without bound."""
        most = settings.IMPORT_MAX_WAITING
        while waiting_bulk(most + 1) > most:
            self._tell(WAITS)
            time.sleep(POLL_S)

    def _tell(self, note: str) -> None:
        """Progress by rows read; of orders, whose rows were all read to sort them, by rows sent."""
        done = self.job.rows if self.handled is None else self.handled
        self.run.progress(done, max(self.job.about_rows, self.job.rows), note)

    def _require_source(self) -> None:
        if self.job.kind not in WITHOUT_SOURCE and not self._source().enabled:
            raise WrongFile("source_disabled", f"The source “{self._source().name}” is disabled: enable it, and go on.")

    def _source(self) -> SourceFacts:
        assert self.job.source_id is not None
        found = source_by_id(self.job.source_id)
        assert found is not None  # the foreign key holds it
        return found


def _numbered(piece: Sequence[Any], seen: Seen, *, after: int) -> list[Any]:
    """Equal rows told apart by their number; without the rows up to `after`, which are only counted."""
    good = [one for one in piece if isinstance(one, Built)]
    numbers = seen.count([one.id.encode() for one in good])
    told: list[Built | Reject] = [building.with_occurrence(one, n) for one, n in zip(good, numbers, strict=True)]
    bad = [one for one in piece if isinstance(one, Reject)]
    return [one for one in [*told, *bad] if one.row > after]


def _note(job: Import, accepted: Iterable[Any]) -> None:
    rows = [ImportRequest(inbox_id=one.inbox_id, of=job, items=one.received) for one in accepted]
    ImportRequest.objects.bulk_create(rows)
