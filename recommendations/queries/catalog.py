"""The catalog in process: columns of all products and the facts of those shown, followed every three seconds.

A million products cost some 200 MB a process. Catalogs of up to FACTS_KEPT products are kept whole, so that serving
asks the database for none; of larger ones the facts of what is shown are read, and kept while there is room. Whether
anything changed is told by a few rows that a trigger adds. A few changes are read before the next answer; many, and
those of a larger catalog, beside requests, which go on with the old snapshot.
"""

import itertools
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import numpy as np
from django.db.models import Count, Q, Sum
from numpy.typing import NDArray

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from commerce.contracts import ProductFacts
from commerce.models import CatalogChange, Product
from recommendations.goods import Goods
from recommendations.queries.behind import LATE_S, do_behind
from recommendations.stock_taking import Draft, Line, Names, Taken, changed, without

REFRESH_EVERY_S = 3.0
# A transaction may commit rows stamped some time ago: look back further than any of ours lasts.
OVERLAP = timedelta(seconds=60)
FACTS_KEPT = 100_000
PAGE = 20_000
FEW_CHANGES = 5_000  # read before the answer
FIELDS = tuple(name for name in ProductFacts.__struct_fields__ if name != "cost")  # what it costs the shop stays here
LINES = """
SELECT id, product_id, category, categories, brand, group_id, price::float8, currency,
  CASE WHEN prices <> '{}' THEN prices::text END, is_trusted, active, in_stock,
  (extract(epoch FROM added_at) * 1000000)::bigint,
  CASE WHEN price > 0 AND cost IS NOT NULL THEN ((price - cost) / price)::float8 ELSE 0 END,
  coalesce(quantity, 0)::float8,
  CASE WHEN list_price > price THEN ((list_price - price) / list_price)::float8 ELSE 0 END
FROM commerce_product WHERE
"""
_versions = itertools.count(1)
_prices = msgspec.json.Decoder(dict[str, Any])
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """A snapshot; `version` differs between snapshots. `facts` are kept by row, and shared with later snapshots of the
    same rows where they did not change."""

    taken: Taken
    fingerprint: tuple[object, ...]
    read_at: datetime
    facts: dict[int, ProductFacts]
    version: int = field(default_factory=lambda: next(_versions))

    @property
    def goods(self) -> Goods:
        """The columns, with each product's price in its own currency."""
        return self.taken.goods

    def __len__(self) -> int:
        return len(self.taken)

    def row(self, product_id: str) -> int:
        """The row of a product, NO_ROW for none."""
        return self.taken.index.row(product_id)

    def product_id(self, row: int) -> str:
        """Whose row it is."""
        return self.taken.index.ids[row]

    def facts_of(self, rows: Iterable[int]) -> dict[int, ProductFacts]:
        """The facts of products that are shown, without their cost; those deleted meanwhile are missing."""
        asked = list(rows)
        kept = self.facts
        found = {row: kept[row] for row in asked if row in kept}
        missing = [row for row in asked if row not in found]
        if missing:
            by_pk = _facts(pk__in=[int(self.taken.pks[row]) for row in missing])
            fresh = {row: by_pk[pk] for row in missing if (pk := int(self.taken.pks[row])) in by_pk}
            if len(kept) + len(fresh) > FACTS_KEPT:
                kept.clear()
            kept.update(fresh)
            found |= fresh
        return found


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.catalog: Catalog | None = None
        self.refresh_at = 0.0
        self.is_reading = False
        self.generation = object()

    def current(self) -> Catalog:
        now = time.monotonic()
        waits = self.catalog is None or now >= self.refresh_at + LATE_S
        if now >= self.refresh_at and self.lock.acquire(blocking=waits):
            try:
                if time.monotonic() >= self.refresh_at:
                    self._look()
            finally:
                self.lock.release()
        return self.catalog if self.catalog is not None else self.current()

    def _look(self) -> None:
        now, fingerprint, old = utc_now(), _fingerprint(), self.catalog
        if old is None:
            self.catalog = _read_whole(fingerprint, now)
        elif old.fingerprint != fingerprint and not self.is_reading:
            is_small = _is_small(old)
            self.is_reading = True
            name = "catalog of recommendations"
            do_behind(lambda: self._follow(old, fingerprint, now), name=name, is_small=is_small)
        self.refresh_at = time.monotonic() + REFRESH_EVERY_S  # not before: whoever comes late waits for few changes

    def _follow(self, old: Catalog, fingerprint: tuple[object, ...], now: datetime) -> None:
        try:
            fresh = _followed(old, fingerprint, now)
            if self.catalog is old:  # else it was forgotten meanwhile
                self.catalog = fresh
        finally:
            self.is_reading = False


_holder = _Holder()


def catalog() -> Catalog:
    """The catalog, some three seconds late, after a quiet hour too; later while many changes are read."""
    return _holder.current()


def forget_catalog() -> None:
    """Read the whole catalog afresh at the next request of this process."""
    _holder.forget()


def refresh_catalog() -> None:
    """Look for changes at the next request of this process, without waiting for the three seconds."""
    _holder.refresh_at = 0.0


def epoch() -> object:
    """Differs once the catalog was forgotten: what was derived from the one before is not served any more."""
    return _holder.generation


def _fingerprint() -> tuple[object, ...]:
    """Differs when a product was added, changed or deleted; its first part when one was deleted."""
    found = CatalogChange.objects.aggregate(
        deleted=Sum("transaction", filter=Q(is_deletion=True)), total=Sum("transaction"), count=Count("pk")
    )
    return found["deleted"], found["total"], found["count"]


def _is_small(old: Catalog) -> bool:
    """Whether few products changed. In a large catalog even finding those takes long."""
    if len(old) > FACTS_KEPT:
        return False
    changes = Product.objects.filter(updated_at__gte=old.read_at - OVERLAP)
    return changes[: FEW_CHANGES + 1].count() <= FEW_CHANGES


def _read_whole(fingerprint: tuple[object, ...], now: datetime) -> Catalog:
    draft = Draft(Names())
    for page in _pages():
        draft.add(page)
    taken = draft.taken()
    facts: dict[int, ProductFacts] = {}
    if len(taken) <= FACTS_KEPT:
        row_of = {pk: row for row, pk in enumerate(taken.pks.tolist())}
        facts = {row_of[pk]: one for pk, one in _facts().items() if pk in row_of}
    return Catalog(taken, fingerprint, now, facts)


def _followed(old: Catalog, fingerprint: tuple[object, ...], now: datetime) -> Catalog:
    """The snapshot after `old`: without what was deleted, with what was added or changed."""
    taken, facts = old.taken, dict(old.facts)
    if old.fingerprint[0] != fingerprint[0]:
        kept = without(taken, _all_pks())
        where = np.full(len(taken), -1)
        where[np.isin(taken.pks, kept.pks)] = np.arange(len(kept))
        facts = {int(where[row]): one for row, one in facts.items() if row < len(where) and where[row] >= 0}
        taken = kept
    lines = [line for page in _pages(since=old.read_at - OVERLAP) for line in page]
    if lines:
        taken = changed(taken, lines)
        rows = taken.index.rows_of([line.product_id for line in lines]).tolist()
        for row in rows:
            facts.pop(row, None)
        if len(facts) + len(rows) <= FACTS_KEPT:
            by_pk = _facts(updated_at__gte=old.read_at - OVERLAP)
            facts |= {row: by_pk[pk] for row in rows if (pk := int(taken.pks[row])) in by_pk}
    return Catalog(taken, fingerprint, now, facts)


def _pages(since: datetime | None = None) -> Iterator[list[Line]]:
    """Products by key, in pages: none is held longer than it takes."""
    last = 0
    where, more = "id > %s::bigint", list[Any]()
    if since is not None:
        where, more = f"{where} AND updated_at >= %s::timestamptz", [since]
    statement = f"{LINES} {where} ORDER BY id LIMIT {PAGE}"
    while rows := bulk_sql.fetch(statement, [last, *more]):
        yield [_line(row) for row in rows]
        last = rows[-1][0]


def _line(row: tuple[Any, ...]) -> Line:
    return Line._make((*row[:8], {} if row[8] is None else _amounts(row[8]), *row[9:]))


def _amounts(text: str) -> dict[str, float]:
    """Prices by currency; what is no number is no price."""
    found = {}
    for currency, amount in _prices.decode(text).items():
        try:
            found[currency] = float(amount)
        except (TypeError, ValueError):
            continue
    return found


def _all_pks() -> NDArray[np.int64]:
    return np.array([pk for (pk,) in bulk_sql.fetch("SELECT id FROM commerce_product")], np.int64)


def _facts(**which: Any) -> dict[int, ProductFacts]:
    rows = Product.objects.filter(**which).values_list("pk", *FIELDS)
    return {row[0]: ProductFacts(**dict(zip(FIELDS, row[1:], strict=True))) for row in rows.iterator(chunk_size=PAGE)}


def in_currency(facts: ProductFacts, currency: str) -> ProductFacts:
    """The product with its price in this currency, where the shop told one; else as it is. What it was before a
    reduction is known in its own currency only."""
    if not currency or facts.currency == currency or currency not in facts.prices:
        return facts
    try:
        price = Decimal(facts.prices[currency])
    except (InvalidOperation, TypeError, ValueError):
        return facts
    return msgspec.structs.replace(facts, price=price, currency=currency, list_price=None)
