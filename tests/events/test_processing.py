"""From the inbox to the log: what is stored, once, under which identifier, and how it is counted."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.hashing import identifier_hash, message_hash
from consent.models import Tombstone
from events import items, queries, services
from events.models import Event, Inbox, RejectedEvent, Source, SourceDay, StoredMessage
from events.services import claiming, planning, processing, storing
from profiles.models import Identifier, IdentifierState
from tests.events.conftest import Send
from tests.threads import in_threads

Work = Callable[[], int]


def track(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Product Viewed", "userId": "u1", "messageId": f"m-{number}", **more}


def counters() -> tuple[int, ...]:
    days = SourceDay.objects.all()
    return tuple(
        sum(getattr(day, name) for day in days)
        for name in ("received", "accepted", "duplicates", "rejected", "refused")
    )


def test_an_event_is_stored_with_canonical_values(send: Send, work: Work, server: Source) -> None:
    properties = {
        "price": 19.99,
        "quantity": 2,
        "big": 1e400,
        "huge": 10**13,
        "text": "12.50",
        "tiny": 0.1234565,
        "cart_id": 77,
    }
    raw = json.dumps(track(event="added product", properties=properties)).replace("Infinity", "1e400")
    assert send(f'{{"batch":[{raw}]}}'.encode()).status_code == 200
    assert work() == 1
    event = queries.events_between(0, 2**62)[0]
    assert (event.name, event.type, event.cart_id, event.order_id) == ("Product Added", "track", "77", None)
    assert event.properties == {
        "price": Decimal("19.99"),
        "quantity": 2,
        "big": "1e400",
        "huge": str(10**13),
        "text": "12.50",
        "tiny": Decimal("0.123456"),
        "cart_id": 77,
    }
    assert event.server_side is True
    assert Identifier.objects.get(pk=event.identifier_id).value == "u1"
    assert counters() == (1, 1, 0, 0, 0)


def test_the_same_message_is_stored_once_for_ever_and_its_first_body_wins(send: Send, work: Work) -> None:
    send([track(properties={"n": 1})])
    work()
    send([track(properties={"n": 2}), track(properties={"n": 3})])
    work()
    assert [event.properties for event in queries.events_between(0, 2**62)] == [{"n": 1}]
    assert StoredMessage.objects.count() == 1
    assert counters() == (3, 1, 2, 0, 0)


def test_the_same_message_id_of_two_sources_is_two_events(send: Send, work: Work, browser: Source) -> None:
    send([track()])
    send([track()], key=browser.write_key)
    work()
    assert Event.objects.count() == 2


def test_without_a_message_id_the_place_in_the_inbox_is_the_id(send: Send, work: Work) -> None:
    body = {"batch": [{k: v for k, v in track().items() if k != "messageId"}] * 2}
    send(body)
    work()
    assert Event.objects.count() == 2
    Inbox.objects.update(done_at=None)
    work()
    assert Event.objects.count() == 2
    assert counters() == (4, 2, 2, 0, 0)


def test_faulty_items_go_to_quarantine_and_the_others_are_stored(send: Send, work: Work) -> None:
    bad = {"type": "track", "userId": "u1"}
    blocked = track(2, userId="null", anonymousId="undefined")
    answer = send([track(1), bad, blocked, {"type": "mystery", "userId": "u1"}])
    assert [(fault["index"], fault["code"]) for fault in answer.json()["rejected"]] == [
        (1, "missing_event"),
        (3, "unknown_type"),
    ]
    work()
    rows = RejectedEvent.objects.order_by("index").values_list("index", "stage", "reason")
    assert list(rows) == [
        (1, "validate", "missing_event"),
        (2, "identity", "nobody_named"),
        (3, "validate", "unknown_type"),
    ]
    assert json.loads(bytes(RejectedEvent.objects.get(index=1).raw)) == bad
    assert counters() == (4, 1, 0, 3, 0)


def test_a_browser_asserts_only_anonymous_and_user_ids(send: Send, work: Work, browser: Source) -> None:
    item = {
        "type": "identify",
        "userId": "u9",
        "anonymousId": "a9",
        "traits": {"email": "x@example.com"},
        "messageId": "i",
    }
    send([item], key=browser.write_key)
    work()
    assert sorted(Identifier.objects.values_list("kind", flat=True)) == ["anonymous_id", "user_id"]
    send([item])
    work()
    assert sorted(Identifier.objects.values_list("kind", flat=True)) == ["anonymous_id", "email", "user_id"]


def test_traits_of_rudder_stand_under_context_and_fold_into_the_state(send: Send, work: Work) -> None:
    send([{"type": "identify", "userId": "u1", "context": {"traits": {"plan": "gold", "age": 4.5}}, "messageId": "i"}])
    work()
    state = IdentifierState.objects.get()
    assert {name: trait[0] for name, trait in state.traits.items()} == {"plan": "gold", "age": 4.5}
    assert Event.objects.get().properties == {"plan": "gold", "age": 4.5}


def test_an_alias_that_names_two_user_ids_joins_nobody(send: Send, work: Work) -> None:
    send([track(1, userId="old"), {"type": "alias", "previousId": "old", "userId": "new", "messageId": "al"}])
    work()
    users = Identifier.objects.filter(kind="user_id").values_list("value", "profile_id")
    assert len({profile for _, profile in users}) == 2


def test_an_alias_of_an_anonymous_id_joins(send: Send, work: Work) -> None:
    send(
        [
            track(1, userId=None, anonymousId="anon"),
            {"type": "alias", "previousId": "anon", "userId": "u1", "messageId": "al"},
        ]
    )
    work()
    assert len(set(Identifier.objects.values_list("profile_id", flat=True))) == 1


def test_the_fence_refuses_rows_that_another_worker_has_taken(send: Send) -> None:
    send([track()])
    first = claiming.claim()
    assert first is not None
    Inbox.objects.update(claimed_until=utc_now().replace(year=2020))
    second = claiming.claim()
    assert second is not None
    assert second.rows[0].attempts == 2
    planned = planning.plan(planning.read_rows(first.rows))
    with pytest.raises(storing.FenceLost):
        storing.store(planned, fence=processing._finish(first.rows, first.token))
    assert (Event.objects.count(), StoredMessage.objects.count(), SourceDay.objects.count()) == (0, 0, 0)
    assert storing.store(planned, fence=processing._finish(second.rows, second.token)) == 1
    assert counters() == (1, 1, 0, 0, 0)


def test_without_the_fence_the_same_rows_would_be_counted_twice(send: Send) -> None:
    """The control of the test above: the event log alone would be saved by its message hash, the counters would not."""
    send([track()])
    claim = claiming.claim()
    assert claim is not None
    for _ in range(2):
        planned = planning.plan(planning.read_rows(claim.rows))
        storing.store(planned, fence=lambda: None)
    assert counters() == (2, 1, 1, 0, 0)


def test_a_claim_takes_live_rows_before_bulk_ones_but_bulk_is_not_starved(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "MOST_EVENTS", 1)
    monkeypatch.setattr(claiming, "_turns", iter(range(1, 100)))
    for number in range(8):
        send([track(number)], "/v1/import" if number < 2 else "/v1/batch")
    lanes = []
    while claim := claiming.claim():
        lanes.append(Inbox.objects.get(pk=claim.rows[0].id).lane)
    assert lanes == [0, 0, 0, 0, 1, 0, 0, 1]


def test_a_poison_item_ends_in_quarantine_and_its_neighbors_in_the_log(
    send: Send, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = items.open_item

    def explode(item: Any, **more: Any) -> Any:
        if b"bomb" in item.raw:
            raise ZeroDivisionError
        return real(item, **more)

    monkeypatch.setattr(planning, "open_item", explode)
    for start in range(0, 12, 4):
        send([track(number, properties={"note": "bomb" if number == 6 else ""}) for number in range(start, start + 4)])
    work()
    row = RejectedEvent.objects.get()
    assert (row.stage, row.index) == ("poison", 2)
    assert row.reason.startswith("ZeroDivisionError")
    assert Event.objects.count() == 11
    assert counters() == (12, 11, 0, 1, 0)
    assert not Inbox.objects.filter(done_at=None).exists()


def test_an_item_that_kills_its_worker_is_found_by_the_mark_it_left(send: Send, work: Work) -> None:
    send([track(number) for number in range(3)])
    Inbox.objects.update(attempts=6, facts={"next_index": 1, "trying": 1, "tries": 2})
    work()
    found = RejectedEvent.objects.values_list("stage", "index", "reason").get()
    assert found == ("poison", 1, "the process died twice")
    assert Event.objects.values_list("index", flat=True).get() == 2
    assert counters() == (2, 1, 0, 1, 0)


def test_what_is_recorded_in_process_takes_the_same_way(server: Source, work: Work) -> None:
    invoice = track(
        1,
        event="Order Completed",
        properties={"order_id": "o1", "products": [{"product_id": "p", "price": Decimal("1.5")}] * 900},
    )
    answers = services.record(server, [invoice, track(2)])
    assert [answer.received for answer in answers] == [2]
    assert Inbox.objects.get().lane == Inbox.Lane.BULK
    work()
    assert Event.objects.count() == 2
    assert queries.events_of_order_ids(["o1"])[0].properties["products"][0]["price"] == Decimal("1.5")


def test_a_quarantined_item_can_be_replayed_once(send: Send, work: Work, server: Source) -> None:
    send([track(1, userId="null")])
    work()
    row = RejectedEvent.objects.get()
    RejectedEvent.objects.update(raw=json.dumps(track(1)).encode())
    assert services.replay([row.pk]) == 1
    assert services.replay([row.pk]) == 0
    work()
    assert Event.objects.count() == 1
    row.refresh_from_db()
    assert row.resolved_at is not None


def test_stored_batches_are_published_with_contiguous_ids(send: Send, work: Work) -> None:
    from cdp.outbox.models import TopicRow

    send([track(number) for number in range(5)])
    work()
    payload = TopicRow.objects.get(topic="events.stored").payload
    assert payload["last_id"] - payload["first_id"] == 4
    assert list(Event.objects.order_by("id").values_list("id", flat=True)) == list(
        range(payload["first_id"], payload["last_id"] + 1)
    )


def test_events_of_an_erased_person_are_refused_and_blanked_in_the_raw_request(send: Send, work: Work) -> None:
    Tombstone.objects.create(identifier_hash=identifier_hash("user_id", "gone"), erased_at=utc_now())
    past = {"timestamp": "2020-01-01T00:00:00Z", "userId": "gone"}
    send([track(1), track(2, **past)])
    work()
    assert bytes(Event.objects.get().message_hash) == message_hash("m-1")
    assert counters() == (2, 1, 0, 0, 1)
    assert b"gone" not in bytes(Inbox.objects.get().body)
    assert not Identifier.objects.filter(value="gone").exists()
    Inbox.objects.update(done_at=None)
    work()
    assert counters() == (4, 1, 1, 0, 2)


def test_a_message_of_an_erased_person_sent_again_is_refused_and_blanked_though_it_is_known(
    send: Send, work: Work
) -> None:
    told = {"userId": "gone", "properties": {"note": "canary"}}
    send([track(1, timestamp="2020-01-01T00:00:00Z", **told), track(2, **told)])
    work()
    Tombstone.objects.create(identifier_hash=identifier_hash("user_id", "gone"), erased_at=utc_now())
    Inbox.objects.all().delete()  # as the erasure leaves them
    send([track(1, timestamp="2020-01-01T00:00:00Z", **told), track(2, **told), track(3, userId="other")])
    send([track(4, timestamp="2020-01-01T00:00:00Z", **told)] * 2)
    work()
    assert counters() == (7, 3, 0, 0, 4)
    assert not any(b"canary" in bytes(body) for body in Inbox.objects.values_list("body", flat=True))


def test_a_live_event_after_the_erasure_starts_anew_but_an_import_never_does(send: Send, work: Work) -> None:
    Tombstone.objects.create(identifier_hash=identifier_hash("user_id", "gone"), erased_at=utc_now().replace(year=2021))
    Source.objects.create(name="archive", kind=Source.Kind.IMPORT, write_key="wk_archive")
    send([track(1, userId="gone")])
    send([track(2, userId="gone")], key="wk_archive")
    work()
    assert counters() == (2, 1, 0, 0, 1)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_store_every_event_once_and_count_each(send: Send) -> None:
    for start in range(0, 400, 20):
        batch = [
            track(number % 300, userId=f"u{number % 7}", anonymousId=f"a{number % 11}")
            for number in range(start, start + 20)
        ]
        send(batch)
    in_threads(8, work_until_empty)
    assert Event.objects.count() == 300
    assert counters() == (400, 300, 100, 0, 0)
    assert sum(state.event_count for state in IdentifierState.objects.all()) == 300
    assert not Inbox.objects.filter(done_at=None).exists()


def work_until_empty() -> None:
    while services.process_slice():
        pass
