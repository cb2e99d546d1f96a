"""The journey on the database: who is enrolled, pushed, let go, mailed once, held out; and what never mails."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from automation import services
from automation.models import Enrollment, Journey
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from commerce.models import Cart
from consent.models import Address
from consent.services import suppress
from experiments.models import Exposure
from mailing.models import Message
from mailing.services import send_slice
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db


def test_an_abandoned_cart_is_mailed_once_whatever_is_delivered_again(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    for _ in range(3):
        world.changed()
        world.run()
    assert world.enrollments() == [("cart:c1:1", "done", "sent")]
    assert world.messages() == [("sent", "sent")]
    assert sink.recipients == [world.JANE]


def test_arming_asks_no_more_for_many_carts_than_for_few(
    journey: Journey, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    jane = world.person()
    for n in range(30):
        world.cart(jane, key=f"cart:m{n}")
    with django_assert_max_num_queries(12):
        world.changed(*[f"cart:m{n}" for n in range(30)])
    assert len(world.enrollments()) == 30
    with django_assert_max_num_queries(12):
        world.changed(*[f"cart:m{n}" for n in range(30)])


def test_a_cart_is_not_mailed_before_it_was_idle_for_long_enough(journey: Journey, sink: Sink) -> None:
    world.abandoned(idle=timedelta(minutes=59))
    world.run()
    assert (world.enrollments(), world.messages()) == ([("cart:c1:1", "armed", "")], [])


def flip_order(identifier_id: int) -> None:
    world.order(identifier_id, at=world.ago(minutes=30))


def flip_suppression(identifier_id: int) -> None:
    suppress(address_hash(world.JANE), "marketing", "manual", utc_now())


def flip_stock(identifier_id: int) -> None:
    world.stock("p1", in_stock=False)
    world.stock("p2", active=False)


def flip_cap(identifier_id: int) -> None:
    for n in range(3):
        Message.objects.create(
            sender="campaign",
            sender_id=1,
            label="News",
            step="mail",
            template="news",
            purpose="email_marketing",
            occasion=f"other:{n}",
            address_hash=address_hash(world.JANE),
            identifier_id=identifier_id,
            state="sent",
            sending_at=world.ago(days=6),
        )


def flip_shared(identifier_id: int) -> None:
    for n in range(7):
        world.seen(("user_id", f"kiosk{n}"), ("anonymous_id", "kiosk"))
    anonymous = world.seen(("anonymous_id", "kiosk"))["anonymous_id"]
    Cart.objects.update(identifier_id=anonymous)


FLIPS: dict[str, Callable[[int], object]] = {
    "ordered_since": flip_order,
    "suppressed_manual": flip_suppression,
    "out_of_stock": flip_stock,
    "capped": flip_cap,
    "shared_profile": flip_shared,
    "consent_withdrawn": lambda _: world.say("withdrawn"),
    "cart_emptied": lambda _: Cart.objects.update(state="emptied", lines=[]),
    "cart_ordered": lambda _: Cart.objects.update(state="ordered"),
    "cart_gone": lambda _: Cart.objects.all().delete(),
    "too_old": lambda _: Cart.objects.update(last_activity_at=world.ago(hours=73)),
}


@pytest.mark.parametrize("reason", sorted(FLIPS))
def test_a_condition_that_fails_when_due_ends_the_journey_with_its_reason(
    journey: Journey, sink: Sink, reason: str
) -> None:
    identifier_id = world.abandoned()
    FLIPS[reason](identifier_id)
    before = Message.objects.count()
    services.step_slice()
    expected = "suppressed_unsubscribe" if reason == "consent_withdrawn" else reason
    assert world.enrollments() == [("cart:c1:1", "exited", expected)]
    assert (Message.objects.count(), sink.mails, Exposure.objects.count()) == (before, [], 0)


@pytest.mark.parametrize("reason", sorted(FLIPS))
def test_a_condition_that_fails_after_queueing_is_seen_at_the_last_moment(
    journey: Journey, sink: Sink, reason: str
) -> None:
    identifier_id = world.abandoned()
    services.step_slice()
    assert world.messages() == [("queued", "")]
    FLIPS[reason](identifier_id)
    send_slice()
    expected = {"consent_withdrawn": "suppressed_unsubscribe"}.get(reason, reason)
    ours = Message.objects.get(occasion="cart:c1:1")
    assert (ours.state, ours.reason, ours.html) == ("suppressed", expected, "")
    assert (world.enrollments(), sink.connections) == ([("cart:c1:1", "exited", expected)], sink.connections)
    assert sink.mails == []


def test_nobody_is_mailed_who_never_agreed(journey: Journey, sink: Sink) -> None:
    world.abandoned(agreed=False)
    world.run()
    assert world.enrollments() == [("cart:c1:1", "exited", "consent_parent_default_denied")]
    assert sink.mails == []


@pytest.mark.parametrize(("state", "reason"), [("ordered", "cart_ordered"), ("emptied", "cart_emptied")])
def test_an_order_or_an_emptied_cart_cancels_what_was_scheduled(
    journey: Journey, sink: Sink, state: str, reason: str
) -> None:
    identifier_id = world.abandoned(idle=timedelta(minutes=5))
    world.cart(identifier_id, state=state, idle=timedelta(minutes=1))
    world.changed()
    assert world.enrollments() == [("cart:c1:1", "exited", reason)]
    world.run()
    assert sink.mails == []


def two_carts_of_jane() -> None:
    jane = world.abandoned(idle=timedelta(hours=2))
    world.cart(jane, key="cart:c2", idle=timedelta(minutes=90))
    world.changed("cart:c2")


def by_cart() -> dict[str, tuple[str, str]]:
    rows = Enrollment.objects.values_list("cart_key", "state", "reason")
    return {key: (state, reason) for key, state, reason in rows}


def test_of_two_carts_of_one_person_the_one_filled_last_is_mailed_and_the_other_is_not(
    journey: Journey, sink: Sink
) -> None:
    two_carts_of_jane()
    world.run()
    assert sink.recipients == [world.JANE]
    older = Message.objects.get(occasion__startswith="cart:c1:")
    assert (older.state, older.reason) == ("queued", "newer_cart")
    Message.objects.update(not_before_at=None)
    world.run()
    assert by_cart() == {"cart:c1": ("exited", "mailed_lately"), "cart:c2": ("done", "sent")}
    assert sink.recipients == [world.JANE]


def test_if_the_cart_filled_last_cannot_be_mailed_the_other_is(journey: Journey, sink: Sink) -> None:
    two_carts_of_jane()
    services.step_slice()
    Cart.objects.filter(key="cart:c2").update(state="emptied", lines=[])
    for _ in range(2):
        Message.objects.update(not_before_at=None)
        world.run()
    assert by_cart() == {"cart:c1": ("done", "sent"), "cart:c2": ("exited", "cart_emptied")}


def test_a_cart_due_after_a_mail_to_its_address_is_not_even_queued(journey: Journey, sink: Sink) -> None:
    jane = world.abandoned()
    world.run()
    world.cart(jane, key="cart:c2", idle=timedelta(minutes=61))
    world.changed("cart:c2")
    world.run()
    assert by_cart()["cart:c2"] == ("exited", "mailed_lately")
    assert (world.messages(), sink.recipients) == ([("sent", "sent")], [world.JANE])


def test_something_added_the_idle_time_after_the_last_mail_to_the_address_is_mailed(
    journey: Journey, sink: Sink
) -> None:
    jane = world.abandoned()
    world.run()
    Address.objects.update(last_mailed_at=world.ago(minutes=121))
    world.cart(jane, key="cart:c2", idle=timedelta(minutes=60))
    world.changed("cart:c2")
    world.run()
    assert by_cart()["cart:c2"] == ("done", "sent")
    assert len(sink.mails) == 2


def test_an_emptied_cart_that_is_filled_again_waits_again_under_the_same_occasion(journey: Journey) -> None:
    identifier_id = world.abandoned()
    world.cart(identifier_id, state="emptied")
    world.changed()
    world.cart(identifier_id, idle=timedelta(minutes=1))
    world.changed()
    assert world.enrollments() == [("cart:c1:1", "armed", "")]


def mailed_hours_ago(hours: float) -> None:
    at = world.ago(hours=hours)
    Message.objects.update(sending_at=at, finished_at=at)
    Address.objects.update(last_mailed_at=at)


def test_a_new_item_an_idle_time_after_the_mail_arms_the_cart_again(journey: Journey, sink: Sink) -> None:
    identifier_id = world.abandoned(idle=timedelta(hours=9))
    world.run()
    mailed_hours_ago(5)
    world.cart(identifier_id, idle=timedelta(hours=3))
    world.changed()
    world.run()
    assert world.enrollments() == [("cart:c1:1", "done", "sent"), ("cart:c1:2", "done", "sent")]
    assert len(sink.mails) == 2


def test_a_look_at_the_cart_and_a_late_event_do_not_arm_it_again(journey: Journey, sink: Sink) -> None:
    identifier_id = world.abandoned(idle=timedelta(hours=9))
    world.run()
    mailed_hours_ago(5)
    world.cart(identifier_id, idle=timedelta(hours=2), last_added_at=world.ago(hours=4, minutes=30))
    world.changed()
    world.cart(identifier_id, idle=timedelta(hours=2), last_added_at=world.ago(hours=6))
    world.changed()
    assert world.enrollments() == [("cart:c1:1", "done", "sent")]


def test_a_cart_without_an_id_renamed_by_a_late_event_is_not_mailed_again(journey: Journey, sink: Sink) -> None:
    identifier_id = world.person()
    world.cart(identifier_id, key=f"run:{identifier_id}:5000")
    world.changed(f"run:{identifier_id}:5000")
    world.run()
    Cart.objects.all().delete()
    world.cart(identifier_id, key=f"run:{identifier_id}:4000")
    world.changed(f"run:{identifier_id}:5000", f"run:{identifier_id}:4000")
    world.run()
    assert len(sink.mails) == 1
    assert Enrollment.objects.count() == 1


def test_carts_idle_for_too_long_when_first_heard_of_are_not_enrolled(journey: Journey) -> None:
    world.abandoned(idle=timedelta(days=4))
    assert Enrollment.objects.count() == 0


def test_drafts_and_paused_journeys_neither_arm_nor_mail(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    services.step_slice()
    services.pause(journey)
    world.run()
    assert world.messages() == [("queued", "journey_paused")]
    world.cart(world.person("bo", "bo@example.com"), key="cart:c2")
    world.changed("cart:c2")
    assert len(world.enrollments()) == 1
    services.activate(journey)
    world.run()
    assert sink.recipients == [world.JANE]


def test_a_cart_left_before_signing_in_is_mailed_once_the_person_is_known(journey: Journey, sink: Sink) -> None:
    world.say("granted", at=world.ago(days=1))
    anonymous = world.seen(("anonymous_id", "a1"))["anonymous_id"]
    world.cart(anonymous)
    world.changed()
    world.run()
    assert world.enrollments() == [("cart:c1:1", "waiting", "no_address")]
    ids = world.seen(("user_id", "jane"), ("email", world.JANE), ("anonymous_id", "a1"))
    merged = {"winner": "x", "losers": [], "identifier_ids": sorted(ids.values())}
    world.deliver("profile.merged", merged)
    world.run()
    world.deliver("profile.merged", merged)
    world.run()
    assert world.enrollments() == [("cart:c1:1", "done", "sent")]
    assert sink.recipients == [world.JANE]


def test_one_cart_on_two_devices_is_one_mail(journey: Journey, sink: Sink) -> None:
    identifier_id = world.abandoned()
    other = world.seen(("user_id", "jane"), ("anonymous_id", "phone"))["anonymous_id"]
    world.cart(other)
    world.changed()
    world.run()
    world.cart(identifier_id)
    world.changed()
    world.run()
    assert sink.recipients == [world.JANE]


def test_merging_two_people_after_their_mails_starts_nothing(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    world.cart(world.person("guest", "guest@example.com"), key="cart:c2")
    world.changed("cart:c2")
    world.run()
    ids = world.seen(("email", world.JANE), ("email", "guest@example.com"))
    world.deliver("profile.merged", {"winner": "x", "losers": [], "identifier_ids": sorted(ids.values())})
    world.changed("cart:c1", "cart:c2")
    world.run()
    assert sorted(sink.recipients) == ["guest@example.com", world.JANE]


def test_the_held_out_are_exposed_and_never_mailed(journey: Journey, sink: Sink) -> None:
    journey.holdout_share = 1
    journey.save()
    services.sync_holdout(journey)
    identifier_id = world.abandoned()
    world.run()
    assert world.enrollments() == [("cart:c1:1", "done", "held_out")]
    assert list(Exposure.objects.values_list("variant", flat=True)) == ["holdout"]
    Enrollment.objects.update(ended_at=world.ago(hours=5))
    world.cart(identifier_id)
    world.changed()
    world.run()
    assert world.enrollments()[1] == ("cart:c1:2", "done", "held_out")
    assert (Message.objects.count(), sink.mails) == (0, [])


def test_the_shipped_share_is_a_tenth_and_the_default_journey_is_a_draft(db: None) -> None:
    journey = services.ensure_default_journeys()
    assert (journey.state, str(journey.holdout_share)) == ("draft", "0.1")
    assert services.ensure_default_journeys().pk == journey.pk
    assert Journey.objects.count() == 1


def test_the_database_refuses_a_second_enrollment_and_a_second_message_for_an_occasion(journey: Journey) -> None:
    world.abandoned()
    services.step_slice()
    for model in (Enrollment, Message):
        row = model.objects.get()
        row.pk = None
        with (
            pytest.raises(IntegrityError, match=r"automation_enrolled_once|mailing_message_once"),
            transaction.atomic(),
        ):
            row.save(force_insert=True)
