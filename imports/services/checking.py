"""Checking: the whole file read as an import would, nothing stored but its verdict and its rejected rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cdp.jobs.contracts import JobRun
from commerce import queries as commerce
from commerce.contracts import ProductRow
from consent.queries.suppressions import suppressions_of
from consent.suppression_list import COLUMNS, RANK, NewSuppression
from events.queries.messages import stored_messages
from imports import building
from imports.contracts import ORDERS, PRODUCTS, SUPPRESSIONS, Built, Position, Tally
from imports.models import Import
from imports.queries import columns_of
from imports.services import rejecting
from imports.services.reading import OrderReader, built, plan_of, rows_of
from imports.services.rejecting import Reject
from imports.spool import Seen
from profiles import queries as profiles

BATCH = 1_000
SAMPLES = 20
COMPARED = ("name", "category", "brand", "price", "currency", "url", "image_url", "in_stock", "active")


class Checker:
    """One check. Its tally is the report."""

    def __init__(self, job: Import, run: JobRun, now: datetime, digest: str) -> None:
        self.job, self.run, self.digest = job, run, digest
        self.plan = plan_of(job, now)
        self.tally = Tally()
        self.people = Seen()
        self.rows_seen = Seen() if building.needs_occurrence(job.kind, columns_of(job)) else None

    def check(self) -> Tally:
        """Read it all. Raises WrongFile, JobCancelled."""
        rejecting.forget(self.job)
        try:
            for piece, rejects, number in self._orders() if self.job.kind == ORDERS else self._rows():
                self._reject(rejects)
                self._judge(piece)
                self.run.progress(number, max(self.job.about_rows, number), "checking")
        finally:
            self.people.close()
            if self.rows_seen:
                self.rows_seen.close()
        return self.tally

    def _rows(self) -> Iterator[tuple[list[Any], list[Reject], int]]:
        good: list[Any] = []
        bad: list[Reject] = []
        for row in rows_of(self.job, Position()):
            self.tally.rows += 1
            found = built(self.plan, row)
            if isinstance(found, Reject):
                bad.append(found)
            else:
                good.append(found)
            if len(good) + len(bad) >= BATCH:
                yield good, bad, row.number
                good, bad = [], []
        yield good, bad, self.tally.rows

    def _orders(self) -> Iterator[tuple[list[Any], list[Reject], int]]:
        reader = OrderReader(self.job, self.plan, self.digest)
        try:
            number = 0
            for number, rejects in reader.fill():
                yield [], rejects, number
            self.tally.rows = reader.spool.counts()[0]
            good: list[Built] = []
            number = 0
            for _, rows, found in reader.orders(""):
                number += rows
                if isinstance(found, Built):
                    good.append(found)
                else:
                    yield [], found, number
                if len(good) >= BATCH:
                    yield good, [], number
                    good = []
            yield good, [], number
        finally:
            reader.spool.close()

    def _reject(self, rejects: Sequence[Reject]) -> None:
        rejecting.write(self.job, rejects, already=self.tally.bad)
        self.tally.bad += len(rejects)
        for one in rejects:
            self.tally.reasons[one.code] = self.tally.reasons.get(one.code, 0) + 1

    def _judge(self, piece: Sequence[Any]) -> None:
        self.tally.good += len(piece)
        if self.job.kind == PRODUCTS:
            self._judge_products(piece)
        elif self.job.kind == SUPPRESSIONS:
            self._judge_suppressions(piece)
        elif piece:
            self._judge_events(piece)

    def _judge_events(self, piece: Sequence[Built]) -> None:
        if self.rows_seen is not None:
            numbers = self.rows_seen.count([one.id.encode() for one in piece])
            piece = [building.with_occurrence(one, n) for one, n in zip(piece, numbers, strict=True)]
        assert self.job.source_id is not None
        self.tally.already += len(stored_messages(self.job.source_id, {one.id for one in piece}))
        known = profiles.known_keys({key for one in piece for key in one.keys})
        fresh = [one for one in piece if one.keys]
        firsts = self.people.count(["\x00".join(one.keys[0]).encode() for one in fresh])
        for one, times in zip(fresh, firsts, strict=True):
            if times == 1:
                is_known = any(key in known for key in one.keys)
                self.tally.known += is_known
                self.tally.new += not is_known
        self._sample([{"row": one.row, "item": one.item} for one in piece])

    def _judge_products(self, piece: Sequence[ProductRow]) -> None:
        stored = commerce.products([one.product_id for one in piece])
        firsts = self.people.count([one.product_id.encode() for one in piece])
        for one, times in zip(piece, firsts, strict=True):
            if times > 1:
                continue
            old = stored.get(one.product_id)
            if old is None:
                self.tally.new += 1
            elif any(getattr(one, name) not in (None, getattr(old, name)) for name in COMPARED):
                self.tally.known += 1
            else:
                self.tally.already += 1
        self._sample([{"row": 0, "item": _told(one)} for one in piece])

    def _judge_suppressions(self, piece: Sequence[NewSuppression]) -> None:
        """New, known with a stronger reason, or nothing new; what the file itself said before counts as known."""
        stored = suppressions_of({one.address_hash for one in piece})
        firsts = self.people.count([one.address_hash + one.scope.encode() for one in piece])
        for one, times in zip(piece, firsts, strict=True):
            ranks = [RANK[held.reason] for held in stored.get(one.address_hash, ()) if held.scope == one.scope]
            if times > 1 or (ranks and RANK[one.reason] <= ranks[0]):
                self.tally.already += 1
            else:
                self.tally.known += bool(ranks)
                self.tally.new += not ranks
        shown = ((one.address_hash.hex(), one.scope, one.reason, one.created_at.isoformat()) for one in piece[:SAMPLES])
        self._sample([{"row": 0, "item": dict(zip(COLUMNS, each, strict=False))} for each in shown])

    def _sample(self, found: Sequence[dict[str, Any]]) -> None:
        room = SAMPLES - len(self.tally.samples)
        if room > 0:
            self.tally.samples += [_plain(one) for one in found[:room]]


def _told(one: ProductRow) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(one).items() if value is not None}


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=str))
