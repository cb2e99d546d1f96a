"""Answers: a placement's strategies, or one alone, asked at the present moment and put together under its rules.

Without a placement never empty while the shop has another product that may be shown: with nothing left that is new to
the person, what they have; with nothing in stock, active products as they are. Filters and exclusions of a placement
and of the request are never broken: then an answer may be empty, and says what kept most out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

import segments.queries
from cdp.lib.clock import to_us
from commerce.contracts import ProductFacts
from recommendations.assembling import Assembled, Found, Placed, assemble, mix
from recommendations.barriers import Asked
from recommendations.contracts import (
    Answer,
    Dropped,
    Reason,
    Recommendation,
    RecommendationRequest,
    Strategy,
    UnknownPlacementError,
    Why,
)
from recommendations.goods import NO_ROW, Goods
from recommendations.placements import Filters, PlacementSpec, Weighted
from recommendations.queries import holdouts, placements
from recommendations.queries.catalog import catalog, in_currency
from recommendations.queries.context import in_cart_now, viewed_now
from recommendations.queries.finding import PERSONAL, Finder
from recommendations.queries.live import LiveModel
from recommendations.queries.newcomers import newcomers
from recommendations.queries.people import NOBODY, Past, past_of, pasts_of
from recommendations.queries.shelf import Shelf, build, shelf
from recommendations.sentences import sentence
from recommendations.telling import WORDS
from recommendations.unplaced import spec_of

DEFAULT_HALF_LIFE_DAYS = 180.0
ENOUGH, MANY = 40, 400  # candidates beyond n: usually, and where rules keep many out
DEEPER = 10
AGAIN = frozenset((Strategy.FOR_YOU, Strategy.SESSION, Strategy.POPULAR))  # may find what was just viewed
FOR_A_VISIT = frozenset((Strategy.FOR_YOU, Strategy.SESSION))
_NONE: frozenset[int] = frozenset()


class _Asked(NamedTuple):
    """A request being answered."""

    request: RecommendationRequest
    spec: PlacementSpec
    past: Past
    shelf: Shelf
    goods: Goods
    n: int


def recommend(request: RecommendationRequest) -> list[Recommendation]:
    """At most `request.n` products, best first."""
    return list(answer(request).items)


def answer(
    request: RecommendationRequest, *, spec: PlacementSpec | None = None, live: LiveModel | None = None
) -> Answer:
    """The products with the run that found them and, when there are none, why.

    `spec`: a placement as it is being edited, in the place of the stored one that the request names. `live`: a run's
    model to be asked as if it were live, by staff who compare. Raises UnknownPlacementError for a placement that is
    not there or not active.
    """
    spec = spec or _spec(request)
    present = shelf() if live is None else build(live, catalog())
    looks = _looks_at_people(spec)
    is_split = spec.holdout > 0 and request.unit != b"" and not request.is_preview
    past = _past(request, present) if looks or is_split else NOBODY
    variant = holdouts.variant_of(spec, request.unit, request.now) if is_split and not past.refusal else ""
    # Whoever refuses is on no side, and nothing else of them matters where nobody is looked at.
    return _answered(request, spec, present, past if looks else NOBODY, variant)


def answer_each(requests: Sequence[RecommendationRequest]) -> list[Answer]:
    """`answer` to one question about several whole people (`person_ids`): they differ in nothing else but their unit.

    What is known of them is read for all at once. Raises UnknownPlacementError.
    """
    if not requests:
        return []
    spec, present = _spec(requests[0]), shelf()
    looks = _looks_at_people(spec)
    asked = [one.person_ids or () if looks or (spec.holdout > 0 and one.unit) else () for one in requests]
    pasts = pasts_of(asked, requests[0].now, *_learned(present))
    units = {one.unit for one, past in zip(requests, pasts, strict=True) if one.unit and not past.refusal}
    variants = holdouts.variants_of(spec, units)
    return [
        _answered(
            one,
            spec,
            present,
            past if looks else NOBODY,
            "" if past.refusal else variants.get(one.unit, ""),
        )
        for one, past in zip(requests, pasts, strict=True)
    ]


def _answered(request: RecommendationRequest, spec: PlacementSpec, present: Shelf, past: Past, variant: str) -> Answer:
    """The answer, from what was read of the person."""
    if variant == holdouts.HOLDOUT:
        if spec.holdout_shows == "nothing":
            strategy, run = spec.strategies[0].strategy, present.live.run_id if present.live else None
            return Answer((), strategy, run, "held out", past.refusal, spec.key, variant)
        spec = _for_holdout(spec)
    goods = present.catalog.taken.priced_in(request.currency)
    asked = _Asked(request, spec, past, present, goods, _n(request, spec))
    found = _assembled(asked)
    items = _shown(found.items, asked)
    return Answer(
        items=items,
        strategy=spec.strategies[0].strategy,
        model_run=present.live.run_id if present.live else None,
        note=_note(items, asked) if items else _why_empty(asked, found),
        refusal=past.refusal,
        placement=request.placement and spec.key,
        variant=variant,
        dropped=tuple(Dropped(present.catalog.product_id(row), rule) for row, rule in found.dropped),
    )


def _spec(request: RecommendationRequest) -> PlacementSpec:
    if not request.placement:
        return spec_of(request.chosen_strategy)
    found = placements.placement(request.placement)
    if found is None:
        there = ", ".join(placements.keys()) or "none yet: make one in the admin under Placements"
        raise UnknownPlacementError(f"no active placement has the key {request.placement!r}; there are: {there}")
    return found


def _for_holdout(spec: PlacementSpec) -> PlacementSpec:
    """What is popular under the same filters and exclusions, and nothing else of the placement."""
    rules = tuple(rule for rule in spec.rules if rule.action == "exclude")
    popular = (Weighted(Strategy.POPULAR),)
    return msgspec.structs.replace(
        spec, strategies=popular, fallbacks=(Strategy.NEWEST,), boosts=(), diversity=0.0, exploration=0.0, rules=rules
    )


def _looks_at_people(spec: PlacementSpec) -> bool:
    """Whether what somebody did can change the answer: only then is it read, after the gate was asked."""
    strategies = {weighted.strategy for weighted in spec.strategies} | set(spec.fallbacks)
    return not PERSONAL.isdisjoint(strategies) or spec.filters.owned != "any" or spec.needs_segments


def _past(request: RecommendationRequest, present: Shelf) -> Past:
    if request.profile_id is None and not request.identifier_ids:
        return NOBODY
    return past_of(request, *_learned(present))


def _learned(present: Shelf) -> tuple[int, float]:
    """Until when the live model learned, and how fast it forgets."""
    if present.live is None:
        return 0, DEFAULT_HALF_LIFE_DAYS
    return present.live.model.trained_until_us, present.live.model.half_life_days


def _n(request: RecommendationRequest, spec: PlacementSpec) -> int:
    if request.n is None and request.search_results and spec.strategies[0].strategy == Strategy.SEARCH:
        return len(request.search_results)
    return request.n or spec.n


def _assembled(asked: _Asked) -> Assembled:
    """The answer under the spec; without a placement, with ever weaker filters until there is something."""
    barriers = _barriers(asked)
    found = _under(asked, asked.spec, barriers)
    if found.items or asked.request.placement or asked.spec.key or _is_search(asked.spec):
        return found
    for weaker in (Filters(owned="any"), Filters(owned="any", in_stock=False)):
        reason = Reason.NEWEST if weaker.in_stock else Reason.ASSORTMENT
        spec = msgspec.structs.replace(asked.spec, filters=weaker)
        finder = _finder(asked, spec, barriers)
        popular = [replace(finder.find(Strategy.POPULAR, asked.n), is_fallback=True)] if weaker.in_stock else []
        found = assemble((*popular, *finder.rest(reason)), asked.goods, spec, barriers)
        if found.items:
            break
    return found


def _under(asked: _Asked, spec: PlacementSpec, barriers: Asked) -> Assembled:
    finder = _finder(asked, spec, barriers)
    return assemble(_candidates(asked, spec, finder), asked.goods, spec, barriers, keeps_families=_is_search(spec))


def _candidates(asked: _Asked, spec: PlacementSpec, finder: Finder) -> Iterator[Found]:
    """The strategies, deeper where rules keep many out, then the fallbacks; each made when it is wanted."""
    narrow = _is_narrow(asked, spec)
    n = asked.n + len(finder.excluded) + (MANY if narrow else ENOUGH)
    yield from _main(spec, finder, n)
    if narrow:
        yield from _main(spec, finder, n * DEEPER)
    for strategy in spec.fallbacks:
        yield replace(finder.find(strategy, n), is_fallback=True)
        if strategy == Strategy.NEWEST:
            yield from finder.rest(Reason.NEWEST)


def _main(spec: PlacementSpec, finder: Finder, n: int) -> Iterator[Found]:
    if spec.mode == "blend" and len(spec.strategies) > 1:
        yield mix([(one.weight, finder.find(one.strategy, n)) for one in spec.strategies])
    else:
        yield from (finder.find(one.strategy, n) for one in spec.strategies)


def _is_narrow(asked: _Asked, spec: PlacementSpec) -> bool:
    """Whether rules may keep out much of what is found, or turn its order about."""
    plain = spec.filters == Filters(in_stock=spec.filters.in_stock, owned=spec.filters.owned)
    wants = asked.request.narrowing
    asks = wants.categories or wants.brands or wants.price_min is not None or wants.price_max is not None
    caps = spec.caps.per_brand is not None or spec.caps.per_category is not None
    return bool(
        not plain or spec.filters.owned == "only" or asks or caps or spec.boosts or spec.rules or spec.diversity
    )


def _finder(asked: _Asked, spec: PlacementSpec, barriers: Asked) -> Finder:
    excluded = frozenset(barriers.in_front) | barriers.carried | barriers.unwanted
    if spec.filters.owned == "exclude":
        excluded |= barriers.owned
    return Finder(asked.request, asked.shelf, asked.past, asked.goods, excluded, spec.filters.in_stock)


def _barriers(asked: _Asked) -> Asked:
    request, past, catalog, now_us = asked.request, asked.past, asked.shelf.catalog, to_us(asked.request.now)
    is_search = _is_search(asked.spec)  # results are shown where they were, in front of the person or not
    owned = _rows(catalog.row(pid) for pid in past.owned)
    returned = _rows(catalog.row(pid) for pid in past.returned)
    return Asked(
        now=request.now,
        now_us=now_us,
        n=asked.n,
        row_of=catalog.row,
        product=NO_ROW if is_search or not request.product_id else catalog.row(request.product_id),
        cart=() if is_search else tuple(_rows(catalog.row(pid) for pid in request.cart)),
        carried=_rows(catalog.row(pid) for pid in in_cart_now(past, now_us)) if _is_for_a_visit(asked.spec) else _NONE,
        owned=owned,
        again=owned - returned,
        unwanted=_rows(catalog.row(pid) for pid in request.narrowing.exclude),
        narrowing=request.narrowing,
        category=request.category,
        segments=_segments(asked),
        newcomers=newcomers(catalog, request.now) if asked.spec.exploration > 0 else np.zeros(0, np.int64),
        # Who is nobody gets what nobody gets: only of whom something is known the turn is their own.
        seed=asked.spec.key.encode() + (request.unit if past.is_known else b""),
        is_told=request.is_preview,
    )


def _segments(asked: _Asked) -> frozenset[str]:
    """Those of a whole profile that may be treated by what it did; a public key learns nothing of anybody's."""
    profile_id = asked.request.profile_id
    if not asked.spec.needs_segments or profile_id is None or not asked.past.is_known:
        return frozenset()
    return frozenset(one.slug for one in segments.queries.segments_of(profile_id))


def _rows(rows: Iterator[int]) -> frozenset[int]:
    return frozenset(row for row in rows if row != NO_ROW)


def _is_for_a_visit(spec: PlacementSpec) -> bool:
    """Whether it says what one might want next: neither what is chosen already, nor seen products as new ones."""
    return any(one.strategy in FOR_A_VISIT for one in spec.strategies)


def _is_search(spec: PlacementSpec) -> bool:
    return any(one.strategy == Strategy.SEARCH for one in spec.strategies)


def _shown(items: Sequence[Placed], asked: _Asked) -> tuple[Recommendation, ...]:
    """With the facts of what is shown, in the asker's currency, and a sentence each."""
    catalog = asked.shelf.catalog
    viewed = viewed_now(asked.past, to_us(asked.request.now)) if _is_for_a_visit(asked.spec) else frozenset()
    items = _naming_the_front(items, asked)
    causes = {one.told.cause: catalog.row(one.told.cause) for one in items if one.told.cause}
    facts = catalog.facts_of({*(one.row for one in items), *(row for row in causes.values() if row != NO_ROW)})
    found = []
    for one in items:
        product = facts.get(one.row)
        if product is None:  # deleted a moment ago
            continue
        if product.product_id in viewed and one.told.strategy in AGAIN:
            one = one._replace(told=one.told._replace(reason=Reason.RECENT, cause=""))
        because = _name(one, facts.get(causes.get(one.told.cause, NO_ROW)))
        found.append(
            Recommendation(
                product.product_id,
                round(one.score, 6),
                one.told.reason,
                sentence(one.told.reason, because),
                one.told.strategy,
                in_currency(product, asked.request.currency),
                _why(one) if asked.request.is_preview else (),
            )
        )
    return tuple(_with_unknown(found, asked) if _is_search(asked.spec) else found)


def _naming_the_front(items: Sequence[Placed], asked: _Asked) -> list[Placed]:
    """What is like a product in front that the model never saw is because of that product."""
    front = asked.request.product_id
    return [
        one._replace(told=one.told._replace(cause=front))
        if front and one.told.reason == Reason.ALIKE and not one.told.cause
        else one
        for one in items
    ]


def _name(one: Placed, cause: ProductFacts | None) -> str:
    """What the sentence names."""
    if one.told.reason == Reason.POPULAR_IN_CATEGORY:
        return one.told.cause
    return cause.name if cause is not None else ""


def _why(one: Placed) -> tuple[Why, ...]:
    parts = (Why(part, share, WORDS.get(part, part.replace("_", " "))) for part, share in one.told.parts)
    return (*parts, *one.notes)


def _with_unknown(found: list[Recommendation], asked: _Asked) -> list[Recommendation]:
    """Search results that the catalog does not know keep the place they came with: a search is not made poorer."""
    wants = asked.request.narrowing
    if wants.categories or wants.brands or wants.price_min is not None or wants.price_max is not None:
        return found
    items = list(found)
    for place, product_id in enumerate(dict.fromkeys(asked.request.search_results)):
        if asked.shelf.catalog.row(product_id) == NO_ROW and product_id not in wants.exclude:
            bare = ProductFacts(product_id, "", "", "", None, "", "", "", in_stock=True, active=True)
            text = sentence(Reason.SEARCH)
            items.insert(place, Recommendation(product_id, 0.0, Reason.SEARCH, text, Strategy.SEARCH, bare))
    return items[: asked.n]


def _note(items: Sequence[Recommendation], asked: _Asked) -> str:
    """Says that what is shown cannot be bought now, where only what can be was asked for."""
    if not asked.spec.filters.in_stock or any(one.product.in_stock for one in items):
        return ""
    return "nothing that may be shown is in stock: these are products of the range as they are"


def _why_empty(asked: _Asked, found: Assembled) -> str:
    if not len(asked.shelf.catalog):
        return "no products: send a feed to POST /v1/catalog/products, or events that name products"
    if asked.spec.key or _is_narrow(asked, asked.spec):
        barrier = found.greatest_barrier
        return f"rules left nothing: of most candidates, {barrier}" if barrier else "nothing was found"
    return "no other products: all there are is in front of the person or not active"
