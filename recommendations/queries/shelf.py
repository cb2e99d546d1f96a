"""The shelf: the live model laid over the catalog. A request only indexes its arrays.

Made anew when either changes: at once where that is quick, else beside requests, which go on with the one before.
"""

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Context
from recommendations.goods import NO_ROW
from recommendations.queries import catalog as catalogs
from recommendations.queries import live as models
from recommendations.queries.behind import do_behind
from recommendations.queries.catalog import Catalog, catalog
from recommendations.queries.live import LiveModel, live_model

MOST_POPULAR = 1_000
NEWEST = 500
SMALL = 200_000  # products of model and catalog that are laid over each other before an answer


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """`row_of[code]` is the catalog's row of a model's product, NO_ROW where it has none; `code_of[row]` the other way,
    -1 where the model never saw it; `offerable[code]`: in stock and may be shown, `showable[code]`: may be shown;
    `popular`: rows and scores of what is offerable, best first; `newest`: rows of what is offerable, latest first."""

    live: LiveModel | None
    catalog: Catalog
    row_of: NDArray[np.int64]
    offerable: NDArray[np.bool_]
    showable: NDArray[np.bool_]
    popular: tuple[NDArray[np.int64], NDArray[np.float64]]
    newest: NDArray[np.int64]
    _rest: list[NDArray[np.int64]] = field(default_factory=list)

    def all_by_age(self) -> NDArray[np.int64]:
        """Every row that may be shown, latest first: sorted when first asked for, which few answers do."""
        if not self._rest:
            self._rest.append(_latest_first(self.catalog, np.flatnonzero(self.catalog.goods.showable)))
        return self._rest[0]


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.shelf: Shelf | None = None
        self.is_building = False
        self.epochs: tuple[object, object] = (None, None)

    def current(self) -> Shelf:
        live, products, last = live_model(), catalog(), self.shelf
        if last is not None and last.live is live and last.catalog is products:
            return last
        with self.lock:
            last, epochs = self.shelf, (catalogs.epoch(), models.epoch())
            if last is None or epochs != self.epochs:
                self.shelf, self.epochs = build(live, products), epochs
            elif not self.is_building and (last.live is not live or last.catalog is not products):
                self.is_building = True
                is_small = _is_small(live, products, last)
                do_behind(lambda: self._rebuild(live, products), name="shelf of recommendations", is_small=is_small)
        return self.shelf or self.current()

    def _rebuild(self, live: LiveModel | None, products: Catalog) -> None:
        try:
            last = self.shelf
            fresh = build(live, products, last)
            if self.shelf is last:  # else it was forgotten meanwhile
                self.shelf = fresh
        finally:
            self.is_building = False


_holder = _Holder()


def shelf() -> Shelf:
    """The present shelf, a moment late."""
    return _holder.current()


def build(live: LiveModel | None, products: Catalog, last: Shelf | None = None) -> Shelf:
    """A shelf; what the last one knew of the same model and the same ids is used again."""
    newest = _newest(products)
    if live is None:
        none = np.zeros(0, np.int64)
        return Shelf(None, products, none, none > 0, none > 0, (none, np.zeros(0)), newest)
    rows = _rows(live, products, last)
    known = rows != NO_ROW
    offerable = known & products.taken.offerable[rows] if len(products) else known
    showable = known & products.goods.showable[rows] if len(products) else known
    return Shelf(live, products, rows, offerable, showable, _popular(live, rows, offerable), newest)


def _is_small(live: LiveModel | None, products: Catalog, last: Shelf) -> bool:
    """Whether a shelf is made at once: what is what is known already, or soon found."""
    if live is None or (last.live is live and last.catalog.taken.index is products.taken.index):
        return True
    return len(products) + len(live.model.products) <= SMALL


def _rows(live: LiveModel, products: Catalog, last: Shelf | None) -> NDArray[np.int64]:
    index = products.taken.index
    if last is not None and last.live is live and last.catalog.taken.index is index:
        return last.row_of
    return index.rows_of(live.model.products)


def _popular(
    live: LiveModel, rows: NDArray[np.int64], offerable: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    part = live.model.parts.get("popularity")
    if part is None:
        return np.zeros(0, np.int64), np.zeros(0)
    found = part.recommend(Context(now_us=live.model.trained_until_us), 5 * MOST_POPULAR)
    kept = offerable[found.codes]
    codes, scores = found.codes[kept], found.scores[kept]
    order = np.lexsort((codes, -scores))[:MOST_POPULAR]
    best = float(scores.max(initial=0.0)) or 1.0
    return rows[codes[order]], scores[order] / best


def _newest(products: Catalog) -> NDArray[np.int64]:
    rows = np.flatnonzero(products.taken.offerable)
    if len(rows) > NEWEST:
        added = products.goods.added_us[rows]
        rows = rows[added >= np.partition(added, len(added) - NEWEST)[len(added) - NEWEST]]
    return _latest_first(products, rows)[:NEWEST]


def _latest_first(products: Catalog, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(rows[np.lexsort((-rows, -products.goods.added_us[rows]))])
