"""RFM of everybody from orders: refunds, window, currency, who moved, who is touched, and as rules ask it."""

from datetime import timedelta
from uuid import UUID

import pytest

from audiences.models import RfmRun, RfmSettings
from audiences.queries.rfm import richest
from audiences.rfm import Settings
from audiences.services import rfm
from cdp.jobs.models import Job
from cdp.jobs.services import run_now
from cdp.outbox.services import drain_all
from segments.models import ComputedValues
from tests.audiences.shop import NOW, Shop

pytestmark = pytest.mark.django_db(transaction=True)


def names(shop: Shop, profile_ids: list[UUID]) -> list[str]:
    known = {shop.profile(user): user for user in ("ann", "bob", "cid", "dot", "eve")}
    return [known[each] for each in profile_ids]


def five(shop: Shop) -> None:
    """Ann is best in all, Eve last in all."""
    for place, user in enumerate(("ann", "bob", "cid", "dot", "eve")):
        orders = [
            shop.order(user, f"{user}-{number}", 50 - 9 * place, days_ago=1.5 + 10 * place + number)
            for number in range(5 - place)
        ]
        shop.happened(*orders)


def test_everybody_is_scored_by_hand() -> None:
    shop = Shop()
    five(shop)
    run, changed = rfm.refresh(NOW)
    assert (run.people, changed) == (5, 5)
    assert shop.values("ann") == {
        "rfm.r": 5, "rfm.f": 5, "rfm.m": 5, "rfm.fm": 5, "rfm.group": "champions", "rfm.recency_days": 1,
        "rfm.orders": 5, "rfm.revenue": 250.0, "rfm.at": NOW.isoformat(),
    }  # fmt: skip
    assert [shop.values(user)["rfm.group"] for user in ("bob", "cid", "dot", "eve")] == [
        *("loyal", "need_attention", "hibernating", "lost"),
    ]
    assert [shop.values(user)["rfm.recency_days"] for user in ("bob", "cid", "dot", "eve")] == [11, 21, 31, 41]
    assert run.cells["5-5"] == {"people": 1, "revenue": 250.0, "orders": 5, "priced": 5}
    assert sum(cell["people"] for cell in run.cells.values()) == 5
    assert run.edges == {
        "recency": [-31.0, -21.0, -11.0, -1.0],
        "orders": [2.0, 3.0, 4.0, 5.0],
        "revenue": [46.0, 96.0, 164.0, 250.0],
    }
    assert run.moves == {">champions": 1, ">loyal": 1, ">need_attention": 1, ">hibernating": 1, ">lost": 1}


def test_a_refund_lowers_money_and_a_cancelled_order_counts_for_nothing() -> None:
    shop = Shop()
    shop.happened(
        shop.order("ann", "1", 80, days_ago=9),
        shop.order("ann", "2", 20, days_ago=5),
        shop.order("ann", "3", 30, days_ago=2),
        shop.order("bob", "4", 10, days_ago=3),
    )
    shop.happened(
        shop.track("ann", "Order Refunded", days_ago=1, order_id="1", total=60, currency="EUR"),
        shop.track("ann", "Order Cancelled", days_ago=1, order_id="3"),
        shop.track("bob", "Order Cancelled", days_ago=1, order_id="4"),
    )
    run, _ = rfm.refresh(NOW)
    assert run.people == 1
    told = shop.values("ann")
    assert (told["rfm.orders"], told["rfm.revenue"], told["rfm.recency_days"]) == (2, 40.0, 5)
    assert shop.values("bob") == {}


def test_the_window_and_the_currency_are_those_chosen() -> None:
    shop = Shop()
    shop.happened(
        shop.order("ann", "1", 80, days_ago=400),
        shop.order("ann", "2", 20, days_ago=5),
        shop.order("ann", "3", 30, days_ago=2, currency="USD"),
        shop.order("bob", "4", 10, days_ago=380),
    )
    rfm.save_settings(Settings(window_days=365, currency="USD"))
    run, _ = rfm.refresh(NOW)
    told = shop.values("ann")
    assert (run.people, told["rfm.orders"], told["rfm.revenue"]) == (1, 2, 30.0)
    assert run.cells["1-1"]["priced"] == 1
    assert shop.values("bob") == {}


def test_a_refresh_says_who_moved_and_forgets_who_bought_too_long_ago() -> None:
    shop = Shop()
    rfm.save_settings(Settings(method="fixed", window_days=100, orders=(2, 3, 4, 5), revenue=(10, 20, 30, 40)))
    shop.happened(shop.order("ann", "1", 50, days_ago=0.5), shop.order("bob", "2", 5, days_ago=80))
    rfm.refresh(NOW)
    assert (shop.values("ann")["rfm.group"], shop.values("bob")["rfm.group"]) == ("potential_loyalists", "promising")
    run, changed = rfm.refresh(NOW + timedelta(days=60))
    assert run.moves == {"potential_loyalists>loyal": 1, "promising>": 1}
    assert changed == 2
    assert shop.values("bob") == {}


def test_nothing_new_moves_nobody() -> None:
    shop = Shop()
    five(shop)
    rfm.refresh(NOW)
    run, changed = rfm.refresh(NOW)
    assert (run.moves, changed) == ({}, 0)


def test_who_is_touched_is_scored_by_the_edges_there_are() -> None:
    shop = Shop()
    five(shop)
    rfm.refresh(NOW)
    shop.happened(shop.order("fay", "new", 12, days_ago=0), shop.order("eve", "again", 300, days_ago=0))
    assert rfm.rescore([shop.profile("fay"), shop.profile("eve")], NOW) == 2
    assert (shop.values("fay")["rfm.group"], shop.values("fay")["rfm.m"]) == ("new_customers", 1)
    eve = shop.values("eve")
    assert (eve["rfm.r"], eve["rfm.f"], eve["rfm.m"], eve["rfm.group"]) == (5, 2, 5, "champions")


def test_nobody_is_scored_before_the_first_refresh() -> None:
    shop = Shop()
    five(shop)
    assert rfm.rescore([shop.profile("ann")], NOW) == 0
    assert shop.values("ann") == {}


def test_a_rule_asks_the_group_and_members_follow_the_refresh() -> None:
    shop = Shop()
    five(shop)
    best = shop.segment({"trait": "rfm.group", "is": "in", "value": ["champions", "loyal"]})
    assert shop.members(best) == set()
    rfm.refresh(NOW)
    drain_all(only={"segments.evaluate"})
    assert shop.members(best) == {shop.profile("ann"), shop.profile("bob")}


def test_a_preview_says_the_groups_and_writes_nothing() -> None:
    shop = Shop()
    five(shop)
    grid = rfm.preview(Settings(method="fixed", orders=(2, 3, 4, 5), revenue=(1, 2, 3, 4)), NOW)
    assert grid.people == 5
    assert {group: size for group, size in grid.groups.items() if size} == {"champions": 3, "loyal": 2}
    assert not ComputedValues.objects.exists()
    assert not RfmRun.objects.exists()


def test_those_of_a_cell_come_by_what_they_brought() -> None:
    shop = Shop()
    five(shop)
    rfm.refresh(NOW)
    assert names(shop, richest(NOW, group="champions")) == ["ann"]
    assert names(shop, richest(NOW, cell=(1, 1))) == ["eve"]
    assert names(shop, richest(NOW)) == ["ann", "bob", "cid", "dot", "eve"]
    assert names(shop, richest(NOW, limit=2)) == ["ann", "bob"]


def test_saving_settings_queues_one_refresh_and_keeps_one_row() -> None:
    first = rfm.save_settings(Settings(currency="GBP"))
    second = rfm.save_settings(Settings(currency="USD"))
    assert first.pk == second.pk
    assert RfmSettings.objects.get().chosen["currency"] == "USD"
    assert run_now(first.pk)
    job = Job.objects.get(pk=first.pk)
    assert (job.state, job.result) == ("done", {"people": 0, "changed": 0, "likelihoods": 0})
