"""Orders redeem what they name, from the event to the ledger; cancelled ones give it back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cdp.alarms.models import Alarm
from cdp.lib.clock import utc_now
from commerce.models import Order
from commerce.orders import fold_order
from offers.models import Code, CodePool, Offer, Redemption
from offers.queries.redemptions import differences, redemptions_of_order
from offers.services.orders import follow_orders
from tests.commerce.facts import completed, fact
from tests.offers.ledgers import live, person, pooled, reserve, shared, somebody, used

pytestmark = pytest.mark.django_db


def order(order_id: str = "o1", **told: Any) -> Order:
    """An order as commerce stores it, told by a server."""
    about = {"status": "placed", "currency": "EUR", "placed_at": utc_now(), "digest": b"x", "coupon_is_trusted": True}
    row, _ = Order.objects.update_or_create(order_id=order_id, defaults=about | told)
    return row


def follow(*order_ids: str) -> list[str]:
    """What the ledger answered."""
    return [one.reason if one.is_refused else one.state for one in follow_orders(order_ids or ("o1",), utc_now())]


def test_an_order_keeps_its_coupon_the_reservations_it_names_and_who_said_so() -> None:
    told = completed(1, coupon=" SUMMER ", redemptions=["r1", "", 7], is_server=True)
    state = fold_order("o1", [completed(5, coupon="OTHER"), told])
    assert state is not None
    assert (state.coupon, state.coupon_is_trusted, state.redemptions) == ("SUMMER", True, ("r1", "7"))
    browser = fold_order("o1", [completed(1, coupon=["A1", "B2"]), fact("Order Cancelled", 2, order_id="o1")])
    assert browser is not None
    assert (browser.coupon, browser.coupon_is_trusted, browser.cancel_is_trusted) == ("A1, B2", False, False)


def test_an_order_redeems_its_code_once_and_a_cancelled_one_gives_it_back() -> None:
    offer = live(money="100")
    code, jane = pooled(offer, "JANE-1")[0], somebody()
    order(coupon="jane1", discount=Decimal("7.5"), identifier_id=jane)
    assert [follow(), follow(), used(offer)] == [["redeemed"], [], (1, Decimal("7.5"))]
    assert [one.code for one in redemptions_of_order("o1")] == ["JANE-1"]
    order(status="cancelled")
    assert (follow(), used(offer)[0]) == ([], 1)
    order(status="cancelled", cancel_is_trusted=True)
    assert (follow(), used(offer), Code.objects.get(pk=code.pk).uses) == (["released"], (0, Decimal(0)), 0)
    assert (follow(), Redemption.objects.get().reason, differences()) == ([], "order_cancelled", [])


def test_reservations_become_firm_by_the_order_that_names_them_or_their_code() -> None:
    offer = live()
    web, jane = person(("anonymous_id", "a1"), ("user_id", "jane"))
    code = pooled(offer, "CODE-1")[0]
    ids = [
        reserve("by-order", order_id="o1").id,
        reserve("by-id").id,
        reserve("by-code", code="CODE1", identifier_id=web).id,
        reserve("other").id,
    ]
    order(coupon=code.shown, redemptions=[str(ids[1]), "by-order"], identifier_id=jane)
    assert follow() == ["redeemed"] * 3
    assert list(Redemption.objects.filter(state="reserved").values_list("key", flat=True)) == ["other"]
    assert used(offer)[0] == 4


def test_browsers_use_up_no_shared_code_and_old_orders_nothing() -> None:
    offer = live()
    shared(offer, "SUMMER")
    pooled(offer, "MINE-1")
    order(coupon="SUMMER, MINE-1, NONE", coupon_is_trusted=False)
    assert (follow(), redemptions_of_order("o1")[0].code) == (["redeemed"], "MINE-1")
    order("o2", coupon="SUMMER", placed_at=utc_now() - timedelta(days=9))
    order("o3", coupon="SUMMER", status="started")
    assert (follow("o2", "o3"), follow(), used(offer)[0]) == ([], [], 1)
    CodePool.objects.update(created_at=utc_now() - timedelta(days=10))
    assert (follow("o2"), used(offer)[0]) == (["redeemed"], 2)


def test_what_the_ledger_refuses_of_an_order_is_an_alarm() -> None:
    offer = live(count=0)
    shared(offer, "SUMMER")
    order(coupon="SUMMER")
    assert (follow(), used(offer)[0]) == (["budget_used_up"], 0)
    assert Alarm.objects.get(code="offer_order_refused").key == "budget_used_up"
    assert Offer.objects.get().state == "live"
