"""Each delivery is asked at the gate as it is sent, signed, tried again, and given up with an alarm."""

from collections import Counter
from datetime import timedelta

import pytest

from cdp.alarms.models import Alarm
from cdp.lib.clock import utc_now
from consent.contracts import DENIED, GRANTED, WITHDRAWN
from consent.models import Refusal
from profiles.models import Identifier
from recipients import retrying, services, signing
from recipients.models import Delivery, Disclosure, Recipient
from recipients.services import sending
from tests.recipients.receiver import Receiver
from tests.recipients.world import deliver, due_now, person, recipient, say, states, told

pytestmark = pytest.mark.django_db


def test_what_is_allowed_is_sent_signed_with_ids_only(receiver: Receiver) -> None:
    jane = person()
    entry = say(jane)
    recipient(receiver)
    key = told(jane)
    deliver()
    got = receiver.got[0]
    assert signing.is_genuine(got.signed, got.body, "whsec_first", now=int(utc_now().timestamp()))
    assert not signing.is_genuine(got.signed, got.body, "other", now=int(utc_now().timestamp()))
    profile_id = str(Identifier.objects.get(pk=jane).profile_id)
    assert got.json == {
        "id": key,
        "type": "consent.changed",
        "timestamp": got.json["timestamp"],
        "sent_at": got.json["sent_at"],
        "attempt": 1,
        "data": {"purpose": "analytics"},
        "person": {"profile_id": profile_id, "identifiers": {}, "traits": {}},
    }
    row = Delivery.objects.get()
    assert (row.state, row.status, row.attempts, row.consent_entry_id) == ("sent", 200, 1, entry)


def test_only_the_chosen_fields_are_given(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver, fields=["identifier:email", "trait:first_name"])
    told(jane)
    deliver()
    assert receiver.got[0].json["person"]["identifiers"] == {"email": ["jane@example.com"]}
    assert Disclosure.objects.get().fields == ["identifier:email", "trait:first_name"]


def test_a_withdrawal_after_it_was_told_and_before_it_is_sent_stops_it(receiver: Receiver) -> None:
    jane = person()
    say(jane, at=utc_now() - timedelta(days=1))
    recipient(receiver)
    told(jane)
    entry = say(jane, WITHDRAWN)
    deliver()
    assert receiver.got == []
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.consent_entry_id, row.attempts) == ("suppressed", "withdrawn", entry, 0)
    refusal = Refusal.objects.get()
    assert (refusal.use, refusal.purpose_id, refusal.reason) == ("sharing", "third_party_sharing", "withdrawn")
    assert not Disclosure.objects.exists()


def test_without_the_gate_the_same_withdrawal_would_be_shared(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with the gate sabotaged the test above must go red."""
    monkeypatch.setattr(sending, "ASKS_THE_GATE", False)
    jane = person()
    recipient(receiver)
    told(jane)
    say(jane, WITHDRAWN)
    deliver()
    assert len(receiver.got) == 1


def test_a_processor_is_asked_about_the_purpose_it_serves(receiver: Receiver) -> None:
    jane = person()
    say(jane, DENIED)
    say(jane, GRANTED, "analytics")
    recipient(receiver, role="processor", purpose="analytics")
    recipient(receiver, role="third_party")
    told(jane)
    deliver()
    assert sorted(states()) == [("sent", ""), ("suppressed", "denied")]
    assert len(receiver.got) == 1


def test_a_purpose_nobody_installed_allows_nothing(receiver: Receiver) -> None:
    recipient(receiver, purpose="no_such")
    told(person())
    deliver()
    assert (receiver.got, states()) == ([], [("suppressed", "unknown_purpose")])


def test_somebody_who_is_gone_is_told_to_nobody_and_leaves_nothing(receiver: Receiver) -> None:
    jane = person()
    recipient(receiver)
    key = told(jane)
    Identifier.objects.all().delete()
    deliver()
    row = Delivery.objects.get()
    assert (receiver.got, row.state, row.reason, row.profile_id, row.facts) == ([], "suppressed", "gone", None, {})
    assert row.key != key


def test_the_same_key_is_told_once() -> None:
    recipient()
    now = utc_now()
    assert services.tell("order.changed", "k", now=now) == 1
    assert services.tell("order.changed", "k", now=now) == 0


def test_a_disabled_recipient_and_one_of_other_topics_are_told_nothing() -> None:
    recipient(enabled=False)
    recipient(topics=["order.changed"])
    told(person())
    assert states() == []


def test_a_failing_recipient_is_tried_again_later_with_the_same_id(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    told(jane)
    receiver.answers = [500, 200]
    deliver()
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.status) == ("waiting", "status_500", 500)
    assert row.next_at > utc_now() + timedelta(seconds=5)
    due_now()
    deliver()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.reason) == ("sent", 2, "")
    assert len({one.json["id"] for one in receiver.got}) == 1
    assert Recipient.objects.get().failures == 0


def test_the_gate_is_asked_again_with_each_try(receiver: Receiver) -> None:
    jane = person()
    say(jane, at=utc_now() - timedelta(days=1))
    recipient(receiver)
    told(jane)
    receiver.answers = [503]
    deliver()
    say(jane, WITHDRAWN)
    due_now()
    deliver()
    assert (len(receiver.got), states()) == (1, [("suppressed", "withdrawn")])


def test_what_is_never_taken_is_given_up_with_an_alarm_and_may_be_tried_again(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    told(jane)
    receiver.answers = [500]
    for _ in range(retrying.MOST_ATTEMPTS):
        due_now()
        deliver()
    assert states() == [("failed", "status_500")]
    assert Alarm.objects.get(code="recipients.failing").level == "error"
    receiver.answers = [204]
    assert services.retry(list(Delivery.objects.values_list("pk", flat=True)), now=utc_now()) == 1
    deliver()
    assert states() == [("sent", "")]
    assert Alarm.objects.get(code="recipients.failing").cleared_at is not None


def test_a_recipient_that_does_not_answer_delays_nobody_else(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    away = recipient()
    recipient(receiver)
    for _ in range(20):
        told(jane)
    deliver()
    assert len(receiver.got) == 20
    assert Delivery.objects.filter(recipient=away, attempts__gt=0).count() == 8
    quiet_until = Recipient.objects.get(pk=away.pk).quiet_until
    assert quiet_until is not None
    assert quiet_until > utc_now()


def test_no_delivery_waits_for_a_thread_after_the_gate_was_asked_and_recipients_take_turns() -> None:
    """Else what was asked now would be sent when a recipient that does not answer sets a thread free."""
    jane = person()
    for _ in range(6):
        recipient()
    for _ in range(10):
        told(jane)
    claimed = sending._claim(utc_now())
    counts = Counter(one.recipient_id for one in claimed)
    assert (len(claimed), sorted(counts.values())) == (sending.ALL_AT_ONCE, [5, 5, 5, 5, 6, 6])
    assert len(sending._claim(utc_now())) == 60 - sending.ALL_AT_ONCE


def test_a_redirect_is_not_followed_and_is_no_delivery(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    receiver.answers, receiver.location = [302], receiver.url + "/elsewhere"
    told(jane)
    deliver()
    assert [one.path for one in receiver.got] == ["/hook"]
    assert states() == [("waiting", "status_302")]


def test_both_secrets_sign_while_one_is_changed(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    row = recipient(receiver)
    new = services.rotate_secret(row.pk, now=utc_now())
    told(jane)
    deliver()
    got, now = receiver.got[0], int(utc_now().timestamp())
    assert signing.is_genuine(got.signed, got.body, "whsec_first", now=now)
    assert signing.is_genuine(got.signed, got.body, new, now=now)


def test_a_row_of_a_worker_that_died_is_due_again_under_the_same_key(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    told(jane)
    sending._claim(utc_now())
    assert services.deliver_slice() == 0
    due_now()
    deliver()
    assert (states(), len(receiver.got)) == ([("sent", "")], 1)


def test_a_test_delivery_holds_nobodys_data(receiver: Receiver) -> None:
    row = recipient(receiver)
    assert services.send_test(row, now=utc_now()).state == "sent"
    assert receiver.got[0].json["type"] == "test"
    assert "person" not in receiver.got[0].json
    receiver.answers = [404]
    failed = services.send_test(row, now=utc_now())
    assert (failed.state, failed.reason) == ("failed", "status_404")
