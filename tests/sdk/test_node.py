"""Server SDKs from npm, unmodified: what a shop's Node.js server says arrives, once, about the right people."""

from collections.abc import Callable

import pytest

from events.models import Source
from tests.sdk.conftest import Node
from tests.sdk.world import PRODUCT, Arrived, arrived, assert_nothing_was_turned_away, event, identifiers_of_profile

Drain = Callable[..., int]

SAID = [
    Arrived("identify", "identify", "user_id:ada"),
    Arrived("track", "Product Added", "user_id:ada"),
    Arrived("page", "page", "user_id:ada"),
    Arrived("screen", "screen", "anonymous_id:phone-1"),
    Arrived("group", "group", "user_id:ada"),
    Arrived("alias", "alias", "user_id:ada"),
]


@pytest.mark.parametrize(
    ("sdk", "package"),
    [
        ("segment", ""),
        ("segment", "segment-node-2"),
        ("segment", "segment-node-1"),
        ("analytics-node", ""),
        ("rudder", ""),
        ("rudder", "rudder-node-2"),
    ],
)
def test_what_a_node_server_says_arrives(sdk: str, package: str, node: Node, shop_server: Source, drain: Drain) -> None:
    node(f"{sdk}.cjs", package)
    drain()
    assert sorted(arrived(shop_server), key=repr) == sorted(SAID, key=repr)
    assert_nothing_was_turned_away(shop_server)
    known = {"user_id:ada", "anonymous_id:laptop-1", "anonymous_id:tablet-1", "email:ada@example.com"}
    assert identifiers_of_profile("user_id", "ada") == known
    added = event(shop_server, "Product Added")
    assert added.cart_id == "cart-1"
    assert added.properties | PRODUCT == added.properties
    assert added.context["library"]["name"] in ("@segment/analytics-node", "analytics-node")


def test_what_jitsu_says_in_node_arrives(node: Node, shop_server: Source, drain: Drain) -> None:
    node("jitsu.cjs")
    drain()
    said = [one for one in SAID if one.type not in ("screen", "alias")]
    assert sorted(arrived(shop_server), key=repr) == sorted(said, key=repr)
    assert_nothing_was_turned_away(shop_server)
    assert {"anonymous_id:laptop-1", "email:ada@example.com"} <= identifiers_of_profile("user_id", "ada")


def test_what_posthog_says_in_node_arrives(node: Node, shop_server: Source, drain: Drain) -> None:
    node("posthog.cjs")
    drain()
    said = [one for one in SAID if one.type not in ("screen", "page")]
    said.append(Arrived("track", "$feature_flag_called", "user_id:ada"))
    assert sorted(arrived(shop_server), key=repr) == sorted(said, key=repr)
    assert_nothing_was_turned_away(shop_server)
    known = {"user_id:ada", "anonymous_id:tablet-1", "email:ada@example.com"}
    assert identifiers_of_profile("user_id", "ada") == known
    added = event(shop_server, "Product Added")
    assert (added.cart_id, added.properties) == ("cart-1", {"cart_id": "cart-1", **PRODUCT})


@pytest.mark.parametrize("sdk", ["segment"])
def test_the_same_words_twice_are_two_events(sdk: str, node: Node, shop_server: Source, drain: Drain) -> None:
    """Each run of the SDK makes message ids of its own: only retries are duplicates."""
    node(f"{sdk}.cjs")
    node(f"{sdk}.cjs")
    drain()
    assert len(arrived(shop_server)) == 2 * len(SAID)
    assert_nothing_was_turned_away(shop_server)
