"""Deliveries as Standard Webhooks has them: signed, logged, sent again on demand, and never in each other's way."""

from datetime import timedelta

import pytest

from cdp.lib.clock import utc_now
from consent.contracts import WITHDRAWN
from recipients import services, signing
from recipients.contracts import JOURNEY
from recipients.models import Attempt, Delivery, Recipient
from recipients.services import sending
from tests.recipients.receiver import Receiver, serve
from tests.recipients.world import deliver, message, person, recipient, say, states, told

pytestmark = pytest.mark.django_db


def test_the_signature_is_the_one_of_the_specification() -> None:
    """The example of the specification's own libraries."""
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [key], 1614265330)
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.is_genuine(found, body, key, now=1614265330)
    assert not signing.is_genuine(found, body + b" ", key, now=1614265330)
    assert not signing.is_genuine(found, body, key, now=1614265330 + 301)


def test_each_try_is_logged_and_keeps_the_id(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    told(jane)
    receiver.answers = [500, 200]
    deliver()
    Delivery.objects.update(next_at=utc_now())
    Recipient.objects.update(quiet_until=None)
    deliver()
    tries = Attempt.objects.order_by("number").values_list("number", "status", "reason")
    assert list(tries) == [(1, 500, ""), (2, 200, "")]
    assert len({one.signed["webhook-id"] for one in receiver.got}) == 1


def test_who_hangs_delays_nobody_and_is_noted_when_the_answer_comes(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE_S", 0.3)
    jane = person()
    say(jane)
    with serve() as slow:
        slow.holds.clear()
        hanging = recipient(slow)
        recipient(receiver)
        told(jane)
        services.deliver_slice()
        assert (len(receiver.got), sorted(states())) == (1, [("sent", ""), ("waiting", "")])
        told(jane)
        services.deliver_slice()
        assert len(receiver.got) == 2
        left_alone = Recipient.objects.get(pk=hanging.pk).quiet_until
        assert left_alone is not None
        assert left_alone > utc_now() + timedelta(seconds=5)
        assert Delivery.objects.filter(recipient=hanging, attempts__gt=0).count() == 1
        slow.holds.set()
        for _, future in sending._hanging:
            future.result(5)
    services.deliver_slice()
    assert Delivery.objects.filter(recipient=hanging, state="sent").count() == 1
    assert sending._hanging == []


def test_what_was_taken_is_sent_again_on_demand_under_its_id_and_only_if_it_is_allowed_now(receiver: Receiver) -> None:
    jane, joe = person(), person("joe", "joe@example.com")
    say(jane, at=utc_now() - timedelta(days=1))
    say(joe, at=utc_now() - timedelta(days=1))
    row = recipient(receiver)
    told(jane)
    told(joe)
    deliver()
    say(joe, WITHDRAWN)
    now = utc_now()
    assert services.replay(row.pk, since=now - timedelta(hours=1), until=now, now=now) == 2
    deliver()
    ids = [one.signed["webhook-id"] for one in receiver.got]
    assert (len(ids), len(set(ids))) == (3, 2)
    assert sorted(states()) == [("sent", ""), ("suppressed", "withdrawn")]
    assert services.replay(row.pk, since=now - timedelta(hours=2), until=now - timedelta(hours=1), now=now) == 0


def test_a_journeys_step_is_told_to_the_recipient_it_names_alone_and_once(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    named = recipient(receiver, topics=[])
    recipient(receiver)
    payload = {
        "endpoint": named.pk,
        "key": "journey:7:h1",
        "journey": "win-back",
        "node": "h1",
        "identifier_id": jane,
        "facts": {"cart": "c1"},
    }
    services.consume_changes([message(JOURNEY, **payload), message(JOURNEY, **payload)])
    deliver()
    assert [(one.json["type"], one.json["data"]) for one in receiver.got] == [
        (JOURNEY, {"journey": "win-back", "step": "h1", "cart": "c1"})
    ]
