"""Sensible placements to begin with: one a kind, three for product pages; and the set a shop usually has. Pure."""

from collections.abc import Iterable

import msgspec.structs

from recommendations.contracts import Strategy
from recommendations.placements import Caps, Filters, Kind, PlacementSpec, Weighted

POPULAR_THEN_NEW = (Strategy.POPULAR, Strategy.NEWEST)


def _weighted(strategies: Iterable[Strategy]) -> tuple[Weighted, ...]:
    return tuple(Weighted(strategy) for strategy in strategies)


HOME = PlacementSpec(
    key="home-for-you",
    name="Home: for you",
    kind=Kind.HOME,
    title="Picked for you",
    strategies=_weighted([Strategy.FOR_YOU]),
    fallbacks=POPULAR_THEN_NEW,
    n=8,
    caps=Caps(per_category=3),
    exploration=0.05,
)
AGAIN = PlacementSpec(
    key="home-again",
    name="Home: buy again",
    kind=Kind.HOME,
    title="Buy again",
    strategies=_weighted([Strategy.BUY_AGAIN]),
    fallbacks=(),
    n=8,
    filters=Filters(owned="only"),
)
CATEGORY = PlacementSpec(
    key="category-top",
    name="Category: best for you",
    kind=Kind.CATEGORY,
    title="Favorites here",
    strategies=(Weighted(Strategy.FOR_YOU, 2.0), Weighted(Strategy.POPULAR, 1.0)),
    fallbacks=POPULAR_THEN_NEW,
    n=8,
    filters=Filters(same_category=True),
    caps=Caps(per_brand=3),
)
SIMILAR = PlacementSpec(
    key="product-similar",
    name="Product: similar",
    kind=Kind.PRODUCT,
    title="You may also like",
    strategies=_weighted([Strategy.SIMILAR]),
    fallbacks=(Strategy.ALIKE, Strategy.POPULAR),
    n=8,
    filters=Filters(price_from=0.5, price_to=2.0),
    exploration=0.05,
)
GOES_WITH = PlacementSpec(
    key="product-goes-with",
    name="Product: goes well with it",
    kind=Kind.PRODUCT,
    title="Goes well with it",
    strategies=_weighted([Strategy.TOGETHER, Strategy.ACCESSORIES]),
    mode="in_turn",
    fallbacks=(),
    n=4,
    caps=Caps(per_category=2),
)
ACCESSORIES = PlacementSpec(
    key="product-accessories",
    name="Product: accessories",
    kind=Kind.PRODUCT,
    title="Accessories",
    strategies=_weighted([Strategy.ACCESSORIES]),
    fallbacks=(),
    n=4,
    filters=Filters(price_to=0.5, other_category=True),
)
CART = PlacementSpec(
    key="cart-complete",
    name="Cart: complete the basket",
    kind=Kind.CART,
    title="Complete your basket",
    strategies=_weighted([Strategy.CART]),
    fallbacks=(Strategy.TOGETHER, Strategy.POPULAR),
    n=4,
    filters=Filters(price_to=1.0),
    caps=Caps(per_category=2),
)
CONFIRMATION = PlacementSpec(
    key="order-cross-sell",
    name="Order confirmation",
    kind=Kind.CONFIRMATION,
    title="Others took along",
    strategies=_weighted([Strategy.CART, Strategy.FOR_YOU]),
    mode="in_turn",
    fallbacks=POPULAR_THEN_NEW,
    n=4,
    caps=Caps(per_category=2),
)
EMAIL = PlacementSpec(
    key="email-for-you",
    name="E-mail: for you",
    kind=Kind.EMAIL,
    title="Picked for you",
    strategies=_weighted([Strategy.FOR_YOU]),
    fallbacks=POPULAR_THEN_NEW,
    n=4,
    caps=Caps(per_category=2),
)
SEARCH = PlacementSpec(
    key="search-results",
    name="Search: re-rank",
    kind=Kind.SEARCH,
    strategies=_weighted([Strategy.SEARCH]),
    fallbacks=(),
    n=24,
    filters=Filters(in_stock=False, owned="any"),
)
CUSTOM = PlacementSpec(key="", name="", kind=Kind.CUSTOM, strategies=_weighted([Strategy.FOR_YOU]))

STARTERS: tuple[PlacementSpec, ...] = (
    *(HOME, AGAIN, CATEGORY, SIMILAR, GOES_WITH, ACCESSORIES, CART, CONFIRMATION, EMAIL, SEARCH),
)
"""The usual placements of a shop; their keys are those of the demo shop's pages."""

_OF_KIND = {spec.kind: spec for spec in reversed((*STARTERS, CUSTOM))} | {Kind.PRODUCT: SIMILAR}


def defaults(kind: Kind) -> PlacementSpec:
    """What a new placement of this kind begins with; without a key, which is the maker's choice."""
    return msgspec.structs.replace(_OF_KIND[kind], key="", name="")
