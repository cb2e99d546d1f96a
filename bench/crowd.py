"""People with histories in PostgreSQL and in the lake, and segments of every kind over them: ground for benchmarks.

Rows are those of `bench.lake`, made by PostgreSQL itself, with the orders that their events tell of.
"""

from collections.abc import Iterator
from typing import Any

import psycopg

from bench.lake import fill as fill_events

STATES = """
INSERT INTO profiles_identifierstate (identifier_id, traits, counters, event_count)
SELECT i.id, p.traits, '{}', 0 FROM profiles_identifier AS i JOIN profiles_profile AS p ON p.id = i.profile_id"""
ORDERS = """
INSERT INTO commerce_order (order_id, identifier_id, status, is_guest, currency, country, revenue, total, refunded,
  placed_at, digest)
SELECT e.order_id, e.identifier_id, 'placed', FALSE, 'EUR', '', 39.98, 39.98, 0, e.occurred_at, decode(md5(''), 'hex')
FROM events_event AS e WHERE e.order_id IS NOT NULL"""
LINES = """
INSERT INTO commerce_orderline (order_id, position, kind, product_id, name, quantity, price, amount, occurred_at)
SELECT o.id, 0, 'goods', 'p' || mod(o.id, 5000), 'A product', 2, 19.99, 39.98, o.placed_at FROM commerce_order AS o"""


IDS_RUN_ON = "SELECT setval('events_event_block', 1 + %s / 10000)"  # blocks of more ids than that


def fill(url: str, events: int, people: int) -> None:
    """Events of ninety days by people known by a user id, and their orders: a tenth of the events."""
    fill_events(url, events, people)
    with psycopg.connect(url, autocommit=True) as database:
        for statement in (STATES, ORDERS, LINES):
            database.execute(statement)
        database.execute(IDS_RUN_ON, [events])
        database.execute("VACUUM ANALYZE profiles_identifierstate, commerce_order, commerce_orderline")


def rules(count: int) -> Iterator[tuple[str, Any]]:
    """So many segments, twelve kinds in turn, each with numbers of its own: (slug, rule)."""
    for number in range(count):
        yield f"bench-{number}", KINDS[number % len(KINDS)](number)


def _category(number: int) -> list[dict[str, Any]]:
    return [{"property": "category", "is": "eq", "value": f"Category {number % 40}"}]


def _lapsed(number: int) -> Any:
    recent = {"did": "Product Viewed", "where": _category(number), "within": {"days": 10 + number % 10}}
    return {"all": [{"did": "Product Viewed", "where": _category(number)}, {"not": recent}]}


def _left_a_cart(number: int) -> Any:
    days = {"days": 1 + number % 5}
    return {
        "all": [
            {"did": "Product Added", "where": _category(number), "within": days},
            {"did": "Order Completed", "count": {"eq": 0}, "within": days},
        ]
    }


def _chose_and_left(number: int) -> Any:
    return {
        "sequence": [
            {"did": "Product Viewed", "where": _category(number)},
            {"did": "Product Added", "where": _category(number), "after": {"hours": 24 + number}},
            {"did_not": "Order Completed", "after": {"hours": 24}},
        ],
        "within": {"days": 30},
    }


def _spent(number: int) -> Any:
    return {
        "metric": "sum",
        "of": "revenue",
        "event": "Order Completed",
        "currency": "EUR",
        "within": {"days": 30 + number % 30},
        "is": "gte",
        "value": 100 + number,
    }


KINDS: tuple[Any, ...] = (
    lambda n: {"did": "Product Viewed", "where": _category(n), "count": {"gte": 2}, "within": {"days": 7 + n % 30}},
    _left_a_cart,
    lambda n: {
        "all": [
            {"trait": "plan", "is": "eq", "value": "gold"},
            {"trait": "age", "is": "between", "value": [18 + n % 40, 22 + n % 40]},
        ]
    },
    _lapsed,
    _spent,
    _chose_and_left,
    lambda n: {"bought": {"product_id": [f"p{n * 7 + each}" for each in range(20)]}, "within": {"days": 60}},
    lambda n: {"all": [{"in_segment": f"bench-{n - 7}"}, {"trait": "newsletter", "is": "eq", "value": True}]},
    lambda n: {
        "any": [
            {"did": "Quiz Answered", "count": {"gte": 5}, "within": {"days": 20}},
            {"trait": "city", "is": "in", "value": [f"City {(n * 3 + each) % 500}" for each in range(3)]},
        ]
    },
    lambda n: {"viewed": {"product_id": [f"p{n * 11 + each}" for each in range(20)]}, "within": {"days": 30}},
    lambda n: {
        "metric": "max",
        "of": "price",
        "event": "Product Viewed",
        "within": {"days": 14},
        "is": "gte",
        "value": 150 + n % 50,
    },
    lambda n: {"all": [{"has": "user_id"}, {"did": "Order Completed", "within": {"calendar": "this_month"}}]},
)


def save_segments(count: int) -> list[int]:
    """The segments, live; answers their ids. Nobody is in them yet."""
    from segments.contracts import SegmentDraft
    from segments.services import save_segment

    return [save_segment(SegmentDraft(slug, slug, rule)).segment_id for slug, rule in rules(count)]


def build_lake() -> None:
    """Every table of the lake, from the rows there are."""
    from lake import services
    from lake.registry import projections

    for projection in projections():
        services.rebuild(projection)
