"""Consumers of the outbox's own tests: they note what they were handed and fail on demand."""

from collections.abc import Sequence

from cdp.access.models import AuditEntry
from cdp.outbox import services
from cdp.outbox.contracts import Consumer, TopicMessage

handed: list[list[int]] = []  # the payloads' n, one list a call
poison: set[int] = set()
due = [0]
late = [0]  # rows that are committed just after the first look that finds nothing


def note(messages: Sequence[TopicMessage]) -> None:
    """Writes a row for each message, so that effects and done_at can be compared; raises on poison."""
    handed.append([message.payload["n"] for message in messages])
    for message in messages:
        AuditEntry.objects.create(action="seen", subject=str(message.payload["n"]))
        if message.payload["n"] in poison:
            raise ValueError("a.customer@example.com cannot be handled")


def other(messages: Sequence[TopicMessage]) -> None:
    """Does nothing."""


def work_due() -> int:
    """A row queue with `due[0]` rows left, worked two at a time."""
    worked = min(2, due[0])
    due[0] -= worked
    if not worked and late[0]:
        due[0], late[0] = late[0], 0
        services.wake("test.rows")
    return worked


CONSUMERS = (
    Consumer("test.note", "default", "tests.outbox.consumers.note", topics=("thing.done",), batch=3),
    Consumer("test.other", "default", "tests.outbox.consumers.other", topics=("thing.done",)),
    Consumer("test.alone", "default", "tests.outbox.consumers.note", topics=("thing.alone",), alone=True),
    Consumer("test.rows", "default", "tests.outbox.consumers.work_due"),
)
PUBLIC_TOPICS = {"thing.public": "for the tests"}
