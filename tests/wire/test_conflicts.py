"""The same message id with another body: the first wins, the other counts as a duplicate and is noted once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from events.models import Event, Inbox, MessageConflict, Source, SourceDay, StoredMessage
from events.services import claiming, planning, storing
from tests.wire.conftest import Send

pytestmark = pytest.mark.django_db
Work = Callable[[], int]
FIRST: dict[str, Any] = {"type": "track", "event": "Bid", "userId": "u1", "messageId": "m1", "properties": {"eur": 5}}
OTHERS = {
    "properties": {**FIRST, "properties": {"eur": 6}},
    "event": {**FIRST, "event": "Bade"},
    "user id": {**FIRST, "userId": "u2"},
    "type": {**FIRST, "type": "page"},
    "traits": {**FIRST, "traits": {"a": 1}},
}


def counted() -> dict[str, int]:
    day = SourceDay.objects.get()
    return {name: getattr(day, name) for name in ("received", "accepted", "duplicates", "conflicts")}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("what", sorted(OTHERS))
def test_another_body_under_the_same_id_is_noted_and_the_first_stays(
    what: str, together: bool, backend: Source, send: Send, work: Work
) -> None:
    if together:
        send(backend, FIRST, OTHERS[what])
    else:
        send(backend, FIRST)
        work()
        send(backend, OTHERS[what])
    work()
    event = Event.objects.get()
    assert (event.name, event.properties) == ("Bid", {"eur": 5})
    assert counted() == {"received": 2, "accepted": 1, "duplicates": 1, "conflicts": 1}
    conflict = MessageConflict.objects.get()
    assert (conflict.source_id, bytes(conflict.message_hash)) == (backend.pk, bytes(event.message_hash))
    assert (conflict.inbox_id, conflict.index) == (Inbox.objects.latest("id").pk, 1 if together else 0)
    assert conflict.digest != StoredMessage.objects.get().digest


def test_an_honest_retry_is_no_conflict_whatever_its_times_and_marks(backend: Source, send: Send, work: Work) -> None:
    send(backend, FIRST)
    send(backend, {**FIRST, "sentAt": "2026-01-01T00:00:00Z", "context": {"retry": 3}, "_metadata": {"failed": 2}})
    send(backend, {**FIRST, "timestamp": "2026-01-01T00:00:00Z", "integrations": {"All": True}})
    work()
    assert counted() == {"received": 3, "accepted": 1, "duplicates": 2, "conflicts": 0}
    assert not MessageConflict.objects.exists()


def test_the_same_other_body_again_is_counted_and_noted_once(backend: Source, send: Send, work: Work) -> None:
    send(backend, FIRST)
    work()
    for _ in range(3):
        send(backend, OTHERS["properties"], OTHERS["event"])
        work()
    assert counted() == {"received": 7, "accepted": 1, "duplicates": 6, "conflicts": 6}
    assert MessageConflict.objects.count() == 2


def test_traits_in_the_context_count_since_rudderstack_sends_them_there(
    backend: Source, send: Send, work: Work
) -> None:
    for plan in ("gold", "gold", "none"):
        send(
            backend,
            {"type": "identify", "userId": "u1", "messageId": "m", "context": {"traits": {"plan": plan}, "n": plan}},
        )
    work()
    assert counted() == {"received": 3, "accepted": 1, "duplicates": 2, "conflicts": 1}


def test_of_a_message_stored_before_there_were_digests_nothing_is_claimed(
    backend: Source, send: Send, work: Work
) -> None:
    send(backend, FIRST)
    work()
    StoredMessage.objects.update(digest=None)
    send(backend, OTHERS["properties"])
    work()
    assert counted()["conflicts"] == 0
    assert not MessageConflict.objects.exists()


def test_the_loser_of_a_race_between_two_workers_is_compared_with_the_winner(
    backend: Source, send: Send, work: Work
) -> None:
    send(backend, OTHERS["properties"])
    claim = claiming.claim()
    assert claim is not None
    late = planning.plan(planning.read_rows(claim.rows))  # planned while nothing was stored yet
    send(backend, FIRST)
    work()
    assert storing.store(late, fence=lambda: None) == 0
    assert Event.objects.get().properties == {"eur": 5}
    assert counted() == {"received": 2, "accepted": 1, "duplicates": 1, "conflicts": 1}
    assert MessageConflict.objects.get().inbox_id == claim.rows[0].id


def test_the_same_id_of_another_source_is_another_message(
    backend: Source, pages: Source, send: Send, work: Work
) -> None:
    send(backend, FIRST)
    send(pages, OTHERS["properties"])
    work()
    assert Event.objects.count() == 2
    assert not MessageConflict.objects.exists()


def test_the_database_notes_each_other_body_once() -> None:
    row: dict[str, Any] = {"source_id": 1, "message_hash": b"m" * 16, "digest": 7, "inbox_id": 1, "index": 0}
    MessageConflict.objects.create(**row)
    with pytest.raises(IntegrityError, match="events_conflict_once"), transaction.atomic():
        MessageConflict.objects.create(**{**row, "inbox_id": 2})
