"""Reads of the plans app: the plan events are held to, the data dictionary, and what was learned."""

from plans.queries.dictionary import as_document, as_markdown, declared_names, dictionary
from plans.queries.learned import (
    Broken,
    SeenProperty,
    Traffic,
    Undeclared,
    broken_rules,
    samples_wanted,
    seen_properties,
    traffic,
    undeclared,
)
from plans.queries.plan import Plan, forget_plan, plan_now

__all__ = [
    "Broken",
    "Plan",
    "SeenProperty",
    "Traffic",
    "Undeclared",
    "as_document",
    "as_markdown",
    "broken_rules",
    "declared_names",
    "dictionary",
    "forget_plan",
    "plan_now",
    "samples_wanted",
    "seen_properties",
    "traffic",
    "undeclared",
]
