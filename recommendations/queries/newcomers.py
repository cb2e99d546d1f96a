"""New products that hardly anybody saw yet: who gets the places that a placement keeps for exploration."""

import threading
import time
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, to_us
from recommendations.queries.catalog import Catalog

NEW_FOR = timedelta(days=30)
FIRST_DAY = timedelta(days=1)  # what the catalog began with is not new in it
MOST = 500
HARDLY = 500  # impressions
KEPT_S = 60.0
SHOWN = """
SELECT product_id FROM recommendations_shownproduct WHERE product_id = ANY(%s::text[]) AND day >= %s::date
GROUP BY product_id HAVING sum(impressions) >= %s::bigint
"""


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.version = 0
        self.until = 0.0
        self.rows: NDArray[np.int64] = np.zeros(0, np.int64)

    def current(self, catalog: Catalog, now: datetime) -> NDArray[np.int64]:
        with self.lock:
            if self.version != catalog.version or time.monotonic() >= self.until:
                self.rows = _read(catalog, now)
                self.version, self.until = catalog.version, time.monotonic() + KEPT_S
            return self.rows


_holder = _Holder()


def newcomers(catalog: Catalog, now: datetime) -> NDArray[np.int64]:
    """Rows of products in stock added within NEW_FOR and seen fewer than HARDLY times, up to a minute late."""
    return _holder.current(catalog, now)


def new_since(first: datetime, now: datetime, *, new_for: timedelta = NEW_FOR) -> datetime:
    """Since when a product must have been told of to be new, in a catalog that began at `first`: what came with the
    first ones is not, so that a catalog imported in one go has no new products."""
    return max(now - new_for, first + FIRST_DAY)


def forget_newcomers() -> None:
    """Look again at the next request of this process."""
    _holder.forget()


def _read(catalog: Catalog, now: datetime) -> NDArray[np.int64]:
    added = catalog.goods.added_us
    if not len(added):
        return np.zeros(0, np.int64)
    since = to_us(new_since(from_us(int(added.min())), now))
    rows = np.flatnonzero(catalog.taken.offerable & (added >= since))
    rows = rows[np.argsort(-added[rows], kind="stable")][:MOST]
    ids = [catalog.product_id(row) for row in rows.tolist()]
    seen = {product_id for (product_id,) in bulk_sql.fetch(SHOWN, [ids, (now - NEW_FOR).date(), HARDLY])} if ids else ()
    return np.array([row for row, product_id in zip(rows.tolist(), ids, strict=True) if product_id not in seen], int)
