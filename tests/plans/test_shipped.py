"""The shipped plan: what it asks for, that it ships once, and that our own senders keep it."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from django.test import Client

from cdp.demo.catalog import catalog
from cdp.demo.simulate.worlds import Plan, Simulation
from connectors.online_retail import combine, to_items
from events.items import open_item
from events.names import (
    CART_EVENTS,
    EMAIL_EVENTS,
    LIST_EVENTS,
    ORDER_EVENTS,
    PARCEL_EVENTS,
    PRODUCT_EVENTS,
    SIGN_UP_EVENTS,
    STOCK_EVENTS,
    WISHES,
)
from events.wire import Item, Limits, parse
from plans import services
from plans.checking import Checker
from plans.contracts import PERSONAL_CATEGORIES, Draft
from plans.models import EventType, EventTypeVersion, ViolationCount
from plans.shipped import SHIPPED
from tests.events.conftest import work as work
from tests.wire.captures import FILES, make_sources, recorded, send

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHECKERS = {(event.kind, event.name): Checker(event.schema()) for event in SHIPPED}
LIMITS = Limits(event_bytes=2**20, events=2500)


def broken(items: Iterator[bytes]) -> Counter[tuple[str, str, str]]:
    """What these wire items break, after they went through the parser as every event does."""
    found: Counter[tuple[str, str, str]] = Counter()
    for raw in items:
        for item in parse(b'{"batch":[' + raw + b"]}", path_type="batch", limits=LIMITS).items:
            assert isinstance(item, Item)
            opened = open_item(item, inbox_id=1, sent_at=None, received_us=0)
            checker = CHECKERS.get((opened.type, opened.name))
            for one in checker.violations(opened.properties) if checker else ():
                found[opened.name, one.path, one.rule] += 1
    return found


def test_every_event_of_the_specifications_is_declared_under_its_canonical_name() -> None:
    names = {event.name for event in SHIPPED if event.kind == "track"}
    shop = PRODUCT_EVENTS | CART_EVENTS | ORDER_EVENTS | LIST_EVENTS | EMAIL_EVENTS | STOCK_EVENTS
    assert names == shop | PARCEL_EVENTS | WISHES | SIGN_UP_EVENTS
    assert {event.kind for event in SHIPPED} == set(EventType.Kind.values)
    assert {mark for event in SHIPPED for mark in event.personal().values()} <= set(PERSONAL_CATEGORIES)


def test_what_an_event_needs_to_be_of_use_is_required() -> None:
    assert [one.sentence for one in CHECKERS["track", "Order Completed"].violations({"total": 5})] == [
        "“order_id” is missing: send it."
    ]
    assert [one.sentence for one in CHECKERS["track", "Product Viewed"].violations({"name": "Mug"})] == [
        "The event needs “product_id” or “sku”: send one of them."
    ]


def test_stock_is_told_of_one_product_or_of_several_in_words_that_are_heard() -> None:
    checker = CHECKERS["track", "Product Stock Changed"]
    several = {"products": [{"product_id": "a", "in_stock": True}, {"sku": "b", "quantity": 0}]}
    for properties in ({"product_id": "a", "in_stock": False}, {"sku": "b", "quantity": 7}, several):
        assert checker.violations(properties) == ()
    assert [one.path for one in checker.violations({"product_id": "a", "in_stock": "no"})] == ["in_stock"]
    listed = checker.violations({"products": [{"product_id": "a", "in_stock": "no"}]})
    assert [one.path for one in listed] == ["products[].in_stock"]
    assert [one.sentence for one in checker.violations({"in_stock": True})] == [
        "The event needs “product_id”, “sku” or “products”: send one of them."
    ]


@pytest.mark.parametrize(
    "properties",
    [
        {"product_id": 1042, "price": "19.99", "quantity": "2", "variant": 42},
        {"sku": "x", "price": 19, "currency": "eur", "category": ["Shoes", "Trail"], "anything": {"else": 1}},
        {"product_id": "p", "price": None, "name": None, "url": None},
    ],
)
def test_real_trackers_vary_and_may(properties: dict[str, Any]) -> None:
    assert CHECKERS["track", "Product Added"].violations(properties) == ()


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        ({"product_id": "p", "price": "EUR 12"}, "price"),
        ({"product_id": "p", "price": "1.5\n"}, "price"),
        ({"product_id": "p", "currency": "€"}, "currency"),
        ({"product_id": {"id": 1}}, "product_id"),
    ],
)
def test_what_nobody_could_read_breaks_it(properties: dict[str, Any], path: str) -> None:
    assert [one.path for one in CHECKERS["track", "Product Added"].violations(properties)] == [path]


def test_the_simulator_keeps_the_plan() -> None:
    simulation = Simulation(Plan(seed=5, people=250, days=20, now=NOW))
    items = [item for parcel in simulation.parcels() if not parcel.once for item in parcel.items]
    assert len(items) > 2000
    assert broken(iter(items)) == Counter()


def test_negative_control_the_simulators_events_break_a_plan_that_asks_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(CHECKERS, ("track", "Product Viewed"), Checker({"required": ["margin"]}))
    simulation = Simulation(Plan(seed=5, people=40, days=10, now=NOW))
    items = (item for parcel in simulation.parcels() if not parcel.once for item in parcel.items)
    assert set(broken(items)) == {("Product Viewed", "margin", "required")}


def test_online_retail_and_the_demo_shops_products_keep_the_plan() -> None:
    day = pd.Timestamp("2010-12-01 08:26")
    columns = ["invoice", "product_id", "name", "quantity", "at", "price", "customer", "country"]
    rows = [["1", "a", "MUG", 2, day, 2.55, "17850", "France"], ["C2", "a", "MUG", -1, day, 2.55, "", "France"]]
    items = list(to_items(combine([pd.DataFrame(rows, columns=columns)])))
    assert {item.get("event", "identify") for item in items} == {"Order Completed", "Order Refunded", "identify"}
    assert broken(json.dumps(item, default=float).encode() for item in items) == Counter()
    checker = CHECKERS["track", "Product Viewed"]
    assert [checker.violations(json.loads(json.dumps(each.as_property(currency="EUR"), default=float)))
            for each in catalog().products[:50]] == [()] * 50  # fmt: skip


@pytest.mark.django_db
@pytest.mark.skipif(not FILES, reason="needs the shared recordings beside the repository")
def test_recorded_clients_break_it_only_where_their_order_has_no_id(shipped: int, work: Any) -> None:
    make_sources("server")
    for path in FILES:
        for request in recorded(path.stem):
            send(request)
            work()
    found = set(ViolationCount.objects.exclude(rule="any").values_list("name", "path", "rule"))
    assert found == {("Order Completed", "order_id", "required")}


def test_it_ships_once_and_leaves_alone_what_staff_published(db: None) -> None:
    assert services.ensure_default_plan() == len(SHIPPED)
    assert services.ensure_default_plan() == 0
    mine = EventType.objects.get(name="Product Viewed")
    services.publish_version(mine, Draft({"type": "object"}, {}, "Ours."), by=None)
    theirs = EventType.objects.get(name="Product Added")
    services.publish_version(theirs, Draft({"type": "object"}, {}, "Of an older release."), by=None, is_shipped=True)
    assert services.ensure_default_plan() == 1
    current = {row.event_type_id: row for row in EventTypeVersion.objects.filter(is_current=True)}
    assert (current[mine.pk].number, current[mine.pk].schema) == (2, {"type": "object"})
    assert (current[theirs.pk].number, current[theirs.pk].is_shipped) == (3, True)
    assert current[theirs.pk].schema["anyOf"] == [{"required": ["product_id"]}, {"required": ["sku"]}]


def test_older_names_are_held_to_the_canonical_events_plan(shipped: int, server: Any, work: Any) -> None:
    body = json.dumps({"userId": "u1", "event": "Completed Order", "properties": {"total": 5}})
    answer = Client().post("/v1/track", body, content_type="text/plain", HTTP_X_WRITE_KEY=server.write_key)
    assert answer.status_code == 200
    work()
    assert list(ViolationCount.objects.filter(rule="any").values_list("name", "count")) == [("Order Completed", 1)]
