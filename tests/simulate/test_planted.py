"""What was planted is found again in the events by simple estimators: tastes, bundles, uplift, friction, returns."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from math import sqrt
from typing import Any

import msgspec
import pytest

from cdp.demo.simulate import campaigns, friction, pricing, shop_world
from cdp.demo.simulate.campaigns import ORDERS, planned
from cdp.demo.simulate.market import BUNDLE_PULL, make_market
from cdp.demo.simulate.pricing import Prices
from cdp.demo.simulate.seasons import traffic, wanted
from cdp.demo.simulate.truth_rows import Rows
from cdp.demo.simulate.worlds import Plan, shape_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS, PEOPLE = 60, 1_900
MARKET = make_market(11)
COMPANIONS = {
    frozenset((MARKET.products[place].product_id, MARKET.products[other].product_id))
    for place, others in enumerate(MARKET.companions)
    for other in others
}


class Told:
    """The events of one history, sorted out as an analyst would, and the truth."""

    def __init__(self) -> None:
        self.rows: list[Rows] = []
        self.visits: list[list[dict[str, Any]]] = []
        self.server: list[dict[str, Any]] = []
        plan = Plan(11, PEOPLE, DAYS, NOW, worlds=("shop",))
        for block in shop_world.tell(shape_of(plan), PEOPLE):
            self.rows += block.rows
            for parcel in block.parcels:
                events = [msgspec.json.decode(item) for item in parcel.items]
                if parcel.server_side:
                    self.server += events
                else:
                    self.visits.append(events)

    def orders(self) -> dict[str, dict[str, Any]]:
        """Order Completed by order id: what was sent twice counts once."""
        completed = (event for event in self.server if event.get("event") == "Order Completed")
        return {event["properties"]["order_id"]: event for event in completed}


@pytest.fixture(scope="module")
def told() -> Told:
    return Told()


def test_the_category_a_person_likes_best_is_that_of_what_they_look_at(told: Told) -> None:
    truth = {row.user_id: row for rows in told.rows for row in rows.tastes if row.user_id}
    looked: dict[str, Counter[str]] = defaultdict(Counter)
    for visit in told.visits:
        for event in visit:
            if event.get("event") == "Product Viewed" and event.get("userId") in truth:
                looked[event["userId"]][event["properties"]["category"]] += 1
    known = {user: counts for user, counts in looked.items() if counts.total() >= 25}
    nearest = {user: max(counts, key=lambda name: (counts[name], name)) for user, counts in known.items()}
    first = sum(truth[user].top_categories[0] == name for user, name in nearest.items())
    among = sum(name in truth[user].top_categories for user, name in nearest.items())
    assert len(known) > 300
    assert first / len(known) > 0.6
    assert among / len(known) > 0.9


def test_what_is_bought_is_liked(told: Told) -> None:
    """Mean true utility of bought products, in standard deviations of each buyer's likings, is well above nothing."""
    best = {row.user_id: set(row.top_products) for rows in told.rows for row in rows.tastes if row.user_id}
    lines = [
        line["product_id"] in best[event["userId"]]
        for event in told.orders().values()
        if event.get("userId") in best
        for line in event["properties"]["products"]
    ]
    by_chance = 20 / MARKET.size
    assert sum(lines) / len(lines) > 3 * by_chance


def test_bundles_stand_out_of_all_pairs_by_their_lift(told: Told) -> None:
    alone: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    orders = told.orders().values()
    for event in orders:
        bought = sorted({line["product_id"] for line in event["properties"]["products"]})
        alone.update(bought)
        pairs.update(combinations(bought, 2))
    lift = {
        pair: count * len(orders) / (alone[pair[0]] * alone[pair[1]])
        for pair, count in pairs.items()
        if count >= 8 and frozenset(pair) not in COMPANIONS
    }
    ids = [[MARKET.products[column].product_id for column in bundle.columns] for bundle in MARKET.bundles]
    planted = {(a, b) for bundle in ids for a, b in combinations(sorted(bundle), 2)}
    found = sorted(lift, key=lambda pair: -lift[pair])[: len(planted & lift.keys())]
    assert len(planted & lift.keys()) >= 6
    assert len(planted & set(found)) >= 0.8 * len(found)
    both = sum(pairs[pair] for pair in planted)
    either = sum(alone[pair[0]] + alone[pair[1]] - pairs[pair] for pair in planted)
    assert both / either > BUNDLE_PULL / 2


def test_what_goes_together_is_bought_together(told: Told) -> None:
    """Of the orders with two products and more, many hold a pair that was planted as companions."""
    baskets = [{line["product_id"] for line in event["properties"]["products"]} for event in told.orders().values()]
    several = [basket for basket in baskets if len(basket) > 1]
    with_a_pair = [basket for basket in several if any(pair <= basket for pair in COMPANIONS)]
    assert len(with_a_pair) / len(several) > 0.4


@pytest.mark.parametrize("campaign", planned(DAYS), ids=lambda campaign: campaign.name)
def test_the_uplift_by_stratum_is_the_planted_one(told: Told, campaign: campaigns.Campaign) -> None:
    stratum = {
        row.user_id: row.stratum for rows in told.rows for row in rows.campaigns if row.campaign == campaign.name
    }
    arms: dict[str, tuple[str, datetime]] = {}
    for event in told.server:
        if event.get("event") == "Experiment Viewed" and event["properties"]["experiment_id"] == campaign.name:
            at = datetime.fromisoformat(event["timestamp"])
            arms[event["userId"]] = event["properties"]["variation_name"], at
    ordered = set()
    for event in told.orders().values():
        user, at = event.get("userId"), datetime.fromisoformat(event["timestamp"])
        if user in arms and arms[user][1] <= at < arms[user][1] + timedelta(days=campaign.days):
            ordered.add(user)
    assert arms.keys() == stratum.keys()
    heads: Counter[tuple[str, str]] = Counter((stratum[user], arm) for user, (arm, _) in arms.items())
    buyers: Counter[tuple[str, str]] = Counter((stratum[user], arms[user][0]) for user in ordered)
    for name, (control, treated) in ORDERS.items():
        measured = {arm: buyers[name, arm] / heads[name, arm] for arm in ("control", "treated")}
        spread = sqrt(
            control * (1 - control) / heads[name, "control"] + treated * (1 - treated) / heads[name, "treated"]
        )
        assert min(heads[name, "control"], heads[name, "treated"]) > 15
        assert measured["treated"] - measured["control"] == pytest.approx(treated - control, abs=3 * spread + 0.001)
    share = Counter(arm for arm, _ in arms.values())["treated"] / len(arms)
    assert share == pytest.approx(0.5, abs=0.06)


def test_payment_breaks_off_in_one_browser_family(told: Told) -> None:
    ordered = {event["properties"].get("cart_id") for event in told.orders().values()}
    paying: dict[bool, dict[str, bool]] = {True: {}, False: {}}
    for visit in told.visits:
        for event in visit:
            if event.get("event") == "Payment Info Entered":
                family, cart = event["context"]["browser"], event["properties"]["cart_id"]
                paying[family == friction.PAYMENT_FAMILY][cart] = cart not in ordered
    rates = {there: sum(failed.values()) / len(failed) for there, failed in paying.items()}
    assert rates[True] == pytest.approx(friction.PAYMENT_FAILS.there, abs=0.08)
    assert rates[False] == pytest.approx(friction.PAYMENT_FAILS.elsewhere, abs=0.02)


def test_one_category_page_is_slow_on_phones_and_drives_people_away(told: Told) -> None:
    exits: dict[bool, list[bool]] = {True: [], False: []}
    took: dict[bool, list[int]] = {True: [], False: []}
    for visit in told.visits:
        names = [event.get("event") for event in visit]
        for place, event in enumerate(visit):
            if event.get("event") == "Product List Viewed":
                is_phone = event["context"]["device"]["type"] == "phone"
                there = is_phone and event["properties"]["category"] == friction.SLOW_CATEGORY
                exits[there].append(place + 1 == len(names) or names[place + 1] != "Product Viewed")
                took[there].append(event["properties"]["load_ms"])
    rates = {there: sum(found) / len(found) for there, found in exits.items()}
    assert rates[True] == pytest.approx(friction.SLOW_EXITS.there, abs=0.08)
    assert rates[False] == pytest.approx(friction.SLOW_EXITS.elsewhere, abs=0.02)
    assert min(took[True]) > sum(took[False]) / len(took[False])


def test_returns_are_those_of_the_truth_and_of_the_categories_planted(told: Told) -> None:
    truth = Counter((row.order_id, row.product_id) for rows in told.rows for row in rows.returns)
    refunds = {e["properties"]["order_id"]: e for e in told.server if e.get("event") == "Order Refunded"}
    lines = [(order, line["product_id"]) for order, e in refunds.items() for line in e["properties"]["products"]]
    assert truth == Counter(lines)
    orders = told.orders()
    cutoff = (NOW - timedelta(days=17)).isoformat()
    back, sold = Counter[str](), Counter[str]()
    for order_id, event in orders.items():
        if event["timestamp"] < cutoff:
            for line in event["properties"]["products"]:
                sold[line["category"]] += 1
                back[line["category"]] += (order_id, line["product_id"]) in truth
    shoes, pantry = (back[name] / sold[name] for name in ("Shoes & Boots", "Pantry"))
    assert shoes > 0.12 > 0.05 > pantry


def test_a_lower_price_draws_and_every_price_ends_at_the_catalogs() -> None:
    today = NOW.toordinal()
    prices = Prices(MARKET, today)
    assert (prices.on(today).cents == MARKET.cents).all()
    assert (prices.on(today + 30).cents == MARKET.cents).all()
    assert (prices.on(today).in_stock == ~MARKET.sold_out).all()
    assert any(prices.on(today - back).on_sale for back in range(7, DAYS))
    rows = prices.changes(DAYS)
    assert len({row["product_id"] for row in rows}) == MARKET.size < len(rows)
    assert {row["in_stock"] for row in rows} == {True, False}
    assert pricing.SALE_FACTORS[0] < 1


def test_tents_are_wanted_in_summer_and_november_is_busy() -> None:
    june, january = date(2026, 6, 20).toordinal(), date(2026, 1, 10).toordinal()
    tents = MARKET.category == MARKET.categories.index("Tents & Sleep")
    assert wanted(MARKET, june, south=False)[tents].mean() > wanted(MARKET, january, south=False)[tents].mean() + 1
    assert wanted(MARKET, june, south=True)[tents].mean() < wanted(MARKET, january, south=True)[tents].mean() - 1
    assert traffic(date(2026, 11, 27).toordinal()) > traffic(june) > traffic(january)
