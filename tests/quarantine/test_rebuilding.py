"""Raw requests run again: plainly nothing changes, rebuilding heals, and neither counts anything twice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from consent.models import Entry
from events import services
from events.blanking import blank
from events.models import Event, Inbox, RejectedEvent, Source, SourceDay
from events.queries.requests import Range, preview
from profiles.models import Profile
from tests.quarantine.conftest import Work, believed, day_counts, send, track

Drain = Callable[..., int]
pytestmark = pytest.mark.django_db(transaction=True)
WORK = frozenset({"events.process", "commerce.refold", "commerce.rejoin", "commerce.unfold"})


def shop(server: Source, browser: Source) -> None:
    """Two people, a merge, a cart, an order, a duplicate, a conflict, rejects, an absent message id."""
    line: dict[str, Any] = {"product_id": "p1", "price": 10, "quantity": 1, "cart_id": "c1"}
    send(server, track(1), track(2, "Product Added", **line), {"type": "track", "userId": "u1"})
    send(server, track(1), {**track(2, "Product Added", **line), "event": "Other"}, track(3, user="u2"))
    send(server, {"type": "identify", "userId": "u2", "messageId": "i1", "timestamp": "2026-03-01T09:00:00Z",
                  "traits": {"email": "two@shop.example", "plan": "gold"}})  # fmt: skip
    send(browser, {"type": "identify", "userId": "u1", "anonymousId": "a1", "messageId": "i2",
                   "timestamp": "2026-03-01T09:01:00Z", "traits": {"city": "Ghent"}})  # fmt: skip
    order: dict[str, Any] = {"order_id": "o1", "total": 10, "revenue": 10, "products": [line], "cart_id": "c1"}
    send(server, track(4, "Order Completed", **order), {"type": "page", "userId": "u2", "anonymousId": "a2"})


@pytest.fixture
def filled(server: Source, drain: Drain) -> dict[str, Any]:
    browser = Source.objects.create(name="shop", kind=Source.Kind.BROWSER)
    shop(server, browser)
    drain(only=WORK)
    found = believed()
    assert len(found["events"]) == 7
    assert found["orders"]
    return found


def replay(*, rebuild: bool = False, **asked: Any) -> dict[str, Any]:
    job = jobs.enqueue("events.replay", {**Range(**asked).params(), "rebuild": rebuild})
    assert jobs.run_now(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.DONE, "")
    return dict(job.result)


def truncate(*tables: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)}")


def test_running_everything_again_changes_nothing(filled: dict[str, Any], drain: Drain) -> None:
    result = replay()
    drain(only=WORK)
    assert believed() == filled
    assert (result["requests"], result["items"], result["stored"]) == (5, 10, 0)


def test_rebuilding_everything_gives_what_was_there(filled: dict[str, Any], drain: Drain) -> None:
    ids = set(Event.objects.values_list("pk", flat=True))
    result = replay(rebuild=True)
    drain(only=WORK)
    assert believed() == filled
    assert (result["stored"], result["taken_out"]) == (7, 7)
    assert not ids & set(Event.objects.values_list("pk", flat=True))


def test_a_row_lost_by_hand_heals_by_rebuilding_and_not_by_running_again(filled: dict[str, Any], drain: Drain) -> None:
    Event.objects.filter(name="Order Completed").delete()
    Profile.objects.all().delete()
    replay()
    drain(only=WORK)
    assert Event.objects.count() == 6
    replay(rebuild=True)
    drain(only=WORK)
    assert believed() == filled


def test_rebuilding_an_emptied_log_gives_everything_back(filled: dict[str, Any], drain: Drain) -> None:
    truncate("events_event", "events_storedmessage", "profiles_identifierstate")
    Profile.objects.all().delete()
    replay(rebuild=True)
    drain(only=WORK)
    assert believed() == filled


def test_what_was_never_stored_is_stored_by_running_again(filled: dict[str, Any], drain: Drain) -> None:
    truncate("events_event", "events_storedmessage")
    assert replay()["stored"] == 7
    drain(only=WORK)
    found = believed()
    assert found["events"] == filled["events"]
    assert (found["days"], found["quarters"]) == (filled["days"], filled["quarters"])


def test_one_source_and_range_are_rebuilt_alone(filled: dict[str, Any], drain: Drain, server: Source) -> None:
    other = Source.objects.get(kind=Source.Kind.BROWSER)
    kept = set(Event.objects.filter(source_id=server.pk).values_list("pk", flat=True))
    assert replay(rebuild=True, source_id=other.pk)["requests"] == 1
    drain(only=WORK)
    assert believed() == filled
    assert set(Event.objects.filter(source_id=server.pk).values_list("pk", flat=True)) == kept
    assert preview(Range(source_id=other.pk)).events == 1


def test_a_message_another_request_stored_stays_with_it(filled: dict[str, Any], drain: Drain) -> None:
    second = Inbox.objects.order_by("pk")[1]
    assert services.run_again([second.pk], rebuild=True).taken_out == 1
    drain(only=WORK)
    assert believed() == filled


def test_items_of_the_erased_stay_blank(filled: dict[str, Any], drain: Drain, server: Source) -> None:
    first, second = Inbox.objects.order_by("pk")[:2]
    Event.objects.filter(inbox_id=first.pk, index=0).delete()
    for row in (first, second):
        body = blank(bytes(row.body), path_type=row.path_type, indexes={0})
        Inbox.objects.filter(pk=row.pk).update(body=body)
    services.refold(Event.objects.values_list("identifier_id", flat=True))
    before = believed()
    replay(rebuild=True)
    drain(only=WORK)
    assert believed() == before
    assert b'{"blanked":true}' in bytes(Inbox.objects.get(pk=first.pk).body)


def test_what_cannot_be_stored_again_moves_in_the_counters_and_out_of_carts_and_orders(
    filled: dict[str, Any], drain: Drain
) -> None:
    order = Event.objects.get(name="Order Completed")
    row = Inbox.objects.get(pk=order.inbox_id)
    Inbox.objects.filter(pk=row.pk).update(body=bytes(row.body).replace(b'"Order Completed"', b'""'))
    accepted, rejected = SourceDay.objects.values_list("accepted", "rejected").get(source_id=order.source_id)
    replay(rebuild=True)
    drain(only=WORK)
    assert RejectedEvent.objects.filter(inbox_id=row.pk, reason="missing_event").exists()
    day = SourceDay.objects.get(source_id=order.source_id)
    assert (day.accepted, day.rejected) == (accepted - 1, rejected + 1)
    found = believed()
    assert found["orders"] == []
    assert {cart[5] for cart in found["carts"]} != {cart[5] for cart in filled["carts"]}
    assert sum(quarter[2] for quarter in found["quarters"]) == 6


def test_a_job_that_was_stopped_goes_on_where_it_was(filled: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.services.rerunning.MOST_REQUESTS", 2)
    monkeypatch.setattr("cdp.jobs.services.SLICE_S", 0.0)
    job = jobs.enqueue("events.replay", {**Range().params(), "rebuild": True})
    slices = 0
    while jobs.run_now(job.pk):
        slices += 1
        job.refresh_from_db()
        if job.state == Job.State.DONE:
            break
    assert (slices, job.result["requests"], job.done, job.total) == (4, 5, 5, 5)
    assert believed()["events"] == filled["events"]


def test_requests_that_wait_are_left_to_processing(server: Source, work: Work) -> None:
    waiting = send(server, track(1))
    assert replay(rebuild=True)["requests"] == 0
    assert Inbox.objects.get(pk=waiting).done_at is None
    assert work() == 1
    assert day_counts() == (1, 1, 0, 0, 0)


def test_consent_is_not_heard_twice(server: Source, work: Work) -> None:
    consent = {"categoryPreferences": {"Advertising": False, "Marketing": True}}
    send(server, {**track(1), "context": {"consent": consent}})
    work()
    before = Entry.objects.count()
    replay(rebuild=True)
    assert Entry.objects.count() == before
