"""What is looked at of each person: a number, its words, and the clause of a rule that asks it, where there is one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

DAYS = 90
DISCOUNT_DAYS = 365
LONGEST_AGO = 36_500
SPARSE = 1e9  # of somebody without an order: longer ago than anything
Clause = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Feature:
    """One number of a person. `column` of the lake's answer; `noun` follows it in a sentence: “6.1 orders”.

    `more` and `less` name a group that stands out by it. `clause(threshold)` is true of those with more than the
    threshold (`is_upper` False: of those with at most so much); None: it only describes groups, and makes none.
    `is_share`: from 0 to 1.
    """

    column: str
    noun: str
    more: str
    less: str
    clause: Callable[[float], Clause] | None = None
    is_upper: bool = True
    is_share: bool = False


def features_of(categories: Sequence[str], channels: Sequence[str], currency: str = "EUR") -> tuple[Feature, ...]:
    """Those of a shop with these categories and channels, in the order of the columns c0…, h0…."""
    return (
        Feature("recency", "days since the last order", "not back for long", "bought lately", _recency, is_upper=False),
        Feature("orders", "orders", "frequent buyers", "one-time buyers", _trait("rfm.orders", whole=True)),
        Feature("revenue", f"{currency} brought", "big spenders", "small spenders", _trait("rfm.revenue", whole=False)),
        Feature("average", f"{currency} an order", "large baskets", "small baskets"),
        Feature("views", f"product views in {DAYS} days", "browsers", "hardly browsing", _did("Product Viewed")),
        Feature("adds", f"products put in a cart in {DAYS} days", "cart fillers", "no carts", _did("Product Added")),
        Feature("searches", f"searches in {DAYS} days", "searchers", "no searches", _did("Products Searched")),
        Feature("opened", f"e-mails opened in {DAYS} days", "mail readers", "no mail readers", _did("Email Opened")),
        Feature("discounted", f"reduced orders in {DISCOUNT_DAYS} days", "discount hunters", "pay in full", _cheap),
        Feature("evenings", "of orders in the evening", "evening shoppers", "daytime shoppers", is_share=True),
        Feature("weekends", "of orders at weekends", "weekend shoppers", "weekday shoppers", is_share=True),
        *(
            Feature(f"c{place}", f"lines of {name} bought", f"{name} buyers", f"no {name}", _bought(name))
            for place, name in enumerate(categories)
        ),
        *(
            Feature(
                f"h{place}", f"product views on {name} in {DAYS} days", f"on {name}", f"not on {name}",
                _did("Product Viewed", channel=name),
            )
            for place, name in enumerate(channels)
        ),
    )  # fmt: skip


def _recency(threshold: float) -> Clause:
    if threshold > LONGEST_AGO:  # between somebody with an order and somebody without
        return {"trait": "rfm.recency_days", "is": "is_set"}
    return {"trait": "rfm.recency_days", "is": "lte", "value": floor(threshold)}


def _trait(name: str, *, whole: bool) -> Callable[[float], Clause]:
    def clause(threshold: float) -> Clause:
        value: float = floor(threshold) + 1 if whole else _short(threshold)
        return {"trait": name, "is": "gte", "value": value}

    return clause


def _did(event: str, channel: str = "") -> Callable[[float], Clause]:
    def clause(threshold: float) -> Clause:
        asked = {"did": event, "count": {"gte": floor(threshold) + 1}, "within": {"days": DAYS}}
        return asked | ({"channel": channel} if channel else {})

    return clause


def _cheap(threshold: float) -> Clause:
    return {
        "did": "Order Completed",
        "where": [{"property": "discount", "is": "gt", "value": 0}],
        "count": {"gte": floor(threshold) + 1},
        "within": {"days": DISCOUNT_DAYS},
    }


def _bought(category: str) -> Callable[[float], Clause]:
    return lambda threshold: {"bought": {"category": [category]}, "count": {"gte": floor(threshold) + 1}}


def _short(amount: float) -> float:
    """Three digits, rounded up, so that it reads like a threshold somebody chose."""
    if amount <= 0:
        return 0.01
    step = 10.0 ** max(-2, len(str(int(amount))) - 3)
    return round(ceil(amount / step) * step, 2)
