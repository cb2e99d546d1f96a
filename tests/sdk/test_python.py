"""Server SDKs from PyPI, unmodified: what a shop's Python server says arrives, once, about the right people."""

from collections.abc import Callable

import pytest

from commerce.models import Order
from events.models import Source
from tests.sdk.conftest import Python
from tests.sdk.world import PRODUCT, Arrived, arrived, assert_nothing_was_turned_away, event, identifiers_of_profile

SAID = [
    Arrived("identify", "identify", "user_id:ada"),
    Arrived("track", "Order Completed", "user_id:ada"),
    Arrived("track", "Product Added", "user_id:ada"),
    Arrived("page", "page", "user_id:ada"),
    Arrived("screen", "screen", "anonymous_id:phone-1"),
    Arrived("group", "group", "user_id:ada"),
    Arrived("alias", "alias", "user_id:ada"),
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("sdk", ["segment", "rudder"])
def test_what_a_python_server_says_arrives(
    sdk: str, packed: bool, python: Python, shop_server: Source, drain: Callable[..., int]
) -> None:
    python(sdk, packed=packed)
    drain()
    assert arrived(shop_server) == SAID
    assert_nothing_was_turned_away(shop_server)
    known = {"user_id:ada", "anonymous_id:laptop-1", "anonymous_id:tablet-1", "email:ada@example.com"}
    assert identifiers_of_profile("user_id", "ada") == known
    added = event(shop_server, "Product Added")
    assert added.properties | PRODUCT == added.properties
    assert added.context["library"]["name"] == "analytics-python"
    assert Order.objects.get().order_id == "o-1"  # told by its older name
