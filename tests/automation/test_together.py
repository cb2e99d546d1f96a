"""People who turn out to be one or two while they wait, journeys that cannot be read, and mails that wait too long."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from automation import services
from automation.contracts import Entry
from automation.models import Enrollment, JourneyVersion, TriggerRun
from automation.services import hearing
from automation.services.triggers import from_products, turn_slice
from automation.services.triggers.runs import Batch
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from commerce.models import Product
from consent import services as consent
from mailing.models import Message
from mailing.services import forgetting, send_slice
from profiles.models import Identifier
from tests.automation import trigger_world, ways, world
from tests.automation.sink import Sink
from tests.automation.ways import MAIL, wait

pytestmark = pytest.mark.django_db
VIEWED: dict[str, Any] = {
    "id": "f",
    "do": "wait_for",
    "event": "Product Viewed",
    "timeout": {"days": 2},
    "then": [wait("seen")],
    "else": [wait("not_seen")],
}


def merged(*identifier_ids: int) -> None:
    """profile.merged, delivered to those who hear events."""
    payload = {"winner": "x", "losers": [], "identifier_ids": sorted(identifier_ids)}
    with transaction.atomic():
        hearing.consume_events_stored([TopicMessage(1, "profile.merged", payload, utc_now())])


def test_what_happened_to_whoever_turned_out_to_be_them_ends_the_wait_at_once() -> None:
    row = ways.journey(VIEWED)
    jane, guest = world.person(), world.seen(("anonymous_id", "a1"))["anonymous_id"]
    ways.enter(row, jane)
    ways.pass_time(seconds=1)
    ways.pass_time(minutes=2)
    Enrollment.objects.update(node_at=world.ago(hours=1))
    ways.happen(guest, "Product Viewed", at=world.ago(minutes=5))
    ids = world.seen(("user_id", "jane"), ("anonymous_id", "a1"))
    merged(*ids.values())
    ways.pass_time(seconds=1)
    assert [node for _, node, _ in ways.states()] == ["seen"]


def test_an_event_stored_while_they_came_to_the_wait_is_seen_at_the_second_look() -> None:
    """Its consumer found nobody who waited: what it reads is from before their step was committed."""
    row = ways.journey(VIEWED)
    jane = world.person()
    ways.enter(row, jane)
    now = utc_now()
    services.step_slice(now=now)
    ways.happen(jane, "Product Viewed", at=now + timedelta(seconds=1))
    assert Enrollment.objects.get().due_at == now + timedelta(minutes=1)
    ways.pass_time(minutes=2)
    assert [node for _, node, _ in ways.states()] == ["seen"]
    ways.enter(row, world.person("bo", "bo@example.com"))
    ways.pass_time(seconds=1)
    later = ways.pass_time(minutes=2)
    assert Enrollment.objects.filter(due_at__gt=later + timedelta(days=1), node="f").count() == 1


def test_what_happens_to_whoever_turned_out_to_be_somebody_else_ends_no_wait() -> None:
    row = ways.journey(VIEWED)
    both = world.seen(("user_id", "jane"), ("anonymous_id", "a1"))
    ways.enter(row, both["user_id"])
    ways.pass_time(seconds=1)
    ways.pass_time(minutes=2)
    before = Enrollment.objects.values().get()
    guest = Identifier.objects.get(pk=both["anonymous_id"])
    guest.profile_id = guest.minted_id
    guest.save()  # as a split leaves them
    Enrollment.objects.update(node_at=world.ago(hours=1))
    event = ways.happen(guest.pk, "Product Viewed", at=world.ago(minutes=5))
    with transaction.atomic():
        payload = {"first_id": event.pk, "last_id": event.pk}
        services.consume_events_stored([TopicMessage(1, "events.stored", payload, utc_now())])
    after = Enrollment.objects.values().get()
    assert after | {"node_at": None} == before | {"node_at": None}
    ways.pass_time(days=3)
    assert [node for _, node, _ in ways.states()] == ["not_seen"]


@pytest.mark.parametrize("at_hand_over", [False, True])
def test_two_in_a_journey_who_turn_out_to_be_one_get_its_mail_once(sink: Sink, at_hand_over: bool) -> None:
    row = ways.journey(wait(), MAIL)
    jane, guest = world.person(), world.person("guest", "guest@example.com")
    ways.enter(row, jane, guest)
    ways.pass_time(seconds=1)
    moment = ways.pass_time(days=1, seconds=1) if at_hand_over else utc_now()
    world.seen(("user_id", "jane"), ("user_id", "guest"))
    ids = {one.profile_id for one in Identifier.objects.filter(pk__in=[jane, guest])}
    if len(ids) > 1:
        Identifier.objects.filter(profile_id__in=ids).update(profile_id=min(ids))
    ways.send(moment + timedelta(days=1, minutes=5))
    ways.send(moment + timedelta(days=1, minutes=9))
    assert [(state, reason) for state, _, reason in ways.states()] == [("done", "sent"), ("exited", "merged")]
    assert len(sink.mails) == 1


def test_a_price_that_rose_again_before_the_hand_over_is_not_told(sink: Sink) -> None:
    world.stock("p1", price=8)
    row = ways.journey(MAIL)
    graph = row.version.graph | {"trigger": {"on": "price_drop", "min_percent": 5}}  # type: ignore[union-attr]
    JourneyVersion.objects.update(graph=graph)
    jane = world.person()
    facts = {"product_id": "p1", "old": "10", "new": "8", "currency": "EUR"}
    for name, price in (("still", 8), ("dearer", 9)):
        services.enroll(row, [Entry(jane, name, facts)], utc_now())
        services.step_slice()
        Product.objects.update(price=price)
        while send_slice():
            pass
        services.step_slice()
    assert [reason for _, _, reason in ways.states()] == ["sent", "price_changed"]
    assert len(sink.mails) == 1


def test_a_queued_mail_that_was_held_back_for_a_week_is_skipped(sink: Sink) -> None:
    row = ways.journey(MAIL, wait())
    ways.enter(row, world.person())
    moment = ways.pass_time(seconds=1)
    address = bytes(Message.objects.get().address_hash)
    consent.prefer(address, consent.Preferring(pause_until=moment + timedelta(days=30)), now=moment)
    send_slice(now=moment)
    held = Message.objects.get()
    assert held.not_before_at is not None
    assert held.not_before_at <= held.queued_at + timedelta(days=7, seconds=1)
    ways.send(moment + timedelta(days=31))
    assert [*world.messages(), *ways.states()] == [("suppressed", "too_long"), ("waiting", "w", "")]
    assert sink.mails == []


def test_a_mail_stopped_by_an_erasure_is_told_to_its_sender() -> None:
    """The way is another person's: only the address is of the one who was erased."""
    row = ways.journey(MAIL)
    ways.enter(row, world.person())
    ways.pass_time(seconds=1)
    message = Message.objects.get()

    class Erased:
        ids, address_hashes = (), (bytes(message.address_hash),)

    assert forgetting.stop_mails(Erased(), utc_now()) == 1  # type: ignore[arg-type]
    assert [(state, reason) for state, _, reason in ways.states()] == [("exited", "suppressed_erasure")]


def test_a_graph_that_cannot_be_read_any_more_stops_no_other_journey_and_loses_nobody(sink: Sink) -> None:
    bad, good = ways.journey(MAIL, slug="bad"), ways.journey(MAIL, slug="good")
    queued, waiting, jane = world.person("q", "q@example.com"), world.person("w", "w@example.com"), world.person()
    ways.enter(bad, queued)
    services.step_slice()
    ways.enter(bad, waiting, occasion="later")
    whole = bad.version.graph  # type: ignore[union-attr]
    JourneyVersion.objects.filter(journey=bad).update(graph=whole | {"trigger": {"on": "what nobody knows any more"}})
    ways.enter(good, jane)
    world.cart(jane)
    world.changed()
    now = utc_now()
    services.step_slice(now=now)
    while send_slice(now=now):
        pass
    put_off = Enrollment.objects.get(identifier_id=waiting)
    assert (put_off.state, put_off.reason, put_off.lease) == ("waiting", "error", None)
    assert put_off.due_at == now + timedelta(minutes=15)
    assert (sink.recipients, Enrollment.objects.get(identifier_id=queued).state) == ([world.JANE], "sending")
    JourneyVersion.objects.filter(journey=bad).update(graph=whole)
    ways.send(now + timedelta(hours=1))
    assert sorted(sink.recipients) == [world.JANE, "q@example.com", "w@example.com"]


def test_a_run_that_breaks_is_put_off_and_news_of_products_hold_up_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped = trigger_world.live("price_drop", min_percent=5)
    clock = trigger_world.live("date_trait", trait="birthday", annual=True, days_before=0, at="09:00")
    now = utc_now()
    run = TriggerRun(journey=dropped, occasion="broken", kind="price_drop", facts={"nonsense": 1})
    run.due_at = now - timedelta(days=9)
    run.save()
    turn_slice(now=now)
    assert not TriggerRun.objects.get(occasion="broken").pass_at
    while turn_slice(now=now):
        pass
    broken = TriggerRun.objects.get(occasion="broken")
    assert (broken.done_at, broken.due_at) == (None, now + timedelta(minutes=15))
    assert not TriggerRun.objects.filter(journey=clock, done_at__isnull=True, due_at__lte=now).exists()
    monkeypatch.setattr(from_products, "batch", lambda *_: Batch())
    turn_slice(now=now + timedelta(minutes=16))
    assert TriggerRun.objects.get(occasion="broken").done_at is not None
