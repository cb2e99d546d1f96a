"""What stands above a segment's form; a new segment is shown what to start from. Template library segment_panels."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from cdp.admin_segment.frame import Head, head
from segments.models import Segment
from segments.rules import parse_rule

register = template.Library()


@dataclass(frozen=True, slots=True)
class Starter:
    """A rule to start from: its name, what it is good for, its sentence, and the page that opens with it."""

    name: str
    purpose: str
    sentence: str
    url: str


STARTERS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "Lookers",
        "lookers",
        "people to win with a first order",
        {
            "all": [
                {"did": "Product Viewed", "count": {"gte": 3}, "within": {"days": 14}},
                {"not": {"did": "Order Completed"}},
            ]
        },
    ),
    (
        "Left a cart",
        "left-a-cart",
        "people who may still want what they chose",
        {
            "all": [
                {"did": "Product Added", "within": {"days": 7}},
                {"did": "Order Completed", "count": {"eq": 0}, "within": {"days": 7}},
            ]
        },
    ),
    (
        "Repeat buyers",
        "repeat-buyers",
        "people to thank",
        {"did": "Order Completed", "count": {"gte": 2}},
    ),
    (
        "Slipping away",
        "slipping-away",
        "buyers who have not been back for two months",
        {
            "all": [
                {"did": "Order Completed"},
                {"did": "Product Viewed", "count": {"eq": 0}, "within": {"days": 60}},
            ]
        },
    ),
)


@register.simple_tag
def starters() -> list[Starter]:
    """What a new segment may start from."""
    add = reverse("admin:segments_segment_add")
    found = []
    for name, slug, purpose, rule in STARTERS:
        query = urlencode({"name": name, "slug": slug, "definition": json.dumps(rule)})
        found.append(Starter(name, purpose, parse_rule(rule).sentence(), f"{add}?{query}"))
    return found


@register.simple_tag(takes_context=True)
def segment_head(context: dict[str, Any], segment: Segment) -> Head:
    """The head of a segment's page, for the tab with the rule."""
    return head(context["request"], segment, "rule")
