"""Computed traits: what each kind says of a handful of facts, and of a person's real events and orders."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import queries, services
from people.figures import EVENTS, KINDS, NUMERIC, ORDERS, SHIPPED, Definition, Fact, compute, sessions, values_at
from people.models import ComputedTrait
from people.queries import figures as reading
from tests.people.conftest import Say

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def facts(*told: dict[str, Any]) -> list[Fact]:
    """Newest first, a day apart, the first a day ago."""
    return [Fact(NOW - timedelta(days=n + 1), one) for n, one in enumerate(told)]


BOUGHT = facts(
    {"price": Decimal("5.5"), "currency": "EUR", "category": "Tea"},
    {"price": "4.5", "currency": "EUR", "category": "Mugs"},
    {"price": 20, "currency": "USD", "category": "Tea"},
    {"price": "much", "category": None},
)


def value(kind: str, path: str = "", told: list[Fact] = BOUGHT, **more: Any) -> Any:
    return compute(Definition("x", "", "", kind, event="Bought", path=path, **more), told, NOW)


@pytest.mark.parametrize(
    ("kind", "path", "more", "expected"),
    [
        ("count", "", {}, 4),
        ("count", "", {"window_days": 2}, 2),
        ("count", "", {"filters": (("category", "Tea"),)}, 2),
        ("count", "", {"filters": (("price", "4.5"),)}, 1),
        ("sum", "price", {}, Decimal(30)),
        ("sum", "price", {"by_currency": True}, {"EUR": Decimal(10), "USD": Decimal(20)}),
        ("sum", "absent", {}, Decimal(0)),
        ("average", "price", {"by_currency": True}, {"EUR": Decimal(5), "USD": Decimal(20)}),
        ("average", "absent", {}, None),
        ("minimum", "price", {}, Decimal("4.5")),
        ("maximum", "price", {}, Decimal(20)),
        ("first", "category", {}, "Tea"),
        ("last", "category", {"filters": (("currency", "EUR"),)}, "Tea"),
        ("first", "", {}, "2026-11-16T12:00:00+00:00"),
        ("last", "", {}, "2026-11-19T12:00:00+00:00"),
        ("most_frequent", "category", {}, "Tea"),
        ("most_frequent", "currency", {"window_days": 1}, "EUR"),
        ("distinct", "category", {}, 2),
        ("list", "category", {}, ["Tea", "Mugs"]),
        ("list", "category", {"how_many": 1}, ["Tea"]),
        ("days_since_last", "", {}, 1),
        ("sessions", "", {}, 4),
    ],
)
def test_each_kind_says_what_it_promises(kind: str, path: str, more: dict[str, Any], expected: Any) -> None:
    assert value(kind, path, **more) == expected


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_of_nothing_every_kind_says_nothing(kind: str) -> None:
    found = value(kind, "price", [], by_currency=kind in NUMERIC)
    assert found in (0, None, [], {})


def test_of_equally_frequent_values_the_latest_wins() -> None:
    assert value("most_frequent", "c", facts({"c": "b"}, {"c": "a"}, {"c": "a"}, {"c": "b"})) == "b"


def test_paths_lead_into_objects_and_lists() -> None:
    told = {"a.b": 1, "a": {"b": 2}, "products": [{"c": "x"}, {"c": ["y", "z"]}, 3], "o": {}}
    assert [list(values_at(told, path)) for path in ("a.b", "products.c", "o", "products.d", "o.p")] == [
        [1],
        ["x", "y", "z"],
        [],
        [],
        [],
    ]


@given(st.lists(st.integers(0, 500), max_size=30), st.randoms())
def test_sessions_do_not_depend_on_the_order(minutes: list[int], shuffler: Any) -> None:
    instants = [NOW + timedelta(minutes=m) for m in minutes]
    shuffled = list(instants)
    shuffler.shuffle(shuffled)
    ordered = sorted(minutes)
    expected = sum(1 for n, m in enumerate(ordered) if n == 0 or m - ordered[n - 1] >= 30)
    assert sessions(shuffled) == sessions(instants) == expected


def test_every_shipped_one_reads_as_a_sentence() -> None:
    assert {one.name: one.sentence() for one in SHIPPED if one.name in {"revenue_365d", "favorite_brand"}} == {
        "revenue_365d": "sum of net_revenue by currency of orders in the last 365 days",
        "favorite_brand": "most frequent value of brand of Product Viewed",
    }


def order(n: int, revenue: float, currency: str, days_ago: int) -> dict[str, Any]:
    return {
        "userId": "u1",
        "event": "Order Completed",
        "timestamp": (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(),
        "properties": {"order_id": f"o{n}", "revenue": revenue, "currency": currency, "products": []},
    }


@pytest.mark.django_db(transaction=True)
def test_the_shipped_ones_of_a_real_person(say: Say, drain: Callable[..., int]) -> None:
    assert services.ship() == len(SHIPPED)
    assert services.ship() == 0
    now = datetime.now(UTC)
    say(order(1, 100, "EUR", 400), order(2, 30, "EUR", 10), order(3, 20, "USD", 5))
    say(
        {
            "userId": "u1",
            "event": "Order Refunded",
            "timestamp": (now - timedelta(days=4)).isoformat(),
            "properties": {"order_id": "o2", "total": 10, "currency": "EUR", "products": []},
        },
        {
            "userId": "u1",
            "event": "Product Viewed",
            "timestamp": (now - timedelta(days=1)).isoformat(),
            "properties": {"product_id": "p1", "category": "Tea", "brand": "Leaf"},
        },
    )
    drain()
    place = queries.locate("user_id:u1")
    members = queries.members(place)
    person = queries.person(place, members)
    ids = [one.id for one in members]
    now = datetime.now(UTC)
    found = {one.name: one.value for one in queries.figures_of(queries.definitions(), ids, person.counters, now)}
    assert {k: v for k, v in found.items() if not k.endswith("_at")} == {
        "orders_count": 3,
        "lifetime_value": {"EUR": Decimal(120), "USD": Decimal(20)},
        "average_order_value": {"EUR": Decimal(65), "USD": Decimal(20)},
        "days_since_last_order": 5,
        "orders_365d": 2,
        "revenue_365d": {"EUR": Decimal(20), "USD": Decimal(20)},
        "favorite_category": "Tea",
        "favorite_brand": "Leaf",
        "last_viewed_product": "p1",
        "last_viewed_products": ["p1"],
        "products_viewed": 1,
        "sessions_30d": 4,
    }


@pytest.mark.django_db(transaction=True)
def test_past_the_bound_a_figure_says_it_is_partial_and_plain_counts_stay_exact(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "EVENTS_READ", 5)
    now = datetime.now(UTC)
    say(
        *(
            {
                "userId": "u1",
                "event": "Seen",
                "timestamp": (now - timedelta(days=n)).isoformat(),
                "properties": {"n": n},
            }
            for n in range(1, 9)
        )
    )
    place = queries.locate("user_id:u1")
    members = queries.members(place)
    person = queries.person(place, members)
    asked = [
        Definition("all", "", "", "count", EVENTS, "Seen"),
        Definition("different", "", "", "distinct", EVENTS, "Seen", "n"),
        Definition("lately", "", "", "distinct", EVENTS, "Seen", "n", window_days=3),
        Definition("orders", "", "", "count", ORDERS),
    ]
    found = queries.figures_of(asked, [one.id for one in members], person.counters, now)
    assert [(one.name, one.value, one.is_partial) for one in found] == [
        ("all", 8, False),
        ("different", 5, True),
        ("lately", 3, False),
        ("orders", 0, False),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bad", "constraint"),
    [
        ({"name": "Bad name"}, "people_trait_name_for_programs"),
        ({"kind": "median"}, "people_trait_kind_known"),
        ({"window_days": 0}, "people_trait_window_bounded"),
        ({"how_many": 51}, "people_trait_list_bounded"),
        ({"event": ""}, "people_trait_names_its_events"),
    ],
)
def test_the_database_refuses_what_cannot_be_computed(bad: dict[str, Any], constraint: str) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ComputedTrait.objects.create(**{"name": "x", "label": "X", "event": "Seen", **bad})
    assert not ComputedTrait.objects.exists()
