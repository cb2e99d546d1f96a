"""The rule language as the builder shows it: operators with what they take, calendar windows, metrics, nodes. Pure.

Derived from the language's own tables, so that an operator or a calendar window that is added there appears by itself.
"""

from typing import Any

from segments.rules import NODES, money
from segments.rules.conditions import OPERATORS
from segments.rules.measures import KINDS, TIME
from segments.rules.node import MAX_DEPTH, MAX_NODES
from segments.rules.steps import UNITS
from segments.rules.windows import CALENDAR


def language() -> dict[str, Any]:
    """The description as JSON: see the keys. `operators[].takes` names the kind of operand."""
    return {
        "operators": [{"name": one.name, "words": one.words, "takes": one.takes} for one in OPERATORS.values()],
        "calendar": [{"name": name, "words": one.words} for name, one in CALENDAR.items()],
        "metrics": [{"name": name, "words": one.words, "of": one.of} for name, one in KINDS.items()],
        "money": {"metrics": money.KINDS, "event": money.EVENT, "of": money.AMOUNTS},
        "time": TIME,
        "units": list(UNITS),
        "nodes": [{"key": node.key, "meaning": node.meaning} for node in NODES.values()],
        "most_deep": MAX_DEPTH,
        "most_nodes": MAX_NODES,
    }
