"""Events as sentences: what was done with what, never to whom."""

from decimal import Decimal
from typing import Any

import pytest

from cdp.admin_person.sentences import WRITERS, sentence
from events.names import CART_EVENTS, EMAIL_EVENTS, LIST_EVENTS, ORDER_EVENTS, PRODUCT_EVENTS


@pytest.mark.parametrize(
    ("name", "properties", "said"),
    [
        (
            "Product Viewed",
            {"name": "Trail Shoe", "price": Decimal(89), "currency": "EUR"},
            "viewed Trail Shoe · €89.00",
        ),
        ("Product Added", {"product_id": "p1", "quantity": 2}, "put into the cart 2 × p1"),
        ("Product Viewed", {}, "viewed a product"),
        (
            "Order Completed",
            {"order_id": "o1", "total": 12, "currency": "EUR", "products": [{}, {}]},
            "ordered o1 · €12.00 · 2 products",
        ),
        ("Order Completed", {"order_id": "o1", "products": [{"name": "Mug"}]}, "ordered o1 · Mug"),
        ("Products Searched", {"query": "mugs"}, "searched for “mugs”"),
        ("page", {"path": "/a"}, "opened the page /a"),
        ("identify", {"email": "ada@example.com"}, "was recognized"),
        ("Game Won", {"name": "Chess", "email": "ada@example.com"}, "Game Won Chess"),
        ("Product Viewed", {"name": ["x"], "price": "dear", "quantity": True}, "viewed a product"),
    ],
)
def test_an_event_reads_as_a_sentence(name: str, properties: dict[str, Any], said: str) -> None:
    assert str(sentence(name, properties)) == said


def test_every_event_of_the_standard_has_its_sentence() -> None:
    standard = (
        PRODUCT_EVENTS | CART_EVENTS | ORDER_EVENTS | LIST_EVENTS | (EMAIL_EVENTS - {"Email Sent", "Email Delivered"})
    )
    assert {"Cart Shared", "Coupon Removed"} == standard - WRITERS.keys()
