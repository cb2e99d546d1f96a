"""What holds for a request that names no placement: a spec for each strategy. Pure."""

from recommendations.contracts import Strategy
from recommendations.placements import Filters, PlacementSpec, Weighted

DEFAULT_N = 10
# Where products bought before may stand: elsewhere somebody is told of new ones. Only these look at a person at all.
_OWNED_ANY = Filters(owned="any")
_NEW_TO_THEM = Filters(owned="exclude")
_FILTERS: dict[Strategy, Filters] = {
    Strategy.FOR_YOU: _NEW_TO_THEM,
    Strategy.SESSION: _NEW_TO_THEM,
    Strategy.BUY_AGAIN: _OWNED_ANY,
    Strategy.ACCESSORIES: Filters(owned="any", other_category=True),
    Strategy.SEARCH: Filters(owned="any", in_stock=False),
}


def spec_of(strategy: Strategy) -> PlacementSpec:
    """The placement that a strategy alone amounts to."""
    return _SPECS[strategy]


def _made(strategy: Strategy) -> PlacementSpec:
    return PlacementSpec(
        key="",
        strategies=(Weighted(strategy),),
        fallbacks=() if strategy == Strategy.SEARCH else (Strategy.POPULAR, Strategy.NEWEST),
        n=DEFAULT_N,
        filters=_FILTERS.get(strategy, _OWNED_ANY),
    )


_SPECS = {strategy: _made(strategy) for strategy in Strategy}
