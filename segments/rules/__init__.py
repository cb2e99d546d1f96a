"""The rule language of segments: a closed tree of frozen nodes. Pure: facts and now in, an answer out.

One file a node; `rule.NODES` is the table. `parse_rule` is the only way from JSON to a rule.
"""

from segments.rules.explaining import Explanation
from segments.rules.facts import NEVER, PastEvent, PersonFacts
from segments.rules.node import Mentions, Node, RuleError
from segments.rules.rule import NODES, count_nodes, parse_rule

__all__ = [
    "NEVER",
    "NODES",
    "Explanation",
    "Mentions",
    "Node",
    "PastEvent",
    "PersonFacts",
    "RuleError",
    "count_nodes",
    "parse_rule",
]
