"""Quarantine: an item is mended beside its original, checked, sent again once with what its request said, dismissed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from events import services
from events.models import Event, Inbox, RejectedEvent, Source
from events.queries.quarantine import QuarantineFilter, chain, groups
from events.services.accepting import accept
from events.services.replaying_many import for_job
from tests.commerce.facts import START
from tests.quarantine.conftest import Work, day_counts, send, track

pytestmark = pytest.mark.django_db(transaction=True)
BAD = {"type": "track", "event": "Product Added", "messageId": "b1"}


def mended(row: RejectedEvent, **changes: Any) -> bytes:
    return json.dumps({**json.loads(bytes(row.raw)), **changes}).encode()


def test_an_item_that_is_mended_is_stored_under_its_first_receipt_and_counted_once(server: Source, work: Work) -> None:
    send(server, track(1), BAD)
    work()
    assert day_counts() == (2, 1, 0, 1, 0)
    row = RejectedEvent.objects.get()
    assert (row.name, row.stage, row.reason) == ("Product Added", "validate", "missing_id")
    body = mended(row, userId="u9", timestamp="2026-03-01T08:00:00Z")
    assert services.check(row, body).verdict == "accepted"
    assert services.check(row, bytes(row.raw)).reason == "missing_id"
    assert (Event.objects.count(), Inbox.objects.count()) == (1, 1)
    assert services.save_edited(row.pk, body)
    assert services.replay([row.pk], 7) == 1
    assert services.replay([row.pk]) == 0
    work()
    row.refresh_from_db()
    stored = Event.objects.get(name="Product Added")
    assert (row.resolution, row.resolved_by_id, row.replayed_as_id) == ("replayed", 7, stored.inbox_id)
    assert json.loads(bytes(row.raw)) == BAD
    assert stored.received_at == row.received_at == START
    assert day_counts() == (2, 2, 0, 0, 0)


def test_what_its_request_said_goes_along(server: Source, work: Work) -> None:
    head = {"ip": "203.0.113.9", "gpc": True, "user_agent": "Tests/1"}
    body = {"batch": [{"type": "track", "userId": "u1"}], "sentAt": "2026-03-01T12:00:00Z"}
    accept(server, json.dumps(body).encode(), path_type="batch", facts=head, received_at=START)
    work()
    services.save_edited(RejectedEvent.objects.get().pk, mended(RejectedEvent.objects.get(), event="Seen"))
    services.replay([RejectedEvent.objects.get().pk])
    facts = Inbox.objects.order_by("-pk")[0].facts
    assert datetime.fromisoformat(facts.pop("queued_at")) > START
    assert facts == {**head, "sent_at": "2026-03-01T12:00:00Z", "replay": "item"}


def test_an_item_without_a_message_id_keeps_the_one_of_its_place(server: Source, work: Work) -> None:
    send(server, {"type": "track", "userId": "u1"})
    work()
    row = RejectedEvent.objects.get()
    services.save_edited(row.pk, mended(row, event="Seen"))
    services.replay([row.pk])
    work()
    # Were the rule it broke dropped, the first request would store the same message: a duplicate.
    first = Inbox.objects.order_by("pk")[0]
    Inbox.objects.filter(pk=first.pk).update(body=bytes(first.body).replace(b'"userId"', b'"event":"Seen","userId"'))
    assert services.run_again([first.pk], rebuild=False).stored == 0
    assert Event.objects.count() == 1


def test_what_fails_again_comes_back_as_a_row_of_its_own(server: Source, work: Work) -> None:
    send(server, BAD)
    work()
    first = RejectedEvent.objects.get()
    services.replay([first.pk])
    work()
    second = RejectedEvent.objects.get(resolved_at=None)
    first.refresh_from_db()
    assert (chain(first).came_back, chain(second).came_from) == (second.pk, first.pk)
    assert day_counts() == (1, 0, 0, 1, 0)
    services.save_edited(second.pk, mended(second, userId="u1"))
    services.replay([second.pk])
    work()
    assert day_counts() == (1, 1, 0, 0, 0)


def test_a_mended_item_whose_message_is_stored_is_a_duplicate(server: Source, work: Work) -> None:
    send(server, track(1), {**BAD, "messageId": "m1"})
    work()
    row = RejectedEvent.objects.get()
    body = mended(row, userId="u1")
    assert services.check(row, body).verdict == "duplicate"
    services.save_edited(row.pk, body)
    services.replay([row.pk])
    work()
    assert day_counts() == (2, 1, 1, 0, 0)


def test_an_item_in_quarantine_that_its_request_can_store_now_is_resolved(server: Source, work: Work) -> None:
    request = send(server, BAD)
    work()
    row = Inbox.objects.get(pk=request)
    Inbox.objects.filter(pk=request).update(body=bytes(row.body).replace(b'"type"', b'"userId":"u1","type"'))
    assert services.run_again([request], rebuild=False).stored == 1
    found = RejectedEvent.objects.get()
    assert (found.resolution, found.resolved_at is not None) == ("replayed", True)
    assert day_counts() == (1, 1, 0, 0, 0)


def test_dismissing_says_why_and_can_be_taken_back(server: Source, work: Work) -> None:
    send(server, BAD)
    work()
    row = RejectedEvent.objects.get()
    assert services.dismiss([row.pk], "tests of the old theme", 7) == 1
    row.refresh_from_db()
    assert (row.resolution, row.note, row.resolved_by_id) == ("dismissed", "tests of the old theme", 7)
    assert services.replay([row.pk]) == 0
    assert services.reopen([row.pk]) == 1
    row.refresh_from_db()
    assert (row.resolution, row.note, row.resolved_at) == ("", "", None)
    assert not services.save_edited(0, b"{}")


def test_many_are_replayed_by_filter_once_and_what_is_still_bad_stays(server: Source, work: Work) -> None:
    shop = Source.objects.create(name="shop", kind=Source.Kind.SERVER)
    send(server, *({**BAD, "messageId": f"b{n}"} for n in range(5)))
    send(shop, BAD)
    work()
    rows = list(RejectedEvent.objects.filter(source_id=server.pk).order_by("pk"))
    for row in rows[:3]:
        services.save_edited(row.pk, mended(row, userId="u1"))
    (largest, other) = groups(QuarantineFilter())
    assert (largest.count, largest.reason, largest.name, largest.source_id) == (
        *(5, "missing_id", "Product Added", server.pk),
    )
    assert other.count == 1
    job = jobs.enqueue("events.replay_items", for_job(QuarantineFilter(source_id=server.pk), None))
    services.replay([rows[0].pk])
    assert jobs.run_now(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {"sent": 2, "still_bad": 2, "resolved_before": 0})
    work()
    assert Event.objects.count() == 3
    assert RejectedEvent.objects.filter(resolved_at=None).count() == 3


def test_many_are_dismissed_by_filter_and_what_came_later_is_left(server: Source, work: Work) -> None:
    send(server, BAD, {**BAD, "messageId": "b2"})
    work()
    job = jobs.enqueue("events.dismiss_items", for_job(QuarantineFilter(text="userId"), 3, "not needed"))
    send(server, {**BAD, "messageId": "b3"})
    work()
    assert jobs.run_now(job.pk)
    job.refresh_from_db()
    assert job.result == {"dismissed": 2, "resolved_before": 0}
    assert RejectedEvent.objects.filter(resolved_at=None).count() == 1


def test_poison_is_replayed_like_all_else(server: Source, work: Work) -> None:
    request = send(server, track(1))
    Inbox.objects.filter(pk=request).update(done_at=START)
    row = RejectedEvent.objects.create(
        source_id=server.pk, inbox_id=request, index=0, stage="poison", reason="DataError", received_at=START,
        raw=json.dumps(track(1)).encode(),
    )  # fmt: skip
    assert services.check(row, bytes(row.raw)).verdict == "accepted"
    assert services.replay([row.pk]) == 1
    work()
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"resolution": "replayed"}, "events_rejected_resolved_somehow"),
        ({"resolved_at": START}, "events_rejected_resolved_somehow"),
        ({"resolved_at": START, "resolution": "replayed", "replayed_as_id": 5}, "events_replayed_once"),
    ],
)
def test_the_database_keeps_that_an_item_is_sent_again_once(
    server: Source, columns: dict[str, Any], constraint: str
) -> None:
    common = {"source_id": server.pk, "stage": "parse", "reason": "malformed", "raw": b"x", "received_at": START}
    taken = {"resolved_at": START, "resolution": "replayed", "replayed_as_id": 5}
    RejectedEvent.objects.create(**common, inbox_id=1, index=0, **taken)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        RejectedEvent.objects.create(**common, inbox_id=2, index=0, **columns)


def test_a_filter_names_what_is_wrong_with_it() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        QuarantineFilter.read({"since": "2026-03-01T08:00"})
    with pytest.raises(ValueError, match="is no time"):
        QuarantineFilter.read({"until": "yesterday"})
    day = QuarantineFilter.read({"since": START.isoformat(), "until": (START + timedelta(days=1)).isoformat()})
    assert groups(day) == []
