"""The shipped abandoned-cart journey whole: which of its three mails comes when, and what ends it in between."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from automation import services
from automation.models import Enrollment, Journey
from automation.shipped import shipped_journeys
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from commerce.models import Cart
from consent.models import Address
from consent.services import suppress
from mailing.models import Message, Policy
from mailing.services import send_slice
from tests.automation import ways, world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def shipped(db: None) -> Journey:
    """All of it, live, with nobody held out."""
    for slug in ("abandoned-cart-2", "abandoned-cart-3"):
        world.mail(slug)
    return world.live_journey(*shipped_journeys()["abandoned-cart"].graph["steps"])


def go_on(moment: datetime) -> datetime:
    """A minute past this instant, with all that is due then stepped and handed over; that minute."""
    later = moment + timedelta(minutes=1)
    ways.send(later)
    return later


def steps_sent() -> list[str]:
    """The steps whose mails went out, in their order."""
    return list(Message.objects.filter(state="sent").order_by("sending_at").values_list("step", flat=True))


def after_the_first() -> tuple[int, datetime]:
    """Somebody whose first mail just went out, and when."""
    pk = world.abandoned(idle=timedelta(minutes=59, seconds=30))
    return pk, go_on(utc_now())


def test_the_second_comes_a_day_after_the_first_and_the_third_with_its_offer_a_day_after_that(
    shipped: Journey, sink: Sink
) -> None:
    world.abandoned(idle=timedelta(minutes=59))
    assert ways.states() == [("armed", "", "")]
    first = go_on(utc_now())
    assert (steps_sent(), ways.states()) == (["mail_1"], [("waiting", "day_1", "")])
    ways.send(first + DAY - timedelta(seconds=1))
    assert steps_sent() == ["mail_1"]
    second = go_on(first + DAY)
    assert (steps_sent(), ways.states()) == (["mail_1", "mail_2"], [("waiting", "day_2", "")])
    ways.send(second + DAY - timedelta(seconds=1))
    assert len(steps_sent()) == 2
    go_on(second + DAY)
    assert steps_sent() == ["mail_1", "mail_2", "mail_3"]
    assert ways.states() == [("done", "", "sent")]
    assert Enrollment.objects.get().facts["offer"]["code"] == "BACK10"
    go_on(second + 9 * DAY)
    assert sink.recipients == [world.JANE] * 3


ENDS: dict[str, Callable[[int, datetime], object]] = {
    "ordered_since": lambda pk, at: world.order(pk, at=at),
    "goal_reached": lambda pk, at: ways.happen(pk, "Order Completed", at=at),
    "cart_ordered": lambda pk, at: Cart.objects.update(state="ordered"),
    "cart_emptied": lambda pk, at: Cart.objects.update(state="emptied", lines=[]),
    "out_of_stock": lambda pk, at: world.stock("p1", "p2", in_stock=False),
}


@pytest.mark.parametrize(("sent", "at_hand_over"), [(1, False), (2, True)])
@pytest.mark.parametrize("reason", sorted(ENDS))
def test_an_order_or_an_empty_cart_after_a_mail_ends_what_would_follow(
    shipped: Journey, sink: Sink, reason: str, sent: int, at_hand_over: bool
) -> None:
    pk, last = after_the_first()
    if sent == 2:
        last = go_on(last + DAY)
    due = last + DAY + timedelta(minutes=1)
    if at_hand_over:
        services.step_slice(now=due)
        assert Message.objects.filter(state="queued").count() == 1
    ENDS[reason](pk, last + timedelta(hours=2))
    services.step_slice(now=due)
    while send_slice(now=due):
        pass
    ways.send(due + 3 * DAY)
    assert len(sink.mails) == sent
    assert [(state, why) for state, _, why in ways.states()] == [
        ("done" if reason == "goal_reached" else "exited", reason)
    ]


def test_what_forbids_one_mail_forbids_those_behind_it(shipped: Journey, sink: Sink) -> None:
    _, last = after_the_first()
    suppress(address_hash(world.JANE), "marketing", "complaint", utc_now())
    for days in (1, 2, 3):
        ways.send(last + days * DAY + timedelta(minutes=5))
    assert (len(sink.mails), Message.objects.count()) == (1, 1)


def test_an_order_of_a_cart_that_was_mailed_about_counts_as_the_goal(shipped: Journey, sink: Sink) -> None:
    """The cart closes with the order, and is heard of before the next step looks for the goal."""
    pk, _ = after_the_first()
    ordered = utc_now()
    Enrollment.objects.update(armed_at=ordered - timedelta(hours=1))
    ways.happen(pk, "Order Completed", at=ordered)
    Cart.objects.update(state="ordered")
    world.changed()
    row = Enrollment.objects.get()
    assert (row.state, row.reason, row.goal_at) == ("done", "goal_reached", ordered)


def put_in(pk: int, at: datetime) -> None:
    """Something new, now."""
    Cart.objects.update(lines=world.LINES[:1], last_added_at=at, last_activity_at=at)
    world.changed()


def test_something_new_soon_after_the_mail_is_told_by_the_second_and_later_it_begins_anew(
    shipped: Journey, sink: Sink
) -> None:
    pk = world.abandoned(idle=timedelta(hours=30))
    world.run()
    first = utc_now() - timedelta(hours=2)
    Message.objects.update(sending_at=first, finished_at=first)
    Address.objects.update(last_mailed_at=first)
    Enrollment.objects.update(node_at=first, due_at=first + DAY)
    put_in(pk, first + timedelta(minutes=59))
    assert ways.states() == [("waiting", "day_1", "")]
    put_in(pk, first + timedelta(minutes=61))
    assert ways.states() == [("exited", "day_1", "cart_used_again"), ("armed", "", "")]
    ways.send(utc_now() + timedelta(minutes=2))
    assert steps_sent() == ["mail_1", "mail_1"]
    ways.send(utc_now() + timedelta(minutes=3) + DAY)
    assert steps_sent() == ["mail_1", "mail_1", "mail_2"]
    assert world.enrollments()[1] == ("cart:c1:2", "waiting", "")


def test_the_hour_and_how_much_is_enough_are_asked_of_the_second_mail_too(shipped: Journey, sink: Sink) -> None:
    _, last = after_the_first()
    due = last + DAY + timedelta(minutes=1)
    policy = Policy.objects.create(quiet_from_hour=due.hour, quiet_to_hour=(due.hour + 2) % 24, time_zone="UTC")
    ways.send(due)
    assert ways.states() == [("waiting", "mail_2", "quiet_hours")]
    ways.send(due + timedelta(hours=3))
    assert steps_sent() == ["mail_1", "mail_2"]
    policy.quiet_from_hour = policy.quiet_to_hour = None
    policy.cap_per_week = 2
    policy.save()
    ways.send(due + timedelta(hours=4) + DAY)
    assert (steps_sent(), ways.states()) == (["mail_1", "mail_2"], [("done", "", "sent")])


def test_an_audience_is_asked_of_carts_when_they_were_left(sink: Sink) -> None:
    journey = world.live_journey()
    journey.draft = journey.draft | {"audience": {"trait": "country", "is": "eq", "value": "DE"}}
    journey.save()
    services.publish_draft(journey, None)
    world.abandoned()
    world.run()
    assert (world.enrollments(), sink.mails) == ([("cart:c1:1", "exited", "audience")], [])
