"""Definitions in words for those who make them: how a place is decided, what conditions and outcomes are called."""

from collections.abc import Mapping
from typing import Any

HOWS: Mapping[str, tuple[str, str]] = {
    "table": ("Decision table", "rows of conditions, each with what is shown"),
    "rule": ("Rules", "the first rule that holds decides"),
    "experiment": ("Experiment", "each variant shows something else"),
    "bandit": ("Bandit", "learns by itself which arm is best"),
}
HITS: Mapping[str, str] = {
    "first": "the first row that matches",
    "unique": "the only row that matches; two are a mistake, and the fallback is shown",
    "priority": "of the rows that match, the one with the highest priority",
    "collect": "all rows that match, the highest priority first",
}
OUTCOMES: Mapping[str, str] = {
    "content": "Content",
    "offer": "Offer",
    "offers": "Best of some offers",
    "recommendations": "Recommendations",
    "data": "Data (JSON)",
    "nothing": "Nothing",
}
OPERATORS: Mapping[str, str] = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "starts_with": "begins with",
    "contains": "contains",
    "is_known": "is told",
    "gt": "is above",
    "gte": "is at least",
    "lt": "is below",
    "lte": "is at most",
    "between": "is from … to",
    "contains_any": "has any of",
    "contains_all": "has all of",
    "contains_none": "has none of",
    "member": "is a member of",
    "not_member": "is no member of",
    "holds": "holds",
    "not_holds": "does not hold",
}
BEGINNINGS: Mapping[str, dict[str, Any]] = {
    "table": {
        "by": "table",
        "hit": "first",
        "inputs": [
            {"id": "c1", "on": "person.segment", "name": ""},
            {"id": "c2", "on": "context.device", "name": ""},
        ],
        "rows": [{"id": "r1", "when": {}, "outcome": {"nothing": True}}],
        "fallback": {"nothing": True},
    },
    "rule": {
        "by": "rule",
        "arms": [{"id": "a1", "if": {"all": []}, "outcome": {"nothing": True}}],
        "fallback": {"nothing": True},
    },
    "experiment": {"by": "experiment", "experiment": "", "outcomes": {}, "fallback": {"nothing": True}},
    "bandit": {
        "by": "bandit",
        "policy": "thompson",
        "arms": [{"id": "a", "outcome": {"nothing": True}}, {"id": "b", "outcome": {"nothing": True}}],
        "floor": 0.05,
        "reward": {"kind": "click", "within_hours": 24, "value": False},
        "features": [],
        "fallback": {"nothing": True},
    },
}


def outcome_words(raw: object) -> str:
    """`the offer “summer”`."""
    if not isinstance(raw, dict):
        return "?"
    match next(iter(raw), ""):
        case "content":
            return f"the content “{raw['content']}”"
        case "offer":
            return f"the offer “{raw['offer']}”"
        case "offers":
            inside = raw["offers"] if isinstance(raw["offers"], dict) else {}
            return f"the best of {_count(inside.get('best_of'))} offers"
        case "recommendations":
            return f"the recommendations “{raw['recommendations']}”"
        case "data":
            return "data of yours"
        case "nothing":
            return "nothing"
    return "?"


def _count(value: object) -> int:
    return len(value) if isinstance(value, list | dict) else 0  # a draft may be anything


def sentence(raw: Mapping[str, Any]) -> str:
    """How a place is decided, in a sentence."""
    fallback = f"else {outcome_words(raw.get('fallback'))}"
    match raw.get("by"):
        case "table":
            count = _count(raw.get("rows"))
            hit = HITS.get(str(raw.get("hit", "first")), "?")
            return f"A table of {count} row{'' if count == 1 else 's'}: {hit.partition(';')[0]}, {fallback}."
        case "rule":
            count = _count(raw.get("arms"))
            return f"{count} rule{'' if count == 1 else 's'}: the first that holds, {fallback}."
        case "experiment":
            count = _count(raw.get("outcomes"))
            return f"The experiment “{raw.get('experiment') or '?'}” with {count} variants, {fallback}."
        case "bandit":
            count = _count(raw.get("arms"))
            reward = raw["reward"].get("kind", "click") if isinstance(raw.get("reward"), dict) else "click"
            return f"A bandit of {count} arms learns what brings the most of “{reward}”, {fallback}."
    return "Not defined yet."
