"""What is wrong with a placement before it is saved: sentences that name the field and how to mend it. Pure."""

import math
import re
from collections.abc import Collection, Iterator
from itertools import combinations

from recommendations.contracts import Strategy
from recommendations.placement_words import STRATEGIES, quoted
from recommendations.placements import Boost, Filters, Kind, PlacementSpec, Rule

Fault = tuple[str, str]  # field of the spec, rows as "strategies.0"; a sentence

MOST_N, MOST_STRATEGIES, MOST_RULES = 50, 8, 200
LONGEST_KEY, LONGEST_TEXT = 40, 200  # a key is part of the experiment's, whose column holds 50
LARGEST_BOOST = 10.0
KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
NO_PRODUCT = frozenset({Kind.HOME, Kind.CATEGORY, Kind.EMAIL, Kind.SEARCH})
OF_PRODUCT = frozenset({Strategy.SIMILAR, Strategy.VIEWED_TOGETHER, Strategy.ALIKE})
OF_PRODUCT_OR_CART = frozenset({Strategy.TOGETHER, Strategy.ACCESSORIES})
WITH_CART = frozenset({Kind.CART, Kind.CONFIRMATION, Kind.CUSTOM})
VALUED = frozenset({"category", "brand"})


def faults(spec: PlacementSpec) -> list[Fault]:
    """Everything wrong with it, in the order of the form; [] = it can be served as it is."""
    return [
        *_names(spec),
        *_strategies(spec),
        *_numbers(spec),
        *_filters(spec),
        *_boosts(spec.boosts),
        *_rules(spec.rules, spec.n),
    ]


def unknown_segments(rules: Collection[Rule], known: Collection[str]) -> list[Fault]:
    """Rules for segments that do not exist (or are not live): they would never hold."""
    return [
        (f"rules.{index}", f"There is no live segment “{rule.segment}”: choose one, or everybody.")
        for index, rule in enumerate(rules)
        if rule.segment and rule.segment not in known
    ]


def _names(spec: PlacementSpec) -> Iterator[Fault]:
    if not spec.name.strip():
        yield "name", "Give it a name, so that others know it: “Home: for you”."
    for field, text in (("name", spec.name), ("title", spec.title)):
        if len(text) > LONGEST_TEXT:
            yield field, f"At most {LONGEST_TEXT} letters."
    if len(spec.key) > LONGEST_KEY or not KEY.fullmatch(spec.key):
        yield "key", f"Small letters, digits and hyphens, at most {LONGEST_KEY}: home-top."


def _strategies(spec: PlacementSpec) -> Iterator[Fault]:
    chosen = [one.strategy for one in spec.strategies]
    if not chosen:
        yield "strategies", "Choose at least one strategy: something has to find products."
    if len(chosen) > MOST_STRATEGIES:
        yield "strategies", f"At most {MOST_STRATEGIES} strategies."
    for index, one in enumerate(spec.strategies):
        if not math.isfinite(one.weight) or one.weight < 0:
            yield f"strategies.{index}", "A weight is 0 or more."
        if one.strategy in chosen[:index]:
            yield f"strategies.{index}", f"{quoted(one.strategy)} is chosen twice: take one of them out."
        yield from ((f"strategies.{index}", fault) for fault in _misplaced(one.strategy, spec.kind))
    if chosen and spec.mode == "blend" and not any(one.weight > 0 for one in spec.strategies):
        yield "strategies", "All weights are 0, so nothing counts: give one of them more than 0."
    for index, strategy in enumerate(spec.fallbacks):
        yield from ((f"fallbacks.{index}", fault) for fault in _misplaced(strategy, spec.kind))
        if strategy in spec.fallbacks[:index]:
            yield f"fallbacks.{index}", f"{quoted(strategy)} is chosen twice: take one of them out."
    yield from _unblendable(spec, set(chosen))


def _unblendable(spec: PlacementSpec, chosen: set[Strategy]) -> Iterator[Fault]:
    if spec.mode == "blend" and len(chosen) > 1:
        if Strategy.SEARCH in chosen:
            yield (
                "mode",
                "Search results are put into the person's order; nothing is blended into them. Let it stand alone.",
            )
        if {Strategy.BUY_AGAIN, Strategy.FOR_YOU} <= chosen:
            yield "mode", "“Buy again” and “For you” answer different questions: use them in turn, or two placements."
    if Strategy.BUY_AGAIN in chosen and spec.filters.owned == "exclude":
        yield "filters.owned", "“Buy again” shows what people bought, and this keeps it out: allow what they bought."
    if chosen and chosen != {Strategy.BUY_AGAIN} and spec.filters.owned == "only" and Strategy.FOR_YOU in chosen:
        yield "filters.owned", "“For you” finds products that are new for the person, and this keeps them out."


def _misplaced(strategy: Strategy, kind: Kind) -> Iterator[str]:
    name, where = quoted(strategy), f"a placement of kind “{kind}”"
    if strategy in OF_PRODUCT and kind in NO_PRODUCT | {Kind.CART, Kind.CONFIRMATION}:
        yield f"{name} needs a product in front, which {where} does not have."
    elif strategy in OF_PRODUCT_OR_CART and kind in NO_PRODUCT:
        yield f"{name} needs a product in front or a cart, which {where} does not have."
    elif strategy == Strategy.CART and kind not in WITH_CART | {Kind.EMAIL}:
        yield f"{name} needs a cart, which {where} does not have."
    elif strategy == Strategy.SEARCH and kind not in (Kind.SEARCH, Kind.CUSTOM):
        yield f"{name} needs search results, which {where} does not have."


def _numbers(spec: PlacementSpec) -> Iterator[Fault]:
    if not 1 <= spec.n <= MOST_N:
        yield "n", f"Between 1 and {MOST_N} products."
    for field in ("diversity", "exploration", "holdout"):
        share = getattr(spec, field)
        if not 0 <= share <= 1:
            yield field, "Between 0 and 100 %."
    for field in ("per_category", "per_brand"):
        most = getattr(spec.caps, field)
        if most is not None and most < 1:
            yield f"caps.{field}", "1 or more; leave it empty for any number."


def _filters(spec: PlacementSpec) -> Iterator[Fault]:
    filters = spec.filters
    for field in ("price_min", "price_max", "price_from", "price_to"):
        value = getattr(filters, field)
        if value is not None and not (math.isfinite(value) and value >= 0):
            yield f"filters.{field}", "0 or more; leave it empty for any price."
    yield from _bands(filters)
    if spec.kind in NO_PRODUCT and (filters.price_from is not None or filters.price_to is not None):
        field = "price_from" if filters.price_from is not None else "price_to"
        yield (
            f"filters.{field}",
            f"A placement of kind “{spec.kind}” has no product in front to compare the price with.",
        )
    if filters.same_category and filters.other_category:
        yield "filters.other_category", "It cannot be the same category and another one: choose one of the two."
    if spec.kind in (Kind.HOME, Kind.EMAIL, Kind.SEARCH) and (filters.same_category or filters.other_category):
        field = "same_category" if filters.same_category else "other_category"
        yield f"filters.{field}", f"A placement of kind “{spec.kind}” has no category in front to compare with."
    for wanted, unwanted in (("categories", "not_categories"), ("brands", "not_brands")):
        if both := sorted({*getattr(filters, wanted)} & {*getattr(filters, unwanted)}):
            yield f"filters.{unwanted}", f"“{both[0]}” is both wanted and kept out: take it out of one of the two."


def _bands(filters: Filters) -> Iterator[Fault]:
    if filters.price_min is not None and filters.price_max is not None and filters.price_min > filters.price_max:
        yield "filters.price_max", f"The highest price is below the lowest ({filters.price_min}): no product fits."
    if filters.price_from is not None and filters.price_to is not None and filters.price_from > filters.price_to:
        yield "filters.price_to", f"The upper end is below the lower one ({filters.price_from:.0%}): no product fits."


def _boosts(boosts: tuple[Boost, ...]) -> Iterator[Fault]:
    for index, boost in enumerate(boosts):
        if not 0 < boost.weight <= LARGEST_BOOST:
            yield f"boosts.{index}", f"More than 0 and at most {LARGEST_BOOST:.0%}."
        if boost.by in VALUED and not boost.value.strip():
            yield f"boosts.{index}", f"Which {boost.by}? Choose one."
        if any((boost.by, boost.value) == (each.by, each.value) for each in boosts[:index]):
            yield f"boosts.{index}", "This boost is there already: take one of them out."


def _rules(rules: tuple[Rule, ...], n: int) -> Iterator[Fault]:
    if len(rules) > MOST_RULES:
        yield "rules", f"At most {MOST_RULES} rules: exclude a category or a brand instead of its products."
    for index, rule in enumerate(rules):
        if not rule.value.strip():
            yield f"rules.{index}", f"Which {rule.target}? Choose one."
        if rule.action == "pin" and rule.target != "product":
            yield f"rules.{index}", "Only single products are pinned; boost a category or a brand instead."
        if rule.action == "pin" and not 0 <= rule.position <= n:
            yield f"rules.{index}", f"A position from 1 to {n}, or none for wherever it falls first."
        if rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at:
            yield f"rules.{index}", "It ends before it begins: it would never hold."
    yield from _same_place(rules)


def _same_place(rules: tuple[Rule, ...]) -> Iterator[Fault]:
    pins = [(index, rule) for index, rule in enumerate(rules) if rule.action == "pin" and rule.position]
    for (_, first), (index, second) in combinations(pins, 2):
        if first.position == second.position and first.segment == second.segment and _overlap(first, second):
            yield f"rules.{index}", f"Position {second.position} is taken by {first.value} at the same time."


def _overlap(first: Rule, second: Rule) -> bool:
    one_ends_before = first.ends_at is not None and second.starts_at is not None and first.ends_at <= second.starts_at
    other_ends_before = second.ends_at is not None and first.starts_at is not None and second.ends_at <= first.starts_at
    return not (one_ends_before or other_ends_before)


assert set(STRATEGIES) == set(Strategy)
