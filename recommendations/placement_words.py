"""A placement in words, for staff: what strategies are called, and the sentence above the form. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from recommendations.contracts import Strategy
from recommendations.placements import Boost, Filters, Kind, PlacementSpec, Rule, Weighted

STRATEGIES: dict[Strategy, tuple[str, str]] = {
    Strategy.FOR_YOU: ("For you", "by what the person did, this visit first; new products for those who bought"),
    Strategy.BUY_AGAIN: ("Buy again", "what the person bought, by how often and by when it is due again"),
    Strategy.SIMILAR: ("Similar", "to the product in front: viewed together, bought together, alike in words"),
    Strategy.TOGETHER: ("Bought together", "in one order with the product in front or what is in the cart"),
    Strategy.VIEWED_TOGETHER: ("Viewed together", "in one visit with the product in front"),
    Strategy.ALIKE: ("Alike", "by name, category, brand and attributes; works for products nobody touched yet"),
    Strategy.ACCESSORIES: ("Accessories", "bought after the product in front, from other categories"),
    Strategy.CART: ("Complete the cart", "what fits what is in the cart"),
    Strategy.SESSION: ("This visit", "what comes next after what was viewed in this visit"),
    Strategy.RECENT: ("Recently viewed", "by this person, latest first"),
    Strategy.POPULAR: ("Popular", "lately, in the category or region given"),
    Strategy.NEWEST: ("Newest", "lately added to the catalog"),
    Strategy.SEARCH: ("Search results", "the results given, in the person's order; none is lost"),
}
KINDS: dict[Kind, tuple[str, str]] = {
    Kind.HOME: ("Home page", "nothing but the person is known"),
    Kind.CATEGORY: ("Category page", "the page gives its category"),
    Kind.PRODUCT: ("Product page", "the page gives its product"),
    Kind.CART: ("Cart", "the page gives what is in the cart"),
    Kind.CONFIRMATION: ("Order confirmation", "the page gives what was ordered, as the cart"),
    Kind.EMAIL: ("E-mail", "asked for by your mail service, for many people at once"),
    Kind.SEARCH: ("Search results", "the page gives the results, best first"),
    Kind.CUSTOM: ("Somewhere else", "the page may give anything"),
}
BOOSTS = {
    "margin": "a high margin",
    "stock": "many pieces in stock",
    "newness": "being new in the catalog",
    "reduced": "a reduced price",
    "category": "the category",
    "brand": "the brand",
}
OWNED = {"exclude": "not owned", "only": "only what they bought before", "any": ""}
FEW = 3


def quoted(strategy: Strategy) -> str:
    """“For you”."""
    return f"“{STRATEGIES[strategy][0]}”"


def sentence(spec: PlacementSpec) -> str:
    """“Shows 8 products: for you, then popular; in stock, not owned; at most 2 of a category; 10 % of visitors see the
    popular list, to measure it.”"""
    return "; ".join(part for part in _parts(spec) if part) + "."


def strategies_words(spec: PlacementSpec) -> str:
    """“for you (67 %) with popular (33 %), then newest”."""
    first = _blend(spec.strategies) if spec.mode == "blend" else ", then ".join(map(_low, spec.strategies))
    rest = [_name(one) for one in spec.fallbacks if one not in {each.strategy for each in spec.strategies}]
    return ", then ".join([first, *rest])


def shares(strategies: Sequence[Weighted]) -> list[float]:
    """Each weight as its share of all, 0..1."""
    total = sum(max(one.weight, 0.0) for one in strategies)
    return [max(one.weight, 0.0) / total if total else 0.0 for one in strategies]


def percent(share: float) -> str:
    """10 %, 2.5 %, with a blank that does not break."""
    return f"{share * 100:.3g}\u00a0%"


def _parts(spec: PlacementSpec) -> Iterator[str]:
    yield f"Shows {spec.n} product{'' if spec.n == 1 else 's'}: {strategies_words(spec)}"
    yield ", ".join(_filters(spec.filters))
    yield ", ".join(_caps(spec))
    yield ", ".join(_boost(boost) for boost in spec.boosts)
    if spec.diversity:
        yield f"{'slightly' if spec.diversity < 0.34 else 'clearly' if spec.diversity < 0.67 else 'very'} mixed"
    if spec.exploration:
        yield f"{percent(spec.exploration)} of the places try new products"
    yield _rules(spec.rules)
    if spec.holdout:
        shown = "see the popular list" if spec.holdout_shows == "popular" else "see nothing"
        yield f"{percent(spec.holdout)} of visitors {shown}, to measure it"


def _blend(strategies: Sequence[Weighted]) -> str:
    if len(strategies) < 2:
        return ", ".join(map(_low, strategies)) or "nothing"
    parts = [
        f"{_low(one)} ({percent(round(share, 2))})" for one, share in zip(strategies, shares(strategies), strict=True)
    ]
    return " with ".join(parts)


def _low(one: Weighted) -> str:
    return _name(one.strategy)


def _name(strategy: Strategy) -> str:
    name = STRATEGIES[strategy][0]
    return name[0].lower() + name[1:]


def _filters(filters: Filters) -> Iterator[str]:
    if filters.in_stock:
        yield "in stock"
    if words := OWNED[filters.owned]:
        yield words
    if filters.same_category:
        yield "of the same category"
    if filters.other_category:
        yield "of other categories"
    if price := _price(filters):
        yield price
    for names, word in ((filters.categories, "in"), (filters.brands, "by")):
        if names:
            yield f"only {word} {_few(names, 'or')}"
    for names, word in ((filters.not_categories, "in"), (filters.not_brands, "by")):
        if names:
            yield f"nothing {word} {_few(names, 'or')}"


def _price(filters: Filters) -> str:
    found = []
    low, high = filters.price_min, filters.price_max
    if low is not None or high is not None:
        found.append(f"priced {_between(low and f'{low:,}', high and f'{high:,}')}")
    low_share, high_share = filters.price_from, filters.price_to
    if low_share is not None or high_share is not None:
        lower = None if low_share is None else percent(low_share)
        upper = None if high_share is None else percent(high_share)
        at = "at " if lower and upper else ""
        found.append(f"{at}{_between(lower, upper)} of the price in front")
    return ", ".join(found)


def _between(low: object, high: object) -> str:
    if low is None or low == "":
        return f"up to {high}"
    return f"from {low}" if high is None or high == "" else f"{low} to {high}"


def _caps(spec: PlacementSpec) -> Iterator[str]:
    if spec.caps.per_category is not None:
        yield f"at most {spec.caps.per_category} of a category"
    if spec.caps.per_brand is not None:
        yield f"at most {spec.caps.per_brand} of a brand"


def _boost(boost: Boost) -> str:
    value = f" {boost.value}" if boost.value else ""
    return f"up to {percent(boost.weight)} more for {BOOSTS[boost.by]}{value}"


def _rules(rules: Iterable[Rule]) -> str:
    pins = sum(rule.action == "pin" for rule in rules)
    excluded = sum(rule.action == "exclude" for rule in rules)
    found = [f"{pins} pinned"] if pins else []
    return " and ".join([*found, *([f"{excluded} kept out"] if excluded else [])])


def _few(names: Sequence[str], word: str) -> str:
    if len(names) > FEW:
        return f"{', '.join(names[:FEW])} {word} {len(names) - FEW} more"
    return f" {word} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
