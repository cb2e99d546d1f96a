"""Rules over a shop's history against pandas by hand: the lake's preview, the stream's memberships, 40 days on."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from django.conf import LazySettings

from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from lake.contracts import Limits
from segments import services
from segments.halves import joined
from segments.queries.everybody import members_now
from segments.rules import parse_rule
from tests.segments.world import PIPELINE, World

pytestmark = pytest.mark.django_db(transaction=True)
ZONE = "Europe/Berlin"
PEOPLE = [f"p{number}" for number in range(24)]
CATEGORIES = ("Shoes", "Hats", "Bags")
FOLDED = PIPELINE | {"commerce.refold"}
Members = set[str]


class Shop:
    """Made-up people, what they did (frame `events`), ordered (`orders`), got back (`refunds`) and are (`born`)."""

    def __init__(self, now: datetime) -> None:
        luck = random.Random(42)
        events, orders, refunds = [], [], []
        for user in PEOPLE[:-2]:  # two never did anything
            for _ in range(luck.randrange(9)):
                name = luck.choice(("Product Viewed", "Product Viewed", "Product Added"))
                ago, category = luck.uniform(0.1, 150), luck.choice(CATEGORIES)
                events.append((user, name, ago, luck.choice(("web", "app")), category, luck.choice((5, 20, 49.9))))
            for number in range(luck.randrange(4)):
                ago, worth = luck.uniform(3, 200), Decimal(luck.choice(("19.99", "60.00", "120.50")))
                orders.append(
                    (user, f"{user}-{number}", ago, worth, luck.choice(("EUR", "EUR", "USD")), luck.random() < 0.3)
                )
                if luck.random() < 0.3:
                    refunds.append((user, f"{user}-{number}", luck.uniform(0.1, ago), Decimal("10.50")))
        self.events = pd.DataFrame(events, columns=["user", "name", "ago", "channel", "category", "price"])
        self.orders = pd.DataFrame(orders, columns=["user", "order_id", "ago", "revenue", "currency", "coupon"])
        self.refunds = pd.DataFrame(refunds, columns=["user", "order_id", "ago", "amount"])
        self.cancelled = set(self.orders["order_id"].sample(4, random_state=1)) - set(self.refunds["order_id"])
        self.orders["is_cancelled"] = self.orders["order_id"].isin(self.cancelled)
        self.refunds = self.refunds.merge(self.orders[["order_id", "currency", "is_cancelled"]], on="order_id")
        for frame in (self.events, self.orders, self.refunds):
            frame["at"] = [now - timedelta(days=ago) for ago in frame["ago"]]
        born = {user: now - timedelta(days=365 * 30 + 17 * index) for index, user in enumerate(PEOPLE)}
        # A leap day's anniversary is held elsewhere (tests/segments/spec).
        self.born = {user: at - timedelta(days=at.month == 2 and at.day == 29) for user, at in born.items()}

    def items(self, world: World) -> list[dict[str, Any]]:
        """All of it in the Segment format."""
        found = [world.identify(user, days_ago=300, born=self.born[user].date().isoformat()) for user in PEOPLE]
        for row in self.events.itertuples():
            item = world.track(row.user, row.name, days_ago=row.ago, category=row.category, price=row.price)
            found.append(item | {"context": {"channel": row.channel}})
        for row in self.orders.itertuples():
            told = {"order_id": row.order_id, "revenue": str(row.revenue), "currency": row.currency}
            told |= {"coupon": "NEW"} if row.coupon else {}
            found.append(world.track(row.user, "Order Completed", days_ago=row.ago, **told))
            if row.is_cancelled:
                found.append(world.track(row.user, "Order Cancelled", days_ago=row.ago - 1, order_id=row.order_id))
        for row in self.refunds.itertuples():
            told = {"order_id": row.order_id, "total": str(row.amount), "currency": row.currency}
            found.append(world.track(row.user, "Order Refunded", days_ago=row.ago, **told))
        return found

    def named(self, *names: str) -> pd.DataFrame:
        """The events of these names."""
        return self.events[self.events["name"].isin(names)]

    def since(self, frame: pd.DataFrame, now: datetime, days: int) -> pd.DataFrame:
        """What lies in the last days."""
        return frame[frame["at"] > now - timedelta(days=days)]

    def euros(self) -> pd.DataFrame:
        """Orders in euros that were not cancelled."""
        return self.orders[(self.orders["currency"] == "EUR") & ~self.orders["is_cancelled"]]

    def paid(self, user: str, now: datetime, days: int) -> Decimal:
        """What somebody's orders in euros came to in the last days, less what went back then."""
        back = self.refunds[(self.refunds["currency"] == "EUR") & ~self.refunds["is_cancelled"]]
        mine, returned = (self.since(frame[frame["user"] == user], now, days) for frame in (self.euros(), back))
        return sum(mine["revenue"], Decimal(0)) - sum(returned["amount"], Decimal(0))

    def nets(self, user: str) -> list[Decimal]:
        """Each of somebody's orders in euros, less its refunds."""
        mine = self.euros()[self.euros()["user"] == user]
        back = self.refunds.groupby("order_id")["amount"].sum().to_dict()
        return [row.revenue - back.get(row.order_id, Decimal(0)) for row in mine.itertuples()]


ByHand = Callable[[Shop, datetime], Members]


def _who(condition: Callable[[str], bool]) -> Members:
    return {user for user in PEOPLE if condition(user)}


def _bought_often(shop: Shop, now: datetime) -> Members:
    counts = shop.since(shop.orders, now, 90).groupby("user").size()
    return set(counts[counts >= 2].index)


def _added_not_bought(shop: Shop, now: datetime) -> Members:
    added = set(shop.since(shop.named("Product Added"), now, 60)["user"])
    return added - set(shop.since(shop.orders, now, 60)["user"])


def _last_month(shop: Shop, now: datetime) -> Members:
    months = shop.events["at"].dt.tz_convert(ZONE).dt.strftime("%Y-%m")
    first = pd.Timestamp(now).tz_convert(ZONE).replace(day=1)
    wanted = (first - timedelta(days=3)).strftime("%Y-%m")
    return set(shop.events[(months == wanted) & (shop.events["channel"] == "web")]["user"])


def _average_price(shop: Shop, now: datetime) -> Members:
    prices = shop.named("Product Added").groupby("user")["price"].mean()
    return set(prices[prices > 20].index)


def _many_categories(shop: Shop, now: datetime) -> Members:
    counts = shop.since(shop.events, now, 120).groupby("user")["category"].nunique()
    return set(counts[counts >= 3].index)


def _last_category(shop: Shop, now: datetime) -> Members:
    newest = shop.named("Product Viewed").sort_values("at").groupby("user").last()
    return set(newest[newest["category"] == "Hats"].index)


def _favorite(shop: Shop, now: datetime) -> Members:
    seen = shop.named("Product Viewed").groupby(["user", "category"])["at"].agg(["size", "max"]).reset_index()
    best = seen.sort_values(["user", "size", "max"]).groupby("user").last()
    return set(best[best["category"] == "Shoes"].index)


def _lapsing(shop: Shop, now: datetime) -> Members:
    last = shop.orders.groupby("user")["at"].max()
    return {user for user, at in last.items() if (now - at).days >= 60}


def _new_customers(shop: Shop, now: datetime) -> Members:
    first = shop.orders.groupby("user")["at"].min()
    return {user for user, at in first.items() if now - at < timedelta(days=100)}


def _birthday(shop: Shop, now: datetime) -> Members:
    today = pd.Timestamp(now).tz_convert(ZONE).date()
    coming = {(today + timedelta(days=n)).strftime("%m-%d") for n in range(31)}
    return _who(lambda user: shop.born[user].strftime("%m-%d") in coming)


def _with_coupon(shop: Shop, now: datetime) -> Members:
    orders = shop.orders[shop.orders["currency"] == "EUR"]  # gross: cancelled ones too
    sums = orders[orders["coupon"]].groupby("user")["revenue"].sum()
    return {user for user, worth in sums.items() if worth >= 60}


BOUGHT, EUROS = "Order Completed", {"of": "revenue", "event": "Order Completed", "currency": "EUR"}
NEW = [{"property": "coupon", "is": "eq", "value": "NEW"}]
BY_HAND: dict[str, tuple[dict[str, Any], ByHand]] = {
    "bought often": ({"did": BOUGHT, "count": {"gte": 2}, "within": {"days": 90}}, _bought_often),
    "added, not bought": (
        {
            "all": [
                {"did": "Product Added", "within": {"days": 60}},
                {"not": {"did": BOUGHT, "within": {"days": 60}}},
            ]
        },
        _added_not_bought,
    ),
    "on the web last month": ({"did": "*", "channel": "web", "within": {"calendar": "last_month"}}, _last_month),
    "paid in a quarter of a year": (
        {"metric": "sum", **EUROS, "within": {"days": 90}, "is": "gte", "value": 50},
        lambda shop, now: _who(lambda user: shop.paid(user, now, 90) >= 50),
    ),
    "paid in all": (
        {"metric": "sum", **EUROS, "is": "lt", "value": 60},
        lambda shop, now: _who(lambda user: shop.paid(user, now, 9999) < 60),
    ),
    "worth of an order": (
        {"metric": "avg", **EUROS, "is": "gte", "value": 60},
        lambda shop, now: _who(lambda user: bool(n := shop.nets(user)) and sum(n) / len(n) >= 60),
    ),
    "smallest order": (
        {"metric": "min", **EUROS, "is": "lt", "value": 20},
        lambda shop, now: _who(lambda user: bool(n := shop.nets(user)) and min(n) < 20),
    ),
    "ordered with a coupon": (
        {"metric": "sum", **EUROS, "gross": True, "where": NEW, "is": "gte", "value": 60},
        _with_coupon,
    ),
    "average price": (
        {"metric": "avg", "of": "price", "event": "Product Added", "is": "gt", "value": 20},
        _average_price,
    ),
    "many categories": (
        {"metric": "distinct", "of": "category", "event": "*", "within": {"days": 120}, "is": "gte", "value": 3},
        _many_categories,
    ),
    "last category": (
        {"metric": "last", "of": "category", "event": "Product Viewed", "is": "eq", "value": "Hats"},
        _last_category,
    ),
    "favorite": (
        {"metric": "most_frequent", "of": "category", "event": "Product Viewed", "is": "eq", "value": "Shoes"},
        _favorite,
    ),
    "lapsing": ({"metric": "time_since", "event": BOUGHT, "is": "gte", "value": 60}, _lapsing),
    "new customers": (
        {"metric": "first", "of": "time", "event": BOUGHT, "is": "within_last", "value": {"days": 100}},
        _new_customers,
    ),
    "birthday": ({"trait": "born", "is": "anniversary_within_next", "value": {"days": 30}}, _birthday),
}


@pytest.fixture(autouse=True)
def in_berlin(settings: LazySettings) -> None:
    settings.COMPANY_TIME_ZONE = ZONE


def test_previews_and_streamed_memberships_are_what_pandas_counts_by_hand_now_and_40_days_on() -> None:
    world = World(utc_now().astimezone(UTC))
    shop = Shop(world.now)
    segments = {name: world.segment(rule) for name, (rule, _) in BY_HAND.items()}
    items = shop.items(world)
    random.Random(7).shuffle(items)
    for start in range(0, len(items), 60):
        world.send(*items[start : start + 60], settle=False)
        drain_all(only=FOLDED)
    users = {world.profile(user): user for user in PEOPLE}
    sizes = [len(by_hand(shop, world.now)) for _, by_hand in BY_HAND.values()]
    assert sum(0 < size < len(PEOPLE) for size in sizes) >= len(BY_HAND) - 1  # no idle rule, but perhaps the calendar's
    for days in (0, 40):
        now = utc_now() + timedelta(days=days)
        while services.expire_slice(now=now):
            pass
        assert_by_hand(shop, users, world, segments, now)


def assert_by_hand(shop: Shop, users: dict[UUID, str], world: World, segments: dict[str, int], now: datetime) -> None:
    """Both ways give what is counted by hand."""
    for name, (rule, by_hand) in BY_HAND.items():
        expected = by_hand(shop, now)
        keys = members_now(parse_rule(rule), now, limits=Limits()).keys
        pairs = zip(keys["profile_hi"].to_pylist(), keys["profile_lo"].to_pylist(), strict=True)
        assert (name, {users[joined(*pair)] for pair in pairs}) == (name, expected)
        assert (name, {users[each] for each in world.members(segments[name])}) == (name, expected)
