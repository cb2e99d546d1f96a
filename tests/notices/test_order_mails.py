"""Order mails: told by servers only, once each, without marketing consent, and never about what is old."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from commerce.models import Order, OrderLine
from consent import services as consent
from mailing.models import Message
from notices import services
from notices.contracts import Happened
from notices.models import Notice, Reached
from notices.senders import Notices
from notices.services.noticing import note
from notices.stages import happened
from tests.automation.world import person, seen, stock

NOW = datetime.fromisoformat("2026-11-23T12:00:00+00:00")


def told(name: str = "Order Shipped", **changes: Any) -> Happened | None:
    values: dict[str, Any] = {
        "name": name,
        "order_id": "o1",
        "identifier_id": 7,
        "properties": {},
        "server_side": True,
        "occurred_at": NOW,
        "received_at": NOW,
        "message_hash": b"a" * 16,
        "now": NOW,
    }
    return happened(**values | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"server_side": False},
        {"name": "Product Viewed"},
        {"order_id": None},
        {"order_id": "undefined"},
        {"occurred_at": NOW - timedelta(hours=49)},
        {"received_at": NOW - timedelta(hours=49)},
    ],
    ids=["a browser's word", "another event", "no order", "no usable order", "happened long ago", "came in long ago"],
)
def test_what_is_no_news_of_an_order_tells_of_no_stage(changes: dict[str, Any]) -> None:
    assert told(**changes) is None


def test_each_shipment_and_each_refund_is_a_mail_of_its_own_and_the_same_one_is_not() -> None:
    keys = [
        found.key
        for found in (
            told(),
            told(properties={"tracking_number": "T1"}),
            told(properties={"tracking_number": "T1"}, message_hash=b"b" * 16),
            told("Order Refunded"),
            told("Order Refunded", message_hash=b"b" * 16),
            told("Order Completed"),
            told("Order Completed", message_hash=b"b" * 16),
        )
        if found
    ]
    assert keys == ["o1", "o1:T1", "o1:T1", f"o1:{'61' * 16}", f"o1:{'62' * 16}", "o1", "o1"]


@pytest.fixture
def notices(db: None) -> None:
    services.ensure_notices()
    services.ensure_notices()
    Notice.objects.update(enabled=True)


def reached(identifier_id: int, stage: str = "shipped", key: str = "o1", **facts: str) -> int:
    return note([Happened(stage, key, key.partition(":")[0], identifier_id, facts, utc_now())], utc_now())


def outcome() -> Sequence[tuple[str, str]]:
    return list(Reached.objects.order_by("pk").values_list("state", "reason"))


@pytest.mark.usefixtures("notices")
def test_a_stage_is_mailed_once_to_who_never_agreed_to_marketing() -> None:
    jane = person(agreed=False)
    assert (reached(jane), reached(jane)) == (1, 0)
    services.work_slice()
    message = Message.objects.get()
    assert (message.kind, message.purpose, message.state, message.address) == (
        "transactional",
        "",
        "queued",
        "jane@example.com",
    )
    assert outcome() == [("queued", "")]
    assert services.work_slice() == 0


@pytest.mark.usefixtures("notices")
def test_what_is_off_is_not_noted_and_one_turned_off_later_ends() -> None:
    jane = person()
    Notice.objects.filter(stage="shipped").update(enabled=False)
    assert reached(jane) == 0
    assert reached(jane, "delivered") == 1
    Notice.objects.update(enabled=False)
    services.work_slice()
    assert outcome() == [("ended", "notice_off")]
    assert not Message.objects.exists()


@pytest.mark.usefixtures("notices")
def test_an_address_that_bounced_gets_none_and_one_that_only_unsubscribed_does() -> None:
    jane, joe = person(), person("joe", "joe@example.com")
    consent.suppress(address_hash("jane@example.com"), scope="all", reason="hard_bounce", now=utc_now())
    consent.suppress(address_hash("joe@example.com"), scope="marketing", reason="unsubscribe", now=utc_now())
    reached(jane)
    reached(joe, key="o2")
    services.work_slice()
    assert outcome() == [("ended", "suppressed_hard_bounce"), ("queued", "")]


@pytest.mark.usefixtures("notices")
def test_a_buyer_without_an_address_is_waited_for_and_then_written_to() -> None:
    reached(seen(("user_id", "jane"))["user_id"])
    services.work_slice()
    assert outcome() == [("waiting", "no_address")]
    person(agreed=False)
    Reached.objects.update(next_at=utc_now())
    services.work_slice()
    assert outcome() == [("queued", "")]


@pytest.mark.usefixtures("notices")
def test_a_mail_waits_for_its_order_to_be_put_together_and_tells_it_as_it_stands() -> None:
    jane, sender = person(), Notices()
    stock("p1", name="Blue hat")
    reached(
        jane, tracking_url="https://carrier.example/t/1", order_url="/orders/o1", status_url="https://evil.example/"
    )
    services.work_slice()
    message = Message.objects.get()
    assert [said.action for said in sender.ask([message], utc_now())] == ["wait"]
    row = Order.objects.create(
        order_id="o1",
        identifier_id=jane,
        status="placed",
        placed_at=NOW,
        currency="EUR",
        revenue=Decimal("19"),
        total=Decimal("24"),
        digest=b"d",
    )
    OrderLine.objects.create(
        order=row,
        position=0,
        kind="goods",
        product_id="p1",
        quantity=Decimal(2),
        price=Decimal("9.5"),
        amount=Decimal(19),
        occurred_at=NOW,
    )
    assert [said.action for said in sender.ask([message], utc_now())] == ["go"]
    order = sender.fill([message], utc_now())[0]["order"]
    assert (order["number"], order["tracking_url"], order["total"].amount) == (
        "o1",
        "https://carrier.example/t/1",
        Decimal("24"),
    )
    assert order["url"].endswith("/orders/o1")
    assert [(line["name"], line["quantity"]) for line in order["lines"]] == [("Blue hat", "2")]
    Notice.objects.update(enabled=False)
    assert [said.reason for said in sender.ask([message], utc_now())] == ["notice_off"]
