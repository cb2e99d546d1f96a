"""A long history makes no further event dearer: of one identifier and one cart the newest events are folded."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from commerce.models import Cart
from commerce.services import reading
from events.models import Event
from tests.commerce.facts import at
from tests.commerce.world import Drain, make_source, send_and_work, track

WEEK = 7 * 24 * 60


@given(st.integers(0, 100_000))
def test_what_is_folded_of_one_key_is_bounded_and_the_cut_moves_in_steps(count: int) -> None:
    kept = reading.kept_of(count)
    assert kept == count if count <= reading.MOST else reading.MOST - reading.STEP < kept <= reading.MOST
    assert (count - kept) % reading.STEP == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cart_id", [None, "c1"])
def test_one_more_event_after_twenty_thousand_reads_a_thousand(drain: Drain, cart_id: str | None) -> None:
    shop = make_source()
    named = {"cart_id": cart_id} if cart_id else {}
    send_and_work(drain, shop, [[track("Product Added", 0, user="u", product_id="a", **named)]])
    _repeat(Event.objects.get(), 20_000)
    send_and_work(drain, shop, [[track("Product Added", 30_000, user="u", product_id="b", **named)]])
    cart = Cart.objects.latest("opened_at")
    folded = sum(Decimal(line["quantity"]) for line in cart.lines)
    assert reading.MOST - reading.STEP <= folded <= reading.MOST
    assert cart.lines[-1]["product_id"] == "b"


def _repeat(event: Event, times: int) -> None:
    """So many more additions, a minute apart, right into the log."""
    copied = "source_id, inbox_id, index, type, name, identifier_id, server_side, received_at, flags, cart_id, order_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_event (id, message_hash, occurred_at, properties, context, {copied}) "
            f"SELECT id + 100000 + n, decode(md5(n::text), 'hex'), occurred_at + n * interval '1 minute', properties, "
            f"context, {copied} FROM events_event, generate_series(1, %s) AS n WHERE id = %s",
            [times, event.pk],
        )


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST", 6)
    monkeypatch.setattr(reading, "STEP", 3)
    monkeypatch.setattr(reading, "USUAL", 1)


def additions(count: int, **more: Any) -> list[dict[str, Any]]:
    return [track("Product Added", minute, user="u", product_id=f"p{minute}", **more) for minute in range(count)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_short")
def test_runs_older_than_what_is_folded_stay_and_the_open_one_is_never_there_twice(drain: Drain) -> None:
    shop = make_source()
    ordered = [track("Product Added", -WEEK, user="u", product_id="x"), track("Order Completed", 1 - WEEK, user="u")]
    send_and_work(drain, shop, [ordered, *([one] for one in additions(14))])
    assert [(cart.state, cart.opened_at) for cart in Cart.objects.order_by("opened_at")] == [
        ("ordered", at(-WEEK)),
        ("open", at(8)),
    ]
    assert [line["product_id"] for line in Cart.objects.get(state="open").lines] == [f"p{n}" for n in range(8, 14)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("cart_id", [None, "c1"])
def test_beyond_the_bound_the_open_cart_is_still_the_same_whatever_the_order(drain: Drain, cart_id: str | None) -> None:
    items = additions(14, **({"cart_id": cart_id} if cart_id else {}))
    shop = make_source()
    send_and_work(drain, shop, [[items[index]] for index in (5, 13, 0, 9, 2, 12, 1, 11, 7, 3, 10, 4, 8, 6)])
    cart = Cart.objects.get()
    assert (cart.opened_at, len(cart.lines)) == (at(9), 5)
