"""The hand-over: withdrawals, refusals, broken connections, dead workers, two workers; marketing at most once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from automation import services
from automation.models import Enrollment, Journey, Message
from automation.services import sending
from cdp.lib.clock import utc_now
from cdp.outbox.models import Delivery, TopicRow
from commerce.models import Cart
from consent import queries as consent_queries
from consent.models import Address, Entry
from consent.services import lock_address, unsubscribe
from events.models import Inbox, Source
from tests.automation import world
from tests.automation.sink import Sink
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


def queued() -> Message:
    world.abandoned()
    services.step_slice()
    return Message.objects.get()


def withdraw() -> None:
    url = consent_queries.unsubscribe_url(world.JANE, message_id=1)
    token = consent_queries.read_token(url.rpartition("/")[2])
    assert token is not None
    unsubscribe(token, method="one_click", now=utc_now())


@pytest.mark.parametrize("asks_again", [True, False], ids=["as_shipped", "sabotaged"])
def test_a_withdrawal_between_queue_and_hand_over_stops_the_mail(
    journey: Journey, sink: Sink, monkeypatch: pytest.MonkeyPatch, asks_again: bool
) -> None:
    """The negative control: with the question at hand-over taken out, the mail goes out and this check sees it."""
    monkeypatch.setattr(sending, "ASK_PERMISSION_AGAIN", asks_again)
    queued()
    withdraw()
    services.send_slice()
    outcome = (world.messages(), sink.recipients)
    safe: tuple[list[tuple[str, str]], list[str]] = ([("suppressed", "suppressed_unsubscribe")], [])
    assert (outcome == safe) is asks_again
    assert outcome == (safe if asks_again else ([("sent", "sent")], [world.JANE]))


def test_each_mail_keeps_the_entry_that_allowed_it(journey: Journey, sink: Sink) -> None:
    message = queued()
    world.say("granted")
    world.run()
    message.refresh_from_db()
    assert message.consent_entry_id == Entry.objects.latest("id").pk
    assert TopicRow.objects.get(topic="message.finished").payload == {"message_id": message.pk}


def test_a_definite_refusal_fails_for_good(journey: Journey, sink: Sink) -> None:
    queued()
    for behaviour in ("refuse", "accept"):
        sink.behaviour = behaviour
        world.run()
    assert world.messages() == [("failed", "refused_550")]
    assert Address.objects.get().last_mailed_at is None, "what was refused keeps no other mail from the address"
    assert world.enrollments() == [("cart:c1:1", "done", "refused_550")]
    assert sink.mails == []


def test_a_refusal_of_the_content_fails_for_good(journey: Journey, sink: Sink) -> None:
    queued()
    sink.behaviour = "refuse_data"
    world.run()
    assert world.messages() == [("failed", "refused_554")]


def test_a_refusal_for_now_waits_and_is_tried_again(journey: Journey, sink: Sink) -> None:
    message = queued()
    sink.behaviour = "defer"
    world.run()
    message.refresh_from_db()
    assert (message.state, message.reason, message.sending_at) == ("queued", "deferred_451", None)
    assert message.not_before_at is not None
    assert message.not_before_at > utc_now() + timedelta(minutes=14)
    sink.behaviour = "accept"
    world.run()
    assert sink.mails == []
    Message.objects.update(not_before_at=utc_now())
    world.run()
    assert (world.messages(), sink.recipients) == ([("sent", "sent")], [world.JANE])


def test_a_connection_lost_after_the_mail_was_given_is_unknown_and_never_tried_again(
    journey: Journey, sink: Sink
) -> None:
    queued()
    sink.behaviour = "drop"
    world.run()
    sink.behaviour = "accept"
    world.changed()
    world.run()
    assert world.messages() == [("unknown", "ambiguous")]
    assert len(sink.mails) == 1


def test_one_lost_connection_does_not_stop_the_mails_behind_it(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    world.cart(world.person("bo", "bo@example.com"), key="cart:c2")
    world.changed("cart:c2")
    services.step_slice()

    def drop_the_first() -> None:
        sink.behaviour = "drop" if not sink.mails else "accept"

    sink.on_data = drop_the_first
    services.send_slice()
    assert sorted(world.messages()) == [("sent", "sent"), ("unknown", "ambiguous")]
    assert len(sink.mails) == 2


def test_many_mails_go_over_one_connection(journey: Journey, sink: Sink) -> None:
    for n in range(3):
        world.cart(world.person(f"u{n}", f"u{n}@example.com"), key=f"cart:m{n}")
        world.changed(f"cart:m{n}")
    world.run()
    assert (len(sink.mails), sink.connections) == (3, 1)


def test_with_the_mail_server_away_nothing_is_claimed(journey: Journey, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    queued()
    assert services.send_slice() == 0
    assert world.messages() == [("queued", "")]


def test_what_a_dead_worker_left_in_sending_becomes_unknown_and_is_never_queued(journey: Journey, sink: Sink) -> None:
    message = queued()
    assert sending.begin(message.pk, utc_now()) is not None
    assert world.messages() == [("sending", "")]
    services.send_slice()
    assert world.messages() == [("sending", "")], "its worker may be alive for five minutes"
    Message.objects.update(sending_at=world.ago(minutes=6))
    world.run()
    world.changed()
    world.run()
    assert world.messages() == [("unknown", "worker_died")]
    assert world.enrollments() == [("cart:c1:1", "done", "worker_died")]
    assert sink.mails == []


def behind_by_the_inbox() -> None:
    source = Source.objects.create(name="shop")
    Inbox.objects.create(source=source, body=b"", items=1, received_at=world.ago(seconds=31))


def behind_by_a_delivery() -> None:
    row = TopicRow.objects.create(topic="events.stored", payload={}, created_at=world.ago(seconds=31))
    Delivery.objects.create(topic_row=row, consumer="commerce.refold")


def behind_by_a_delivery_given_up() -> None:
    row = TopicRow.objects.create(topic="events.stored", payload={})
    Delivery.objects.create(topic_row=row, consumer="commerce.refold", parked_at=utc_now())


@pytest.mark.parametrize("fall_behind", [behind_by_the_inbox, behind_by_a_delivery, behind_by_a_delivery_given_up])
def test_while_events_wait_to_be_processed_nobody_is_mailed(
    journey: Journey, sink: Sink, fall_behind: Callable[[], None]
) -> None:
    """An order may be among them."""
    queued()
    world.cart(world.person("bo", "bo@example.com"), key="cart:c2")
    world.changed("cart:c2")
    fall_behind()
    world.run()
    assert (world.messages(), [state for _, state, _ in world.enrollments()]) == ([("queued", "")], ["done", "waiting"])
    Inbox.objects.update(done_at=utc_now())
    Delivery.objects.update(done_at=utc_now())
    world.run()
    assert len(sink.mails) == 2


def test_a_bulk_import_that_waits_holds_nobody_back(journey: Journey, sink: Sink) -> None:
    queued()
    behind_by_the_inbox()
    Inbox.objects.update(lane=Inbox.Lane.BULK)
    world.run()
    assert len(sink.mails) == 1


def test_a_broken_template_ends_the_message_and_not_the_worker(journey: Journey, sink: Sink) -> None:
    Journey.objects.update(subject="{{ lines | nonsense }}")
    queued()
    world.run()
    assert world.messages() == [("suppressed", "render_failed")]
    assert sink.mails == []


@pytest.mark.parametrize("when", ["before_the_step", "before_the_hand_over"])
def test_one_that_cannot_be_worked_is_put_off_and_stops_nobody_behind_it(
    journey: Journey, sink: Sink, when: str
) -> None:
    world.abandoned()
    world.cart(world.person("bo", "bo@example.com"), key="cart:c2")
    world.changed("cart:c2")
    if when == "before_the_hand_over":
        services.step_slice()
    Cart.objects.filter(key="cart:c1").update(lines=[{"not": "a line"}])
    world.run()
    assert sink.recipients == ["bo@example.com"]
    broken = Enrollment.objects.get(cart_key="cart:c1")
    if when == "before_the_step":
        assert (broken.state, broken.reason) == ("waiting", "error")
        assert broken.due_at > utc_now() + timedelta(minutes=14)
    else:
        assert broken.messages.values_list("state", "reason").get() == ("queued", "error")


@pytest.mark.django_db(transaction=True)
def test_two_workers_hand_each_mail_over_once(journey: Journey, sink: Sink) -> None:
    for n in range(12):
        world.cart(world.person(f"u{n}", f"u{n}@example.com"), key=f"cart:m{n}")
    world.changed(*[f"cart:m{n}" for n in range(12)])
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                services.step_slice()
                services.send_slice()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.run()
    assert failures == []
    assert sorted(sink.recipients) == sorted(f"u{n}@example.com" for n in range(12))
    assert world.messages() == [("sent", "sent")] * 12


@pytest.mark.django_db(transaction=True)
def test_two_workers_hand_over_one_mail_to_an_address_with_many_carts(journey: Journey, sink: Sink) -> None:
    jane = world.person()
    for n in range(8):
        world.cart(jane, key=f"cart:m{n}", idle=timedelta(minutes=70 + n))
    world.changed(*[f"cart:m{n}" for n in range(8)])
    for _ in range(3):
        in_threads(4, world.run)
        Message.objects.filter(state="queued").update(not_before_at=None)
    assert sink.recipients == [world.JANE]
    assert sorted(world.messages()) == [("sent", "sent")] + [("suppressed", "mailed_lately")] * 7


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_waits_for_a_hand_over_that_has_begun_its_questions(journey: Journey, sink: Sink) -> None:
    """The address lock: whoever comes second sees what the first one did."""
    message = queued()
    withdrawn = threading.Event()

    def take_back() -> None:
        withdraw()
        withdrawn.set()
        connection.close()

    with transaction.atomic():
        lock_address(bytes(message.address_hash))
        thread = threading.Thread(target=take_back)
        thread.start()
        assert not withdrawn.wait(0.3)
    thread.join()
    assert withdrawn.is_set()
    services.send_slice()
    assert sink.mails == []
