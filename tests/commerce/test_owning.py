"""Whose a named cart is: nobody takes another's by guessing its id."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.contracts import Fact
from commerce.models import Cart
from commerce.owning import owner_of
from profiles.models import Identifier
from tests.commerce.facts import added, at
from tests.commerce.world import Drain, make_source, send_and_work, track

GUEST, ACCOUNT, MAIL, THIEF, THIEF_S_ACCOUNT = range(1, 6)
ANN, BEN = UUID(int=1), UUID(int=2)
PERSON = {GUEST: ANN, ACCOUNT: ANN, MAIL: ANN, THIEF: BEN, THIEF_S_ACCOUNT: BEN}
KINDS = {GUEST: "anonymous_id", ACCOUNT: "user_id", MAIL: "email", THIEF: "anonymous_id", THIEF_S_ACCOUNT: "user_id"}


def touch(who: int, received: float, *, minutes: float | None = None, is_server: bool = False) -> Fact:
    told = added("a", received if minutes is None else minutes, identifier_id=who, is_server=is_server)
    return msgspec.structs.replace(told, received_at=at(received))


TABLE = [
    ("a guest who signs in", [touch(GUEST, 1), touch(ACCOUNT, 2)], ACCOUNT),
    ("who signed out again", [touch(ACCOUNT, 1), touch(GUEST, 2)], ACCOUNT),
    ("a thief's browser after a guest's", [touch(GUEST, 1), touch(THIEF, 2)], GUEST),
    ("a thief's browser after an account's", [touch(ACCOUNT, 1), touch(THIEF, 2)], ACCOUNT),
    ("a thief's browser before an account's", [touch(THIEF, 1), touch(ACCOUNT, 2)], ACCOUNT),
    ("a thief's forged time", [touch(GUEST, 1), touch(THIEF, 2, minutes=-99)], GUEST),
    ("a forged account after an account", [touch(ACCOUNT, 1), touch(THIEF_S_ACCOUNT, 2)], ACCOUNT),
    (
        "a forged account before the guest signs in",
        [touch(GUEST, 1), touch(THIEF_S_ACCOUNT, 2), touch(ACCOUNT, 3)],
        ACCOUNT,
    ),
    ("a forged account after a guest's address", [touch(MAIL, 1), touch(THIEF_S_ACCOUNT, 2)], MAIL),
    ("an unlinked sign-in, which a forged account looks like", [touch(GUEST, 1), touch(THIEF_S_ACCOUNT, 2)], 5),
    (
        "a server's word, however late",
        [touch(THIEF_S_ACCOUNT, 1), touch(GUEST, 2, is_server=True), touch(THIEF, 3)],
        GUEST,
    ),
    ("two of a server's", [touch(ACCOUNT, 2, is_server=True), touch(THIEF_S_ACCOUNT, 1, is_server=True)], 5),
]  # fmt: skip


@pytest.mark.parametrize(("events", "owner"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_whose_cart_it_is(events: list[Fact], owner: int) -> None:
    assert owner_of(events, PERSON, KINDS) == owner
    assert owner_of(events[::-1], PERSON, KINDS) == owner


TOUCHES = st.builds(touch, st.integers(1, 5), st.integers(0, 3), is_server=st.booleans())


@given(st.lists(TOUCHES, min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_the_owner_is_the_same_whatever_the_order(events: list[Fact], random: Any) -> None:
    shuffled = [*events, events[0]]
    random.shuffle(shuffled)
    assert owner_of(shuffled, PERSON, KINDS) == owner_of(events, PERSON, KINDS)


def owner() -> str:
    return Identifier.objects.get(pk=Cart.objects.get().identifier_id).value


@pytest.mark.django_db(transaction=True)
def test_a_browser_that_guesses_a_cart_id_does_not_get_the_cart(drain: Drain) -> None:
    shop, browser = make_source(), make_source("browser")
    send_and_work(drain, shop, [[track("Product Added", 0, user="victim", cart_id="1001", product_id="a")]])
    stolen = track("Product Added", 5, anonymous="thief", cart_id="1001", product_id="b")
    forged = track("Cart Viewed", 6, user="crook", anonymous="thief", cart_id="1001", products=[])
    send_and_work(drain, browser, [[stolen], [forged]])
    assert owner() == "victim"


@pytest.mark.django_db(transaction=True)
def test_a_guest_s_cart_becomes_the_account_s_with_the_sign_in_whenever_the_link_is_told(drain: Drain) -> None:
    browser = make_source("browser")
    cart = {"cart_id": "c1", "product_id": "a"}
    send_and_work(drain, browser, [[track("Product Added", 0, anonymous="visitor", **cart)]])
    assert owner() == "visitor"
    send_and_work(drain, browser, [[track("Product Added", 1, anonymous="visitor", user="u", **cart)]])
    assert owner() == "u"
    send_and_work(drain, browser, [[track("Product Added", 2, anonymous="visitor", **cart)]])
    assert owner() == "u"
