"""What an event itself denies is not stored, or stored without anybody; its word on consent is kept all the same."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from cdp.lib.clock import utc_now
from commerce.models import Cart
from consent.models import Entry, Proof, Purpose
from consent.purposes_in_force import forget_purposes
from events import services
from events.contracts import RequestFacts
from events.models import Event, Inbox, RejectedEvent, Source, SourceDay
from events.services.rerunning import run_again
from profiles.models import Identifier, Link, Profile

pytestmark = pytest.mark.django_db(transaction=True)
DENIES = {"consent": {"categoryPreferences": {"Analytics": False}}}
SECRETS = ("anon-1", "user-1", "jane@example.com", "203.0.113.9", "Mozilla", "dev-1", "cart-1", "+4915112345678")
FACTS = RequestFacts(ip="203.0.113.9", user_agent="Mozilla/5.0 Secret", anonymous_id="anon-1")


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="Shop", kind="browser")


@pytest.fixture
def denied() -> Iterator[Callable[..., None]]:
    """What becomes of an event that denies a purpose; as shipped again afterwards."""

    def ask(how: str, code: str = "analytics") -> None:
        Purpose.objects.filter(pk=code).update(denied_event=how)
        forget_purposes()

    yield ask
    Purpose.objects.exclude(pk="analytics").update(denied_event="store")
    ask("anonymous")


def event(name: str = "Product Viewed", **rest: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": name,
        "messageId": f"m-{name}",
        "anonymousId": "anon-1",
        "userId": "user-1",
        "timestamp": utc_now().isoformat(),
        "properties": {
            "product_id": "p1",
            "price": 9.5,
            "url": "https://shop.example/p1?email=jane@example.com",
            "email": "jane@example.com",
            "cart_id": "cart-1",
            "note": "for user-1",
        },
        "context": {
            **DENIES,
            "ip": "203.0.113.9",
            "userAgent": "Mozilla/5.0 Secret",
            "traits": {"phone": "+4915112345678"},
            "device": {"id": "dev-1"},
            "page": {"path": "/p1", "url": "https://shop.example/p1?user=user-1"},
            "campaign": {"source": "news", "click_id": "user-1"},
        },
        **rest,
    }


def send(source: Source, *items: dict[str, Any], facts: RequestFacts = FACTS) -> None:
    services.accept(source, json.dumps({"batch": items}).encode(), path_type="batch", facts=facts)
    services.process_slice()


def stored_text() -> str:
    rows = [*Event.objects.values_list("properties", "context", "name", "flags")]
    raw = [(bytes(body).decode(), facts) for body, facts in Inbox.objects.values_list("body", "facts")]
    rejects = [bytes(raw).decode() for raw in RejectedEvent.objects.values_list("raw", flat=True)]
    return f"{rows} {raw} {rejects}"


def test_an_event_that_denies_analytics_is_stored_without_anybody(source: Source) -> None:
    send(source, event())
    (row,) = Event.objects.all()
    nobody = Identifier.objects.get(kind="nobody")
    assert (row.name, row.identifier_id, row.flags) == ("Product Viewed", nobody.pk, ["anonymous"])
    assert row.properties == {"price": 9.5, "product_id": "p1", "url": "https://shop.example/p1"}
    assert row.context["page"]["path"] == "/p1"
    assert [secret for secret in SECRETS if secret in stored_text()] == []
    assert nobody.is_shared
    assert Profile.objects.get(pk=str(nobody.profile_id)).event_count == 0
    assert not Link.objects.exists()


def test_its_word_on_consent_is_kept_for_who_said_it(source: Source) -> None:
    send(source, event())
    entry = Entry.objects.get()
    said = Identifier.objects.get(pk=entry.identifier_id or 0)
    assert (said.kind, said.value, entry.purpose_id, entry.state) == ("user_id", "user-1", "analytics", "denied")
    assert set(Identifier.objects.values_list("kind", flat=True)) == {"nobody", "user_id"}


def test_a_replay_a_rebuild_and_a_retry_find_the_same(source: Source) -> None:
    once = event()
    send(source, once, event("Product Clicked"))

    def state() -> tuple[object, ...]:
        columns = ("name", "identifier_id", "flags", "properties", "context", "occurred_at", "message_hash")
        rows = [tuple(map(str, row)) for row in Event.objects.order_by("name").values_list(*columns)]
        counts = SourceDay.objects.values_list("received", "accepted", "duplicates", "refused").get()
        return rows, Entry.objects.count(), Identifier.objects.count(), counts

    before = state()
    request = list(Inbox.objects.values_list("pk", flat=True))
    run_again(request, rebuild=False)
    assert state() == before
    run_again(request, rebuild=True)
    assert state() == before
    send(source, once)
    assert state()[0] == before[0]
    assert SourceDay.objects.get().duplicates == 1
    assert [secret for secret in SECRETS if secret in stored_text()] == []


def test_a_purpose_may_refuse_the_event_altogether(source: Source, denied: Callable[..., None]) -> None:
    denied("refuse")
    send(source, event())
    assert not Event.objects.exists()
    assert SourceDay.objects.get().refused == 1
    assert [secret for secret in SECRETS if secret in stored_text()] == []
    assert Entry.objects.get().state == "denied"
    run_again(list(Inbox.objects.values_list("pk", flat=True)), rebuild=True)
    assert not Event.objects.exists()
    assert SourceDay.objects.get().refused == 1


def test_a_purpose_may_store_it_and_ask_at_each_use(source: Source, denied: Callable[..., None]) -> None:
    denied("store")
    send(source, event())
    assert "anonymous" not in Event.objects.get().flags
    assert "user-1" in stored_text()


def test_others_of_the_same_request_are_left_as_they_came(source: Source) -> None:
    other = event("Product Clicked", context={"ip": "203.0.113.9"}, messageId="m-2")
    send(source, event(), other)
    kept = Event.objects.get(name="Product Clicked")
    assert kept.properties["note"] == "for user-1"
    assert Inbox.objects.get().facts["ip"] == "203.0.113.9"
    assert "dev-1" not in stored_text()


@pytest.mark.parametrize(
    "name", ["Order Completed", "Order Refunded", "Segment Consent Preference Updated", "Email Opened", "Unsubscribed"]
)
def test_orders_consent_and_receipts_are_stored_as_ever(source: Source, name: str, denied: Callable[..., None]) -> None:
    denied("refuse")
    send(source, event(name, properties={"order_id": "o1", "total": 5}))
    assert Event.objects.get().name == name
    assert "user-1" in stored_text()


def test_calls_that_only_name_somebody_are_refused_instead(source: Source) -> None:
    send(source, event(type="identify", traits={"email": "jane@example.com"}))
    assert not Event.objects.exists()
    assert SourceDay.objects.get().refused == 1
    assert [secret for secret in SECRETS if secret in stored_text()] == []


def test_nobody_has_no_cart(source: Source) -> None:
    from cdp.outbox.contracts import TopicMessage
    from commerce.services import consume_events_stored

    send(source, event("Product Added"))
    row = Event.objects.get()
    payload = {"first_id": row.pk, "last_id": row.pk}
    consume_events_stored([TopicMessage(1, "events.stored", payload, utc_now(), 0, 1)])
    assert not Cart.objects.exists()


@pytest.mark.parametrize(("zone", "kept"), [("Europe/Berlin", 0), ("Asia/Tokyo", 1)])
def test_gpc_counts_where_the_law_of_the_event_says_so(
    source: Source, zone: str, kept: int, denied: Callable[..., None]
) -> None:
    from consent.models import PurposeRule

    PurposeRule.objects.filter(purpose_id="third_party_sharing", regime="other").update(gpc_denies=False)
    denied("refuse", "third_party_sharing")
    try:
        send(source, event(context={"timezone": zone}), facts=RequestFacts(gpc=True))
        assert Event.objects.count() == kept
        assert Entry.objects.get(method="gpc").state == "denied"
    finally:
        PurposeRule.objects.filter(purpose_id="third_party_sharing", regime="other").update(gpc_denies=True)


def test_an_unreadable_tc_string_is_flagged_and_a_good_one_kept_once_as_proof(source: Source) -> None:
    good = "CQgYw8AQgcD4AAfADBENAwFgAP_gAAAAAAYgFeQAwABAAIAV4AAAAAAA"
    send(source, event(context={"tcString": "!!!"}))
    assert "tcf_unreadable" in Event.objects.get().flags
    assert not Entry.objects.exists()
    send(source, *(event(f"Seen {n}", context={"consent": {"tcf": good}}) for n in range(3)))
    proof = Proof.objects.get(kind="tcf")
    assert proof.content == {"string": good}
    assert set(Entry.objects.values_list("method", "state", "proof_id")) == {("tcf", "granted", proof.pk)}


def test_a_browser_s_sign_up_is_pending_and_asked_about_once_a_day(source: Source) -> None:
    for n in range(3):
        said = event("Email Subscribed", messageId=f"s{n}", context={"locale": "de"})
        send(source, said | {"timestamp": (utc_now() - timedelta(seconds=n)).isoformat()})
    assert set(Entry.objects.values_list("state", "purpose_id")) == {("pending", "email_marketing")}
    proof = Proof.objects.get(kind="sign_up")
    assert (proof.content["address"], proof.content["locale"]) == ("jane@example.com", "de")


def test_nobody_can_be_named_from_outside(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(kind="server")
    context = {"externalIds": [{"type": "nobody", "id": "source-1", "collection": "users"}]}
    send(source, event(context=context))
    assert not Identifier.objects.filter(kind="nobody").exists()


@pytest.mark.parametrize(
    "consent",
    [None, 3, [], {"categoryPreferences": 3}, {"categoryPreferences": {"a" * 5000: False}}, {"tcf": {"tcString": [1]}},
     {"tcf": "\ud800"}, {"categoryPreferences": {"Analytics": False, "x": {"y": 1}}, "tcf": "C" * 9000}],
)  # fmt: skip
def test_hostile_consent_contexts_never_stop_the_inbox(source: Source, consent: object) -> None:
    hostile = event(context={"consent": consent, "consentManagement": consent, "tcString": consent})
    send(source, hostile, event("Fine", context={}))
    assert Event.objects.filter(name="Fine").exists()
    assert not RejectedEvent.objects.filter(stage="poison").exists()
