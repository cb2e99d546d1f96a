"""The catalog in process: every product's facts, refreshed by what changed every three seconds.

Serving never asks the database for a product. One thread refreshes, the others go on with the old snapshot. Whether
anything changed is told by a few rows that a trigger adds, however large the catalog.
"""

import itertools
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from cdp.lib.clock import utc_now
from commerce.contracts import ProductFacts
from commerce.models import CatalogChange, Product

REFRESH_EVERY_S = 3.0
# A transaction may commit rows stamped some time ago: look back further than any of ours lasts.
OVERLAP = timedelta(seconds=60)
NEWEST = 500
FIELDS = ProductFacts.__struct_fields__  # named as the columns
_versions = itertools.count(1)


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """A snapshot. `newest` are ids of offerable products, latest first; `version` differs between snapshots.

    `products` are those that may be shown: told of by a feed or a server, so that no browser, whose key is public, puts
    a product into answers. A shop that has none such shows what browsers told of. `known` are all.
    """

    products: dict[str, ProductFacts]
    known: dict[str, tuple[int, ProductFacts]]
    ranks: dict[str, int]
    newest: tuple[str, ...]
    fingerprint: tuple[object, ...]
    read_at: datetime
    version: int = field(default_factory=lambda: next(_versions))


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.catalog: Catalog | None = None
        self.refresh_at = 0.0

    def current(self) -> Catalog:
        if time.monotonic() >= self.refresh_at and self.lock.acquire(blocking=self.catalog is None):
            try:
                if time.monotonic() >= self.refresh_at:
                    self.catalog = _refreshed(self.catalog)
                    self.refresh_at = time.monotonic() + REFRESH_EVERY_S
            finally:
                self.lock.release()
        return self.catalog or self.current()


_holder = _Holder()


def catalog() -> Catalog:
    """The catalog, up to three seconds late."""
    return _holder.current()


def forget_catalog() -> None:
    """Read the whole catalog afresh at the next request of this process."""
    _holder.forget()


def refresh_catalog() -> None:
    """Look for changes at the next request of this process, without waiting for the three seconds."""
    _holder.refresh_at = 0.0


def _refreshed(old: Catalog | None) -> Catalog:
    now, fingerprint = utc_now(), _fingerprint()
    if old is not None and old.fingerprint == fingerprint:
        return old
    if old is None:
        return _snapshot(_read(), fingerprint, now)
    if old.fingerprint[0] != fingerprint[0]:  # something was deleted
        return _snapshot(_read(), fingerprint, now)
    return _snapshot({**old.known, **_read(since=old.read_at - OVERLAP)}, fingerprint, now)


def _fingerprint() -> tuple[object, ...]:
    """Differs when a product was added, changed or deleted; its first part when one was deleted."""
    found = CatalogChange.objects.aggregate(
        deleted=Sum("transaction", filter=Q(is_deletion=True)), total=Sum("transaction"), count=Count("pk")
    )
    return found["deleted"], found["total"], found["count"]


def _snapshot(rows: dict[str, tuple[int, ProductFacts]], fingerprint: tuple[object, ...], read_at: datetime) -> Catalog:
    products = {pid: facts for pid, (_, facts) in rows.items() if facts.is_trusted}
    products = products or {pid: facts for pid, (_, facts) in rows.items()}
    ranks = {product_id: rank for product_id, (rank, _) in rows.items()}
    offerable = [product_id for product_id, facts in products.items() if facts.is_offerable]
    newest = sorted(offerable, key=lambda product_id: -ranks[product_id])[:NEWEST]
    return Catalog(products, rows, ranks, tuple(newest), fingerprint, read_at)


def _read(since: datetime | None = None) -> dict[str, tuple[int, ProductFacts]]:
    rows = Product.objects.all() if since is None else Product.objects.filter(updated_at__gte=since)
    return {row[1]: (row[0], ProductFacts(*row[1:])) for row in rows.values_list("pk", *FIELDS)}
