"""Answers: what the strategy finds, then what is popular, then what is newest; in stock, never what is in front of you.

Never empty while the shop has another product that may be shown (see Catalog): with nothing left in stock, active
products are shown as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from recommendations import ranking
from recommendations.contracts import Answer, Reason, Recommendation, RecommendationRequest, Strategy
from recommendations.placements import PlacementSpec
from recommendations.queries.people import NOBODY, Past, past_of
from recommendations.queries.shelf import Shelf, shelf
from recommendations.ranking import Scored, Seed
from recommendations.sentences import sentence

Found = tuple[str, float, Reason, str]  # product id, score, reason, the product it is because of
DEFAULT_HALF_LIFE_DAYS = 180.0
DEFAULT_N = 10


def recommend(request: RecommendationRequest) -> list[Recommendation]:
    """At most `request.n` products, best first."""
    return list(answer(request).items)


def answer(request: RecommendationRequest, *, spec: PlacementSpec | None = None) -> Answer:
    """The products with the run that found them and, when there are none, why.

    `spec`: a placement as it is being edited, in the place of the stored one that the request names.
    """
    if spec is not None and spec.strategies:
        request = replace(request, n=request.n or spec.n, strategy=spec.strategies[0].strategy)
    present = shelf()
    strategy = request.chosen_strategy
    personal = strategy in (Strategy.FOR_YOU, Strategy.BUY_AGAIN)
    past = _past(request, present) if personal else NOBODY
    items = _items(request, strategy, past, present)
    run = present.live.run_id if present.live else None
    return Answer(tuple(items), strategy, run, "" if items else _why_empty(present), past.refusal)


def _past(request: RecommendationRequest, present: Shelf) -> Past:
    if present.live is None:
        return past_of(request, 0, DEFAULT_HALF_LIFE_DAYS)
    return past_of(request, present.live.model.trained_until_us, present.live.model.half_life_days)


def _items(request: RecommendationRequest, strategy: Strategy, past: Past, present: Shelf) -> list[Recommendation]:
    in_front = {*request.cart, *([request.product_id] if request.product_id else [])}
    owned = past.owned if strategy == Strategy.FOR_YOU else frozenset()
    best = _found(request, strategy, past, present, in_front | owned)
    rows = chain(((strategy, row) for row in best), _fallback(present))
    items = _take(request.n or DEFAULT_N, rows, present, in_front | owned)
    if not items:
        items = _take(request.n or DEFAULT_N, _fallback(present), present, in_front)
    return items or _take(request.n or DEFAULT_N, _assortment(present), present, in_front, offerable_only=False)


def _found(
    request: RecommendationRequest, strategy: Strategy, past: Past, present: Shelf, excluded: set[str]
) -> list[Found]:
    if strategy == Strategy.BUY_AGAIN:
        return _own(past, present, request.n or DEFAULT_N)
    if strategy == Strategy.POPULAR or present.live is None:
        return []
    seeds = _seeds(request, strategy, past, present)
    allowed = _allowed(present, excluded)
    return [_named(row, present) for row in ranking.related(present.live.model, seeds, allowed, request.n or DEFAULT_N)]


def _seeds(request: RecommendationRequest, strategy: Strategy, past: Past, present: Shelf) -> list[Seed]:
    if present.live is None:
        return []
    model = present.live.model
    if strategy == Strategy.SIMILAR:
        return ranking.even_seeds([request.product_id] if request.product_id else [], model, Reason.TOGETHER)
    if strategy == Strategy.CART:
        return ranking.even_seeds(request.cart, model, Reason.CART)
    return ranking.seeds_of((*past.purchases, *past.touches), model)


def _own(past: Past, present: Shelf, n: int) -> list[Found]:
    """The person's purchases that they kept, most and latest bought first."""
    counts: dict[str, float] = {}
    for touch in past.purchases:
        faded = ranking.fading(touch.at_us, present.live.model) if present.live else 1.0
        counts[touch.product_id] = counts.get(touch.product_id, 0.0) + (faded if touch.times is None else touch.times)
    products = present.catalog.products
    kept = (row for row in counts.items() if row[0] not in past.returned)
    rows = [(pid, score) for pid, score in kept if pid in products and products[pid].is_offerable]
    rows.sort(key=lambda row: (-row[1], row[0]))
    return [(product_id, score, Reason.BUY_AGAIN, "") for product_id, score in rows]


def _allowed(present: Shelf, excluded: Iterable[str]) -> NDArray[np.bool_]:
    allowed = present.offerable.copy()
    codes = present.live.model.codes if present.live else {}
    for product_id in excluded:
        if product_id in codes:
            allowed[codes[product_id]] = False
    return allowed


def _named(row: Scored, present: Shelf) -> Found:
    assert present.live is not None
    names = present.live.model.products
    because = present.catalog.products.get(names[row.seed.code])
    return names[row.code], row.score, row.seed.reason, because.name if because else ""


def _fallback(present: Shelf) -> Iterator[tuple[Strategy, Found]]:
    """Popular, then newest products; lazily, since most requests need none or a few."""
    for product_id, score in present.popular:
        yield Strategy.POPULAR, (product_id, score, Reason.POPULAR, "")
    for product_id in present.catalog.newest:
        yield Strategy.POPULAR, (product_id, 0.0, Reason.NEWEST, "")


def _assortment(present: Shelf) -> Iterator[tuple[Strategy, Found]]:
    for product_id, facts in present.catalog.products.items():
        if facts.active:
            yield Strategy.POPULAR, (product_id, 0.0, Reason.ASSORTMENT, "")


def _take(
    n: int,
    rows: Iterable[tuple[Strategy, Found]],
    present: Shelf,
    excluded: Iterable[str],
    *,
    offerable_only: bool = True,
) -> list[Recommendation]:
    """The first `n` distinct products of `rows` that may be shown."""
    seen = set(excluded)
    items: list[Recommendation] = []
    for strategy, (product_id, score, reason, because) in rows:
        if len(items) == n:
            break
        facts = present.catalog.products.get(product_id)
        if facts is None or product_id in seen or (offerable_only and not facts.is_offerable):
            continue
        seen.add(product_id)
        text = sentence(reason, because or "another product")
        items.append(Recommendation(product_id, round(score, 6), reason, text, strategy, facts))
    return items


def _why_empty(present: Shelf) -> str:
    if not present.catalog.products:
        return "no products: send a feed to POST /v1/catalog/products, or events that name products"
    return "no other products: all there are is in front of the person or not active"
