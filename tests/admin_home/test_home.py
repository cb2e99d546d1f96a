"""The home page: figures equal hand-counted facts, cost the same for few rows and many, each group sees its own."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automation.models import Enrollment, Journey
from automation.queries import MailsOfBucket, mails_by_bucket
from automation.services import ensure_default_journeys
from cdp.admin_home import panels
from cdp.admin_home.groups import apply_rights
from cdp.admin_home.periods import TODAY, WEEK, period
from cdp.admin_home.zones import readers_zone
from cdp.lib.clock import known_zones
from cdp.lib.spans import DAY, Span, midnight
from cdp.outbox.services import drain_all
from commerce.models import Order
from events.models import PeopleDay, QuarterHour
from events.queries import events_by_bucket
from events.services import count_people_slice
from tests.mailing.rows import message
from tests.segments.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 12, 15, 20, tzinfo=UTC)  # a Thursday
HOUR_AGO, DAY_AGO, WEEK_AGO = 1 / 24, 1.0, 7.0


def client_of(group: str) -> Client:
    apply_rights()
    user = User.objects.create_user(f"{group}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def played() -> World:
    """Ada today and a week ago, Ben yesterday and today, Cleo a week ago by this time and later that day."""
    world = World(NOW)
    world.send(
        world.track("ada", "Product Viewed", days_ago=HOUR_AGO),
        world.track("ada", "Product Viewed", days_ago=HOUR_AGO),
        world.track("ada", "Product Viewed", days_ago=WEEK_AGO + HOUR_AGO),
        world.track("ben", "Product Viewed", days_ago=DAY_AGO),
        order(world, "ben", "o1", 10, HOUR_AGO),
        world.track("cleo", "Product Viewed", days_ago=WEEK_AGO + HOUR_AGO),
        world.track("cleo", "Product Viewed", days_ago=WEEK_AGO - 4 * HOUR_AGO),
        order(world, "cleo", "o2", 40, WEEK_AGO + HOUR_AGO),
        settle=False,
    )
    drain_all(only={"events.process", "commerce.refold"})
    return world


def order(world: World, user: str, order_id: str, sum_: int, days_ago: float) -> dict[str, Any]:
    line = {"product_id": "p1", "quantity": 1, "price": sum_}
    return world.track(
        user, "Order Completed", days_ago=days_ago, order_id=order_id, revenue=sum_, currency="EUR", products=[line]
    )


def test_events_of_today_stand_beside_the_same_weekday_by_this_time() -> None:
    played()
    today = panels.events_panel(period(TODAY, NOW, "UTC"))
    assert (today.value, today.change) == ("3", "as many as last Thursday by this time")
    now, before = today.chart.series
    assert (now.values[14], now.values[15], now.values[16]) == (3, 0, None)
    assert (before.values[14], before.values[19], sum(value or 0 for value in before.values)) == (3, 1, 4)
    assert sum(QuarterHour.objects.values_list("events", flat=True)) == 8


def test_the_days_of_the_readers_zone_are_exact_to_the_quarter_of_an_hour() -> None:
    world = World(NOW)
    world.send(world.track("ada", "Seen", days_ago=0), settle=False)
    drain_all(only={"events.process"})
    # 15:20 UTC is 21:05 in Kathmandu; the day there began at 18:15 UTC the day before.
    start = midnight(NOW, "Asia/Kathmandu")
    assert start == datetime(2026, 3, 11, 18, 15, tzinfo=UTC)
    span = Span(start, midnight(NOW, "Asia/Kathmandu", days=1), DAY, "Asia/Kathmandu")
    assert list(events_by_bucket(span).values()) == [1]


def test_a_message_sent_twice_counts_once() -> None:
    world = World(NOW)
    item = {**world.track("ada", "Seen"), "messageId": "same"}
    world.send(item, settle=False)
    world.send(item, settle=False)
    drain_all(only={"events.process"})
    assert list(QuarterHour.objects.values_list("starts_at", "events")) == [(NOW - timedelta(minutes=5), 1)]


def test_people_are_counted_by_day_new_ones_apart() -> None:
    played()
    assert count_people_slice(now=NOW) > 0
    days = dict(PeopleDay.objects.filter(seen__gt=0).values_list("day", "seen"))
    assert days == {date(2026, 3, 12): 2, date(2026, 3, 11): 1, date(2026, 3, 5): 2}
    new = dict(PeopleDay.objects.filter(new__gt=0).values_list("day", "new"))
    assert new == {date(2026, 3, 11): 1, date(2026, 3, 5): 2}
    today = panels.people_panel(period(TODAY, NOW, "UTC"), "UTC")
    assert (today.value, today.change) == ("2, 0 of them new", "as many as on last Thursday, the whole day")
    week = panels.people_panel(period(WEEK, NOW, "UTC"), "UTC")
    assert [one.values[-1] for one in week.chart.series] == [2, 0]


def test_a_day_is_counted_again_while_it_lasts_and_once_after_it_ended() -> None:
    world = played()
    while count_people_slice(now=NOW):
        pass
    world.send(world.track("dan", "Seen", days_ago=0.1), settle=False)
    drain_all(only={"events.process"})
    assert count_people_slice(now=NOW + timedelta(seconds=30)) == 0
    assert count_people_slice(now=NOW + timedelta(seconds=90)) == 1
    assert PeopleDay.objects.get(day=NOW.date()).seen == 3
    ended = midnight(NOW, "UTC", days=1)
    assert count_people_slice(now=ended + timedelta(hours=2)) == 2  # the new day, and the one that is over
    assert count_people_slice(now=ended + timedelta(hours=4)) == 1  # the new day alone


def test_orders_and_revenue_are_those_placed_by_currency() -> None:
    played()
    Order.objects.create(
        order_id="x", status="cancelled", currency="EUR", revenue=Decimal(99), placed_at=NOW, digest=b"x"
    )
    Order.objects.filter(status="placed", placed_at__date=NOW.date()).update(revenue=Decimal(13), refunded=Decimal(3))
    orders, revenue = panels.order_panels(period(TODAY, NOW, "UTC"))
    assert (orders.value, orders.change) == ("1", "as many as last Thursday by this time")
    assert (revenue.title, revenue.value, revenue.change) == (
        "Revenue today",
        "€10.00",
        "−75 %, fewer than last Thursday by this time",
    )


def test_mails_are_told_by_state_and_carts_without_a_mail_by_their_reason() -> None:
    ensure_default_journeys()
    journey = Journey.objects.get()
    for n, (state, reason) in enumerate(
        [("sent", "sent"), ("sent", "sent"), ("suppressed", "capped"), ("failed", "refused_550")]
    ):
        message(occasion=f"c{n}", state=state, reason=reason, finished_at=NOW - timedelta(minutes=1))
    for n, (state, reason) in enumerate([("exited", "ordered_since"), ("done", "held_out"), ("done", "queued")]):
        Enrollment.objects.create(
            journey=journey,
            occasion=f"e{n}",
            cart_key="k",
            identifier_id=1,
            state=state,
            reason=reason,
            armed_at=NOW,
            due_at=NOW,
            ended_at=NOW - timedelta(minutes=1),
        )
    today = period(TODAY, NOW, "UTC")
    hour = today.whole.bucket_of(NOW)
    assert sorted(mails_by_bucket(today.so_far), key=lambda one: (one.state, one.reason)) == [
        MailsOfBucket(hour, "failed", "refused_550", 1),
        MailsOfBucket(hour, "not_made", "held_out", 1),
        MailsOfBucket(hour, "not_made", "ordered_since", 1),
        MailsOfBucket(hour, "sent", "sent", 2),
        MailsOfBucket(hour, "suppressed", "capped", 1),
    ]
    panel = panels.mails_panel(today)
    assert panel.value == "2"
    assert [one.values[15] for one in panel.chart.series] == [2, 1, 3]
    assert ("1", "The address got enough mail this week") in panel.reasons


def test_the_home_page_costs_the_same_however_much_happened() -> None:
    client = client_of("admin")
    world = World()
    world.send(world.track("ada", "Seen"), order(world, "ada", "o0", 5, 0), settle=False)
    drain_all(only={"events.process", "commerce.refold"})
    client.get("/admin/?period=7d")
    with CaptureQueriesContext(connection) as one:
        assert client.get("/admin/?period=7d").status_code == 200
    for n in range(3):
        world.send(world.track(f"u{n}", "Seen"), order(world, f"u{n}", f"n{n}", 5, n / 10), settle=False)
    drain_all(only={"events.process", "commerce.refold"})
    with CaptureQueriesContext(connection) as three:
        page = client.get("/admin/?period=7d")
    assert len(three) == len(one)
    assert len(page.context["panels"]) == 5
    assert not [
        query["sql"] for query in three if 'FROM "events_event"' in query["sql"] and "LIMIT 1" not in query["sql"]
    ]


@pytest.mark.parametrize(
    ("group", "models"),
    [
        ("analyst", {"events.source", "commerce.order"}),
        ("support", {"events.source", "commerce.order", "profiles.profile", "mailing.message"}),
    ],
)
def test_each_group_sees_the_figures_of_what_it_may_open(group: str, models: set[str]) -> None:
    page = client_of(group).get("/admin/")
    assert {panel.model for panel, _ in page.context["panels"]} == models


def test_the_zones_are_listed_once_a_process() -> None:
    known_zones.cache_clear()
    request = RequestFactory().get("/admin/")
    request.COOKIES["tz"] = "Asia/Kathmandu"
    assert [readers_zone(request).key for _ in range(3)] == ["Asia/Kathmandu"] * 3
    assert (known_zones.cache_info().misses, known_zones.cache_info().hits) == (1, 2)


def test_times_are_in_the_readers_zone_and_nonsense_is_the_companys() -> None:
    client = client_of("admin")
    client.cookies["tz"] = "Asia/Kathmandu"
    assert client.get("/admin/").context["period"].whole.zone == "Asia/Kathmandu"
    client.cookies["tz"] = "../../etc/passwd"
    assert client.get("/admin/").context["period"].whole.zone == "UTC"
    assert timezone.get_current_timezone_name() == "UTC"
