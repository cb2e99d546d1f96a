"""Figures of events and of orders, and conditions on them."""

from decimal import Decimal
from typing import Any

from segments.rules.facts import DAY_US, PastLine, PastOrder
from tests.segments.spec.cases import NOW_US, Case, Section, did, person

VIEWED, BOUGHT, ADDED = "Product Viewed", "Order Completed", "Product Added"


def metric(kind: str, event: str, operator: str, *value: object, **more: Any) -> dict[str, Any]:
    """The JSON of a metric."""
    rule = {"metric": kind, "event": event, **more, "is": operator}
    return rule | ({"value": value[0]} if value else {})


def order(
    number: int,
    days_ago: float | None,
    revenue: float,
    *refunds: tuple[float, float],
    status: str = "placed",
    currency: str = "EUR",
    total: float | None = None,
) -> PastOrder:
    """An order of one product; `refunds`: how many days ago, and how much."""
    at = NOW_US if days_ago is None else NOW_US - round(days_ago * DAY_US)
    worth = Decimal(str(revenue))
    goods = () if days_ago is None else (PastLine("p", Decimal(1), worth, at),)
    back = tuple(
        PastLine("p", Decimal(-1), -Decimal(str(amount)), NOW_US - round(ago * DAY_US), is_refund=True)
        for ago, amount in refunds
    )
    return PastOrder(
        f"o{number}",
        status,
        currency,
        worth,
        None if days_ago is None else at,
        None if total is None else Decimal(str(total)),
        goods + back,
        -sum((line.amount for line in back), Decimal(0)),
    )


NUMBERS = Section(
    "Figures of events",
    "`sum`, `avg`, `min`, `max` take a property that is a number and leave out events without one; `distinct` "
    "counts different values. Sum, count and distinct of nothing are 0; the others are unknown: comparisons are "
    "false, `ne` and `not_in` true. An average is exact, never rounded.",
    {
        "ada": person(did(ADDED, 1, price=10, size="M"), did(ADDED, 40, price="20.00", size="m")),
        "ben": person(did(ADDED, 1, price=10), did(ADDED, 2, price=10), did(ADDED, 3, price=10.01)),
        "cid": person(did(ADDED, 1, price="cheap", size=42), did(ADDED, 1, size="42"), did(ADDED, 1, size=["S"])),
        "dot": person(did(VIEWED, 1, price=99)),
        "eva": person(did(ADDED, 1, price=-5), did(ADDED, -1, price=500)),
    },
    (
        Case(metric("count", ADDED, "gte", 3), "ben cid"),
        Case(metric("count", ADDED, "eq", 0), "dot"),
        Case(metric("sum", ADDED, "gte", 30, of="price"), "ada ben"),
        Case(metric("sum", ADDED, "lt", 10.5, of="price"), "cid dot eva", "eva's 500 come tomorrow"),
        Case(metric("sum", ADDED, "eq", 10, of="price", within={"days": 30}), "ada"),
        Case(metric("avg", ADDED, "eq", 15, of="price"), "ada"),
        Case(metric("avg", ADDED, "gt", 10.003333, of="price"), "ada ben", "30.01 ÷ 3 is a little more"),
        Case(metric("avg", ADDED, "lte", 10.003333, of="price"), "eva"),
        Case(metric("avg", ADDED, "ne", 15, of="price"), "ben cid dot eva", "cid has no number, dot no such event"),
        Case(metric("avg", ADDED, "in", [-5, 15], of="price"), "ada eva"),
        Case(metric("avg", ADDED, "between", [10, 12], of="price"), "ben"),
        Case(metric("avg", ADDED, "is_set", of="price"), "ada ben eva"),
        Case(metric("min", ADDED, "lt", 10, of="price"), "eva"),
        Case(metric("max", ADDED, "gte", 10.01, of="price"), "ada ben"),
        Case(metric("max", ADDED, "is_not_set", of="price"), "cid dot"),
        Case(
            metric("max", ADDED, "gte", 10, of="price", where=[{"property": "size", "is": "eq", "value": "M"}]), "ada"
        ),
        Case(metric("distinct", ADDED, "eq", 2, of="size"), "ada", "M and m are two texts"),
        Case(
            metric("distinct", ADDED, "eq", 1, of="size"), "cid", '42 and "42" are the same number; a list is no value'
        ),
        Case(metric("distinct", "*", "gte", 1, of="price", within={"days": 30}), "ada ben cid dot eva"),
    ),
)
PICKED = Section(
    "First, last, most frequent",
    "Of the events that have the property; at one instant the order in which they were stored decides. Of equally"
    " frequent values the one seen last. `of` time is when it happened; `time_since` the whole days since.",
    {
        "ada": person(did(VIEWED, 9, category="Shoes"), did(VIEWED, 5, category="Hats"), did(VIEWED, 1)),
        "ben": person(did(VIEWED, 5, category="Hats"), did(VIEWED, 5, category="Shoes")),
        "cid": person(
            did(VIEWED, 50, category="Hats"), did(VIEWED, 40, category="Hats"), did(VIEWED, 3, category="Shoes")
        ),
        "dot": person(did(BOUGHT, 1, category="Shoes")),
        "eva": person(did(VIEWED, -1, category="Shoes"), did(VIEWED, 30, category="7")),
    },
    (
        Case(metric("first", VIEWED, "eq", "Shoes", of="category"), "ada"),
        Case(metric("last", VIEWED, "eq", "Shoes", of="category"), "ben cid", "ben's two are of one instant"),
        Case(metric("last", VIEWED, "starts_with", "hat", of="category"), "ada", "her newest has no category"),
        Case(metric("last", VIEWED, "gte", 7, of="category"), "eva"),
        Case(metric("last", VIEWED, "ne", "Shoes", of="category"), "ada dot eva"),
        Case(metric("most_frequent", VIEWED, "eq", "Hats", of="category"), "ada cid", "ada's Hats are newer"),
        Case(metric("most_frequent", VIEWED, "eq", "Shoes", of="category"), "ben"),
        Case(metric("most_frequent", VIEWED, "in", ["Shoes"], of="category", within={"days": 7}), "ben cid"),
        Case(metric("most_frequent", VIEWED, "is_not_set", of="category"), "dot"),
        Case(metric("first", VIEWED, "before", "2027-01-01", of="time"), "cid eva"),
        Case(metric("last", VIEWED, "within_last", {"days": 4}, of="time"), "ada cid"),
        Case(metric("last", VIEWED, "is_not_set", of="time"), "dot"),
        Case(metric("time_since", VIEWED, "gte", 5), "ben eva"),
        Case(metric("time_since", VIEWED, "eq", 3), "cid"),
        Case(metric("time_since", VIEWED, "not_in", [1, 3]), "ben dot eva"),
        Case(metric("time_since", VIEWED, "between", [1, 3], within={"days": 30}), "ada cid"),
    ),
)
SPENT = {"of": "revenue", "currency": "EUR"}
MONEY = Section(
    "Money",
    "`sum`, `avg`, `min` and `max` of `revenue` or `total` over Order Completed are over orders of the shop, each "
    "once, in one `currency`. A sum has each order when it was placed, unless it is cancelled, and takes off each"
    " refund when it happened; the others are over the orders placed in the window, each less its refunds. With "
    '`"gross": true`, as placed. `where` takes the orders of which such an event tells.',
    {
        "ada": person(did(BOUGHT, 5, order_id="o1", coupon="NEW")).known(
            orders=(order(1, 5, 80, (2, 30), total=95), order(2, 50, 40))
        ),
        "ben": person().known(orders=(order(3, 40, 100, (10, 100), status="refunded"),)),
        "cid": person(did(BOUGHT, 3, order_id="o4", coupon="NEW")).known(
            orders=(order(4, 3, 70, status="cancelled", total=70), order(5, 3, 60, currency="USD"))
        ),
        "dot": person(did(BOUGHT, 1, order_id="o6", revenue=500)),
        "eva": person().known(orders=(order(7, None, 0, (1, 20), status="pending"), order(8, -1, 90))),
    },
    (
        Case(metric("sum", BOUGHT, "gte", 90, **SPENT), "ada", "80 − 30 + 40"),
        Case(metric("sum", BOUGHT, "eq", 0, **SPENT), "ben cid dot", "dot's event made no order"),
        Case(metric("sum", BOUGHT, "lt", 0, **SPENT), "eva", "a refund of an order that is not known"),
        Case(metric("sum", BOUGHT, "eq", 50, within={"days": 30}, **SPENT), "ada"),
        Case(metric("sum", BOUGHT, "eq", -100, within={"days": 30}, **SPENT), "ben", "the order is out, its refund in"),
        Case(metric("sum", BOUGHT, "gte", 70, gross=True, **SPENT), "ada ben cid"),
        Case(metric("sum", BOUGHT, "eq", 60, of="revenue", currency="usd"), "cid"),
        Case(metric("sum", BOUGHT, "eq", 65, of="total", currency="EUR"), "ada", "her other order has no total"),
        Case(metric("avg", BOUGHT, "eq", 45, **SPENT), "ada", "(50 + 40) ÷ 2"),
        Case(metric("avg", BOUGHT, "eq", 0, **SPENT), "ben"),
        Case(metric("avg", BOUGHT, "is_not_set", **SPENT), "cid dot eva"),
        Case(metric("min", BOUGHT, "lte", 40, **SPENT), "ada ben"),
        Case(metric("max", BOUGHT, "between", [50, 100], **SPENT), "ada"),
        Case(metric("max", BOUGHT, "gte", 80, gross=True, **SPENT), "ada ben"),
        Case(
            metric("sum", BOUGHT, "gt", 0, where=[{"property": "coupon", "is": "eq", "value": "NEW"}], **SPENT), "ada"
        ),
        Case(
            metric("sum", BOUGHT, "eq", 50, where=[{"property": "coupon", "is": "is_set"}], **SPENT),
            "ada",
            "only her first order",
        ),
        Case(metric("count", BOUGHT, "gte", 1), "ada cid dot", "all else is over events"),
        Case(metric("last", BOUGHT, "eq", 500, of="revenue"), "dot"),
    ),
)
SECTIONS = (NUMBERS, PICKED, MONEY)
