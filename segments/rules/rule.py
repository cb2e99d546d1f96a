"""Reading a whole rule: the closed table of node classes, and the bounds on depth and size."""

from collections.abc import Mapping

from segments.rules.all_of import AllOf
from segments.rules.any_of import AnyOf
from segments.rules.bought import Bought
from segments.rules.consent_is import ConsentIs
from segments.rules.did import Did
from segments.rules.has import Has
from segments.rules.in_list import InList
from segments.rules.in_segment import InSegment
from segments.rules.metric import Metric
from segments.rules.node import HEAVY, MAX_DEPTH, MAX_NODES, MAX_WEIGHT, Node, Place, RuleError
from segments.rules.not_of import NotOf
from segments.rules.score import Score
from segments.rules.sequence import Sequence
from segments.rules.trait_is import TraitIs
from segments.rules.viewed import Added, Viewed

NODES: Mapping[str, type[Node]] = {
    node.key: node
    for node in (
        AllOf,
        AnyOf,
        NotOf,
        TraitIs,
        Did,
        Metric,
        Sequence,
        Bought,
        Viewed,
        Added,
        Score,
        Has,
        ConsentIs,
        InSegment,
        InList,
    )
}


def parse_rule(raw: object) -> Node:
    """The rule that a piece of JSON says. Raises RuleError with the path to the bad node and what it takes instead."""
    rule = _parse_node(raw, Place(_parse_node))
    size = count_nodes(rule)
    if size > MAX_NODES:
        raise RuleError("$", f"has {size} nodes; a rule takes at most {MAX_NODES}: split it into segments")
    if (weight := _weight(rule)) > MAX_WEIGHT:
        raise RuleError(
            "$",
            f"weighs {weight}; a rule takes at most {MAX_WEIGHT}, where most clauses weigh 1, and those that walk "
            f"whole histories or orders {HEAVY}: split it into segments",
        )
    return rule


def count_nodes(rule: Node) -> int:
    """The number of nodes in a rule, itself included."""
    return 1 + sum(count_nodes(child) for child in rule.children())


def _weight(rule: Node) -> int:
    return rule.weight() + sum(_weight(child) for child in rule.children())


def _parse_node(raw: object, place: Place) -> Node:
    if place.depth > MAX_DEPTH:
        place.refuse(f"is nested deeper than {MAX_DEPTH} levels")
    if not isinstance(raw, dict):
        place.refuse(f"takes a node: an object with one of the keys {', '.join(NODES)}")
    found = [key for key in NODES if key in raw]
    if len(found) != 1:
        place.refuse(f"takes exactly one of the keys {', '.join(NODES)}; found {', '.join(found) or 'none'}")
    return NODES[found[0]].parse(raw, place)
