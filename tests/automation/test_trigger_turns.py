"""Turns: days in traits, schedules and news of products, for each in their own zone, once, and in batches."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automation.models import Enrollment, Journey, TriggerRun
from automation.services.triggers import turn_slice
from automation.triggers.wanting import LOOKED
from cdp.lib.clock import utc_now
from commerce.models import Product
from commerce.queries import wanting, who_wanted
from lake.contracts import LakeNotReadyError
from profiles.models import Identifier, Profile
from segments.models import Membership, Segment
from tests.automation.trigger_world import WORK, deliver, entered, live, send, source, track
from tests.lake.test_projecting import flush

pytestmark = pytest.mark.django_db
Drain = Callable[..., int]


def person(name: str, zone: str = "", **traits: str) -> int:
    """Somebody with these traits; their identifier."""
    row = Identifier(kind="user_id", value=name, first_seen_at=datetime(2020, 1, 1, tzinfo=UTC))
    row.profile_id = row.minted_id
    row.save()
    told = traits | ({"timezone": zone} if zone else {})
    Profile.objects.create(id=row.minted_id, traits={key: [value, 1, "00"] for key, value in told.items()})
    return row.pk


def turn(now: datetime, limit: int = 2) -> None:
    """Every batch that is due then."""
    while turn_slice(now=now, limit=limit):
        pass


def names(journey: Journey) -> list[str]:
    rows = Enrollment.objects.filter(journey=journey).order_by("pk").values_list("identifier_id", flat=True)
    return [Identifier.objects.get(pk=pk).value for pk in rows]


def test_a_birthday_on_the_29th_of_february_comes_on_the_28th_elsewhen_at_nine_where_they_live() -> None:
    journey = live("date_trait", trait="birthday", annual=True, days_before=0, at="09:00")
    person("berlin", "Europe/Berlin", birthday="2000-02-29")
    person("new york", "America/New_York", birthday="1996-02-29T00:00:00Z")
    person("another day", "Europe/Berlin", birthday="2000-03-01")
    person("no date", "Europe/Berlin", birthday="soon 02-28")
    seen = {}
    for hour in (0, 7, 8, 9, 13, 14, 20):
        turn(datetime(2027, 2, 28, hour, tzinfo=UTC))
        seen[hour] = names(journey)
    assert seen[7] == []
    assert seen[8] == seen[9] == seen[13] == ["berlin"]
    assert seen[14] == seen[20] == ["berlin", "new york"]
    turn(datetime(2027, 3, 1, 12, tzinfo=UTC))
    assert names(journey) == ["berlin", "new york", "another day"]
    assert not TriggerRun.objects.filter(done_at__isnull=True, occasion="date_trait:20270228").exists()


def test_in_a_leap_year_it_comes_on_the_29th_alone() -> None:
    journey = live("date_trait", trait="birthday", annual=True, days_before=0, at="09:00")
    person("berlin", "Europe/Berlin", birthday="2000-02-29")
    turn(datetime(2028, 2, 28, 23, tzinfo=UTC))
    assert names(journey) == []
    turn(datetime(2028, 2, 29, 8, tzinfo=UTC))
    assert names(journey) == ["berlin"]


def test_a_schedule_keeps_to_the_clock_over_its_change_in_each_zone_and_takes_everybody_once() -> None:
    segment = Segment.objects.create(slug="all", name="All", state="live", definition={"did": "*"})
    journey = live("schedule", segment="all", every="day", weekday=1, day=1, at="09:00")
    for name, zone in [("a", "Europe/Berlin"), ("b", "Europe/Berlin"), ("c", "Europe/Berlin"), ("d", "America/Lima")]:
        pk = person(name, zone)
        profile = Identifier.objects.get(pk=pk).profile_id
        Membership.objects.create(segment=segment, profile_id=profile, version=1, entered_at=utc_now())
    counts = {}
    start = datetime(2026, 3, 28, 6, tzinfo=UTC)
    for hours in (day + hour for day in (0, 24, 48) for hour in (0, 1, 2, 3, 7, 8, 9)):
        now = start + timedelta(hours=hours)
        turn(now)
        Enrollment.objects.update(state="done")  # nobody is in a journey twice at once
        counts[now.strftime("%d %H")] = Enrollment.objects.filter(journey=journey).count()
    steps = [at for at, before in zip(list(counts)[1:], counts, strict=False) if counts[at] != counts[before]]
    # Nine in Berlin is eight in UTC before the change, and seven after it; in Lima always fourteen.
    assert steps == ["28 08", "28 14", "29 07", "29 14", "30 07", "30 14"]
    assert counts["30 14"] == 12


def test_what_was_missed_for_long_or_before_it_was_published_is_let_go() -> None:
    segment = Segment.objects.create(slug="all", name="All", state="live", definition={"did": "*"})
    profile = Identifier.objects.get(pk=person("a", "UTC")).profile_id
    Membership.objects.create(segment=segment, profile_id=profile, version=1, entered_at=utc_now())
    told: Any = {"segment": "all", "every": "week", "weekday": 1, "day": 1, "at": "09:00"}
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    late = live("schedule", **told)
    turn(monday + timedelta(hours=22))
    fresh = live("schedule", published_at=monday + timedelta(hours=10), **told)
    turn(monday + timedelta(hours=11))
    assert (entered(late), entered(fresh)) == ([], [])
    turn(monday + timedelta(days=7, hours=10))
    assert (len(entered(late)), len(entered(fresh))) == (1, 1)


def not_ready(*asked: object) -> None:
    raise LakeNotReadyError("there is none yet")


def product(product_id: str = "p1", **changes: object) -> None:
    told = {"name": "Mug", "price": 10, "currency": "EUR", "from_feed": True, "seen_at": utc_now()}
    Product.objects.update_or_create(product_id=product_id, defaults=told | changes)


def wanted(drain: Drain) -> None:
    """Who looked, looked long ago, asked long ago, bought since, bought before, looked at something else."""
    then, shop = utc_now(), source()

    def at(days: float) -> datetime:
        return then - timedelta(days=days)

    send(
        shop,
        track("Product Viewed", "looked", at(3), product_id="p1"),
        track("Product Viewed", "long ago", at(40), product_id="p1"),
        track("Back In Stock Requested", "asked", at(90), product_id="p1"),
        track("Product Viewed", "bought", at(5), product_id="p1"),
        track("Order Completed", "bought", at(4), order_id="o1", products=[{"product_id": "p1", "price": 10}]),
        track("Order Completed", "again", at(9), order_id="o2", products=[{"product_id": "p1", "price": 10}]),
        track("Product Added", "again", at(8), product_id="p1", cart_id="c1"),
        track("Product Viewed", "elsewhere", at(3), product_id="p2"),
    )
    drain(only=WORK)


def test_back_in_stock_is_told_to_who_wanted_it_and_has_not_bought_it_since_once(drain: Drain) -> None:
    wanted(drain)
    product()
    journey = live("back_in_stock", within_days=30)
    told = {"changes": [{"product_id": "p1", "at": utc_now().isoformat()}]}
    stale = {"changes": [{"product_id": "p1", "at": (utc_now() - timedelta(days=2)).isoformat()}]}
    for payload in (told, told, stale):
        deliver("product.back_in_stock", payload)
    deliver("product.back_in_stock", {"changes": [{"product_id": "p1", "at": utc_now().isoformat()}]}, lane=1)
    assert TriggerRun.objects.count() == 1
    turn(utc_now())
    assert sorted(names(journey)) == ["again", "asked", "looked"]
    assert entered(journey)[0][1] == {"product_id": "p1"}


@pytest.mark.django_db(transaction=True)
def test_the_lake_and_the_rows_say_the_same_of_who_wanted_it(drain: Drain) -> None:
    wanted(drain)
    since, until = utc_now() - timedelta(days=30), utc_now()
    flush()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wanting, "OF_ROWS", "no rows are asked")
        found = who_wanted("p1", LOOKED, since=since, until=until)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wanting, "_of_lake", not_ready)
        assert who_wanted("p1", LOOKED, since=since, until=until) == found
    assert len(found) == 3


def test_it_is_told_to_nobody_once_it_is_gone_again(drain: Drain) -> None:
    wanted(drain)
    product(in_stock=False)
    journey = live("back_in_stock", within_days=30)
    deliver("product.back_in_stock", {"changes": [{"product_id": "p1", "at": utc_now().isoformat()}]})
    turn(utc_now())
    assert entered(journey) == []


def test_a_price_drop_is_told_where_it_is_large_enough_and_still_holds(drain: Drain) -> None:
    wanted(drain)
    product(price=8)
    journey, picky = live("price_drop", min_percent=20), live("price_drop", min_percent=21)
    change = {"product_id": "p1", "old": "10", "new": "8", "currency": "EUR", "at": utc_now().isoformat()}
    deliver("product.price_dropped", {"changes": [change]})
    turn(utc_now())
    assert (sorted(names(journey)), names(picky)) == (["again", "asked", "looked"], [])
    assert entered(journey)[0][1] == {"product_id": "p1", "old": "10", "new": "8", "currency": "EUR"}
    product(price=9)
    deliver("product.price_dropped", {"changes": [change | {"at": (utc_now() + timedelta(seconds=1)).isoformat()}]})
    turn(utc_now())
    assert len(entered(journey)) == 3
