"""The shelf: the live model laid over the catalog, rebuilt when either changes; a request only indexes its arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.queries.catalog import Catalog, catalog
from recommendations.queries.live import LiveModel, live_model

MOST_POPULAR = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """`offerable[code]`: the model's product is in stock and active; `popular`: (id, score in 0..1), best first."""

    live: LiveModel | None
    catalog: Catalog
    offerable: NDArray[np.bool_]
    popular: tuple[tuple[str, float], ...]


_last: Shelf | None = None


def shelf() -> Shelf:
    """The present shelf. Two threads may build it at once; both builds are equal."""
    global _last
    live, products, last = live_model(), catalog(), _last
    if last is None or last.live is not live or last.catalog is not products:
        last = _last = _build(live, products)
    return last


def _build(live: LiveModel | None, products: Catalog) -> Shelf:
    if live is None:
        return Shelf(None, products, np.zeros(0, dtype=bool), ())
    known = products.products
    offerable = np.array(
        [product_id in known and known[product_id].is_offerable for product_id in live.model.products], dtype=bool
    )
    scores = np.where(offerable, live.model.popularity, 0.0)
    order = np.argsort(-scores, kind="stable")[:MOST_POPULAR]
    best = float(scores.max(initial=0.0)) or 1.0
    popular = tuple((live.model.products[code], float(scores[code]) / best) for code in order if scores[code] > 0)
    return Shelf(live, products, offerable, popular)
