"""What products people bought, viewed and added, by id and by what the catalog says now."""

from decimal import Decimal

from segments.rules.facts import DAY_US, CatalogEntry, PastLine, PastOrder
from tests.segments.spec.cases import NOW_US, Case, Section, did, person

CATALOG = {
    "a-1": CatalogEntry("Shoes", "Acme", {"color": "red", "size": 42}),
    "a-2": CatalogEntry("Shoes", "Bolt", {"color": "blue"}),
    "h-1": CatalogEntry("Hats", "Acme", {"color": "red"}),
    "7": CatalogEntry("2024", "", {}),
}


def order(number: int, days_ago: float, *products: str, status: str = "placed", refunded: bool = False) -> PastOrder:
    """An order with a line of 10 EUR a product, placed so many days ago; with its refund a day later."""
    at = NOW_US - round(days_ago * DAY_US)
    ten = Decimal(10)
    goods = tuple(PastLine(product, Decimal(1), ten, at) for product in products)
    back = tuple(PastLine(one, Decimal(-1), -ten, at + DAY_US, is_refund=True) for one in products if refunded)
    total = ten * len(products)
    money = -total if refunded else Decimal(0)
    return PastOrder(f"o{number}", status, "EUR", total, at, total, goods + back, money)


BOUGHT = Section(
    "Products bought",
    "Lines of orders that were placed and not cancelled, each at the time its order was placed: a refund does not undo "
    "a purchase. A product is known by its id, compared like any value: text exactly, numbers as numbers; a line "
    "without one is no product. Category, brand and attributes are those of the present catalog. `{}` is any product.",
    {
        "ada": person().known(orders=(order(1, 5, "a-1", "h-1"), order(2, 40, "a-2"))),
        "ben": person().known(orders=(order(3, 5, "h-1", status="partly_refunded", refunded=True),)),
        "cid": person().known(orders=(order(4, 5, "a-1", status="cancelled"),)),
        "dot": person().known(orders=(order(5, -2, "a-1"), order(6, 30, "7.0"))),
        "eva": person().known(orders=(order(7, 3, "gone"),)),
        "fay": person(did("Order Completed", 1, products=[{"product_id": "a-1"}])).known(
            orders=(order(8, 1, "a-1", status="started"),)
        ),
        "gus": person().known(
            orders=(order(9, 3, "A-1"), order(10, 3, "")),
        ),
    },
    (
        Case({"bought": {}}, "ada ben dot eva gus", "cid's order was cancelled, fay's is not placed yet"),
        Case({"bought": {"product_id": ["a-1"]}}, "ada", "dot's is yet to be placed; gus's A-1 is another"),
        Case({"bought": {"product_id": ["A-1"]}}, "gus"),
        Case({"bought": {"product_id": [7]}}, "dot", '7 and "7.0" are the same number'),
        Case({"bought": {}, "count": {"eq": 1}}, "ben dot eva gus", "gus's other line names no product"),
        Case({"bought": {"product_id": ["gone"]}}, "eva", "an id needs no catalog"),
        Case({"bought": {"category": ["Shoes"]}}, "ada"),
        Case({"bought": {"category": ["shoes"]}}, "", "text compares exactly"),
        Case({"bought": {"category": ["2024"]}}, "dot"),
        Case({"bought": {"brand": ["Acme"]}, "count": {"gte": 2}}, "ada", "two lines of one order are two"),
        Case({"bought": {"brand": ["Acme"], "category": ["Hats"]}}, "ada ben", "every key narrows"),
        Case({"bought": {"attribute": {"name": "color", "is": "in", "value": ["blue"]}}}, "ada"),
        Case(
            {
                "bought": {
                    "category": ["Shoes"],
                    "attribute": [
                        {"name": "color", "is": "eq", "value": "red"},
                        {"name": "size", "is": "gte", "value": 40},
                    ],
                }
            },
            "ada",
        ),
        Case({"bought": {"attribute": {"name": "size", "is": "is_not_set"}}}, "ada ben dot", "eva's is in no catalog"),
        Case({"bought": {}, "within": {"days": 30}}, "ada ben eva gus", "dot's is exactly 30 days ago"),
        Case({"bought": {"category": ["Shoes"]}, "count": {"eq": 0}}, "ben cid dot eva fay gus"),
        Case({"bought": {}, "count": {"lte": 1}, "within": {"days": 30}}, "ben cid dot eva fay gus"),
    ),
)
BOUGHT.people.update({name: one.known(catalog=CATALOG) for name, one in BOUGHT.people.items()})
EVENTS = Section(
    "Products viewed and added",
    "`viewed` counts Product Viewed, `added` Product Added, each by its `product_id`.",
    {
        "ada": person(did("Product Viewed", 1, product_id="a-1"), did("Product Added", 1, product_id="A-1")),
        "ben": person(did("Product Viewed", 1, product_id="h-1"), did("Product Viewed", 40, product_id="a-2")),
        "cid": person(did("Product Viewed", 1, product_id="7.0"), did("Product Viewed", 2, product_id="gone")),
        "dot": person(
            did("Product Viewed", 1),
            did("Product Viewed", 1, product_id=""),
            did("Product Clicked", 1, product_id="a-1"),
        ),
    },
    (
        Case({"viewed": {}}, "ada ben cid", "dot's names no product"),
        Case({"viewed": {"product_id": ["a-1", 7]}}, "ada cid", '"7.0" is the number 7'),
        Case({"viewed": {"category": ["Shoes"]}}, "ada ben"),
        Case({"viewed": {"category": ["Shoes"]}, "within": {"days": 30}}, "ada"),
        Case({"viewed": {"brand": ["Acme"], "product_id": ["h-1", "a-2"]}}, "ben"),
        Case({"added": {"product_id": ["A-1"]}}, "ada"),
        Case({"added": {"product_id": ["a-1"]}}, "", "an id is text like any other: its case counts"),
        Case({"added": {"brand": ["Acme"]}, "count": {"eq": 0}}, "ada ben cid dot", "A-1 is not in the catalog"),
        Case({"viewed": {"product_id": ["gone"]}, "count": {"eq": 1}}, "cid"),
    ),
)
EVENTS.people.update({name: one.known(catalog=CATALOG) for name, one in EVENTS.people.items()})
SECTIONS = (BOUGHT, EVENTS)
