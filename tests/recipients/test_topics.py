"""What the platform publishes becomes deliveries; Global Privacy Control keeps third parties out of all of it."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from commerce.models import Order
from consent.models import Refusal
from events.models import Source
from profiles.models import Identifier
from recipients import services
from recipients.models import Delivery
from recipients.services import sending
from segments.models import Segment
from tests.recipients.receiver import Receiver
from tests.recipients.world import deliver, message, person, recipient, say
from tests.segments.world import World

PIPELINE = {
    "events.process",
    "commerce.refold",
    "segments.mark",
    "segments.evaluate",
    "recipients.tell",
    "recipients.deliver",
}
BOUGHT = {"did": "Order Completed"}


@pytest.mark.django_db
def test_nobody_listening_costs_no_rows() -> None:
    services.consume_changes([message("order.changed", order_ids=["o1"])])
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_an_order_is_told_as_it_stands_when_it_is_sent(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    order = Order.objects.create(
        order_id="o1", identifier_id=jane, status="placed", currency="EUR", placed_at="2026-03-01T10:00Z", digest=b""
    )
    Order.objects.create(order_id="o2", identifier_id=None, status="placed", digest=b"")
    services.consume_changes([message("order.changed", order_ids=["o1", "o2"])])
    order.status = "refunded"
    order.save()
    deliver()
    assert [one.json["data"]["order"]["status"] for one in receiver.got] == ["refunded"]
    assert receiver.got[0].json["data"]["order"]["order_id"] == "o1"


@pytest.mark.django_db
def test_a_merge_names_the_profiles_that_went(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    winner = str(Identifier.objects.get(pk=jane).profile_id)
    gone = "018f0000-0000-7000-8000-000000000001"
    services.consume_changes([message("profile.merged", winner=winner, losers=[gone], identifier_ids=[jane])])
    deliver()
    assert receiver.got[0].json["data"] == {"merged_profile_ids": [gone]}
    assert receiver.got[0].json["person"]["profile_id"] == winner


@pytest.mark.django_db
def test_what_was_said_of_a_purpose_is_told_by_its_codes(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    entry = say(jane, "denied", "analytics")
    recipient(receiver)
    services.consume_changes([message("consent.changed", entry_ids=[entry])])
    deliver()
    data = receiver.got[0].json["data"]
    assert (data["purpose"], data["state"]) == ("analytics", "denied")


def shop(client: Client, source: Source, *, gpc: bool) -> None:
    """A visitor who looks and buys in a browser, over HTTP."""
    headers: dict[str, Any] = {"headers": {"Sec-GPC": "1"}} if gpc else {}
    items = [
        {"type": "track", "messageId": f"m{number}", "userId": "jane", "anonymousId": "a1", **item}
        for number, item in enumerate(
            [
                {"event": "Product Viewed", "properties": {"product_id": "p1"}},
                {"event": "Order Completed", "properties": {"order_id": "o1", "revenue": 10, "currency": "USD"}},
            ]
        )
    ]
    body = json.dumps({"writeKey": source.write_key, "batch": items})
    answer = client.post("/v1/batch", body, content_type="text/plain", **headers)
    assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("regime", ["ccpa", "gdpr"])
def test_with_global_privacy_control_a_third_party_is_told_nothing(
    regime: str, settings: Settings, client: Client, drain: Any, receiver: Receiver
) -> None:
    settings.CONSENT_DEFAULT_REGIME = regime
    World().segment(BOUGHT)
    recipient(receiver)
    shop(client, Source.objects.create(name="browser", kind="browser"), gpc=True)
    drain(only=PIPELINE)
    assert receiver.got == []
    rows = Delivery.objects.order_by("topic").values_list("topic", "state", "reason").distinct()
    assert {topic for topic, _, _ in rows} >= {"segment.entered", "order.changed"}
    assert {(state, reason) for _, state, reason in rows} == {("suppressed", "denied")}
    assert Delivery.objects.filter(consent_entry_id=None).count() == 0
    assert Refusal.objects.filter(use="sharing", purpose_id="third_party_sharing").exists()


@pytest.mark.django_db(transaction=True)
def test_without_it_the_opt_out_law_lets_a_third_party_be_told(
    settings: Settings, client: Client, drain: Any, receiver: Receiver
) -> None:
    """The same visit without the signal: what the test above refuses would have come."""
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    World().segment(BOUGHT)
    recipient(receiver)
    shop(client, Source.objects.create(name="browser", kind="browser"), gpc=False)
    drain(only=PIPELINE)
    assert {"order.changed", "segment.entered"} <= set(receiver.topics)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["granted", "denied"])
def test_who_entered_a_segment_is_told_only_where_the_person_allows_what_the_segment_is_for(
    state: str, settings: Settings, client: Client, drain: Any, receiver: Receiver
) -> None:
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    Segment.objects.filter(pk=World().segment(BOUGHT)).update(purpose="personalization")
    recipient(receiver)
    entry = say(person(), state, "personalization")
    shop(client, Source.objects.create(name="browser", kind="browser"), gpc=False)
    drain(only=PIPELINE)
    assert ("segment.entered" in receiver.topics) == (state == "granted")
    assert "order.changed" in receiver.topics
    if state == "denied":
        row = Delivery.objects.get(topic="segment.entered")
        assert (row.state, row.reason, row.consent_entry_id) == ("suppressed", "segment_denied", entry)
        refusal = Refusal.objects.get()
        assert (refusal.use, refusal.purpose_id, refusal.reason) == ("segment", "personalization", "denied")


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_does_not_ask_would_be_caught(
    settings: Settings, client: Client, drain: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with the gate sabotaged, the third party hears of a visitor with Global Privacy Control."""
    monkeypatch.setattr(sending, "ASKS_THE_GATE", False)
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    World().segment(BOUGHT)
    recipient(receiver)
    shop(client, Source.objects.create(name="browser", kind="browser"), gpc=True)
    drain(only=PIPELINE)
    assert receiver.got != []
