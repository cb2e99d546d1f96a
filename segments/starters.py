"""Rules to start a segment from: real ones, each with what it is good for. Pure.

They name the events of the e-commerce spec, which the shipped tracking plan and the demo send.
"""

from dataclasses import dataclass
from typing import Any

ORDERED, VIEWED, ADDED = "Order Completed", "Product Viewed", "Product Added"
CATEGORY = "Shoes"
"""Stands for the category that has most products, where the shop has others."""


@dataclass(frozen=True, slots=True)
class Starter:
    """`purpose`: what such people are good for, to stand after a dash."""

    name: str
    slug: str
    purpose: str
    rule: dict[str, Any]


def _did(event: str, **rest: Any) -> dict[str, Any]:
    return {"did": event, **rest}


def _never(event: str, **rest: Any) -> dict[str, Any]:
    return {"did": event, "count": {"eq": 0}, **rest}


STARTERS = (
    Starter(
        "New customers",
        "new-customers",
        "to welcome: their first order is less than a month old",
        {"all": [_did(ORDERED, count={"eq": 1}), _did(ORDERED, within={"days": 30})]},
    ),
    Starter(
        "VIP by RFM",
        "vip-by-rfm",
        "to look after: they bought lately, often and for much",
        {"trait": "rfm.group", "is": "in", "value": ["champions", "loyal"]},
    ),
    Starter(
        "Lapsing",
        "lapsing",
        "to win back: buyers who have not been here for two months",
        {"all": [_did(ORDERED), {"did": "*", "count": {"eq": 0}, "within": {"days": 60}}]},
    ),
    Starter(
        "Cart abandoners",
        "cart-abandoners",
        "to remind: they put something in the cart and did not buy within a day",
        {"sequence": [_did(ADDED), {"did_not": ORDERED, "after": {"hours": 24}}], "within": {"days": 14}},
    ),
    Starter(
        "Category affinity",
        "category-affinity",
        "to show more of it: they keep looking at one category",
        {
            "all": [
                {"viewed": {"category": [CATEGORY]}, "count": {"gte": 3}, "within": {"days": 30}},
                {"not": {"bought": {"category": [CATEGORY]}, "within": {"days": 30}}},
            ]
        },
    ),
    Starter(
        "Discount hunters",
        "discount-hunters",
        "to tell of sales: most of what they buy is bought with a code",
        {
            "all": [
                _did(ORDERED, where=[{"property": "coupon", "is": "is_set"}], count={"gte": 2}),
                _did(ORDERED, where=[{"property": "coupon", "is": "is_not_set"}], count={"lte": 1}),
            ]
        },
    ),
    Starter(
        "Window shoppers",
        "window-shoppers",
        "to win with a first order: they look much and have never bought",
        {"all": [_did(VIEWED, count={"gte": 5}, within={"days": 30}), _never(ORDERED)]},
    ),
    Starter(
        "Birthday soon",
        "birthday-soon",
        "to congratulate: their birthday is in the coming week",
        {"trait": "birthday", "is": "anniversary_within_next", "value": {"days": 7}},
    ),
    Starter(
        "One-time buyers",
        "one-time-buyers",
        "to bring to a second order: they bought once, more than a month ago",
        {"all": [_did(ORDERED, count={"eq": 1}), _never(ORDERED, within={"days": 30})]},
    ),
    Starter(
        "Likely to repeat",
        "likely-to-repeat",
        "to spend on: more likely than not to buy again within 90 days by the score of the RFM page; "
        "where there is no score, they bought twice or more and are looking again",
        {
            "any": [
                {"score": "repeat", "is": "gte", "value": 0.5},
                {
                    "all": [
                        {"score": "repeat", "is": "is_not_set"},
                        _did(ORDERED, count={"gte": 2}, within={"days": 180}),
                        {
                            "any": [
                                _did(VIEWED, count={"gte": 2}, within={"days": 14}),
                                _did(ADDED, within={"days": 14}),
                            ]
                        },
                    ]
                },
            ]
        },
    ),
)
