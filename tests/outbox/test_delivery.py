"""A topic reaches each subscriber once, with its effects in the same transaction; poison delays nobody."""

import threading

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from cdp.access.models import AuditEntry
from cdp.outbox import services
from cdp.outbox.models import Delivery, TopicRow
from cdp.outbox.registry import UnknownTopic
from tests.outbox import consumers

pytestmark = pytest.mark.django_db


def publish(*numbers: int) -> None:
    with transaction.atomic():
        for n in numbers:
            services.publish("thing.done", {"n": n})


def undone(consumer: str) -> list[int]:
    rows = Delivery.objects.filter(consumer=consumer, done_at=None).order_by("id")
    return [row.topic_row.payload["n"] for row in rows]


def test_each_subscriber_gets_one_delivery_of_a_topic() -> None:
    publish(1)
    assert list(Delivery.objects.order_by("consumer").values_list("consumer", flat=True)) == ["test.note", "test.other"]


def test_a_public_topic_is_written_without_deliveries() -> None:
    with transaction.atomic():
        services.publish("thing.public", {"id": 7})
    assert TopicRow.objects.get().payload == {"id": 7}
    assert not Delivery.objects.exists()


def test_a_topic_nobody_declared_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(UnknownTopic, match="not in PUBLIC_TOPICS"), transaction.atomic():
        services.publish("thing.misspelt", {})
    assert not TopicRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"atomic\(\)"):
        services.publish("thing.done", {"n": 1})
    assert not TopicRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_topic_of_a_transaction_that_rolls_back_was_never_published() -> None:
    with transaction.atomic():
        services.publish("thing.done", {"n": 1})
        transaction.set_rollback(True)
    assert not TopicRow.objects.exists()


def test_one_delivery_a_consumer_is_kept_by_the_database() -> None:
    publish(1)
    row = TopicRow.objects.get()
    with pytest.raises(IntegrityError, match="outbox_one_delivery_a_consumer"), transaction.atomic():
        Delivery.objects.create(topic_row=row, consumer="test.note")


def test_a_consumer_is_handed_its_messages_in_batches_oldest_first() -> None:
    publish(1, 2, 3, 4, 5)
    assert services.run_consumer("test.note") == 5
    assert consumers.handed == [[1, 2, 3], [4, 5]]
    assert undone("test.note") == []
    assert undone("test.other") == [1, 2, 3, 4, 5]


def test_a_poison_message_delays_nobody_and_leaves_no_half_effect() -> None:
    publish(1, 2, 3)
    consumers.poison.add(2)
    services.run_consumer("test.note")
    assert undone("test.note") == [2]
    assert set(AuditEntry.objects.values_list("subject", flat=True)) == {"1", "3"}
    failed = Delivery.objects.get(consumer="test.note", done_at=None)
    assert failed.attempts == 1
    assert failed.parked_at is None
    assert failed.last_error.startswith("ValueError in note, outbox/consumers.py:")
    assert "example.com" not in failed.last_error


def test_a_message_is_parked_after_eight_attempts_and_can_be_retried() -> None:
    publish(1)
    consumers.poison.add(1)
    for _ in range(10):
        services.run_consumer("test.note")
        Delivery.objects.filter(parked_at=None).update(available_at="2000-01-01T00:00Z")
    parked = Delivery.objects.get(consumer="test.note")
    assert parked.attempts == 8
    assert parked.parked_at is not None
    assert len(consumers.handed) == 16  # in its batch and alone

    consumers.poison.clear()
    assert services.retry_deliveries([parked.pk]) == 1
    assert services.run_consumer("test.note") == 1
    assert undone("test.note") == []


def test_the_wait_doubles_with_each_attempt() -> None:
    publish(1)
    consumers.poison.add(1)
    waits = []
    for _ in range(3):
        services.run_consumer("test.note")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT round(extract(epoch FROM available_at - clock_timestamp())) "
                "FROM outbox_delivery WHERE attempts > 0"
            )
            waits.append(int(cursor.fetchone()[0]))
        Delivery.objects.update(available_at="2000-01-01T00:00Z")
    assert waits == [2, 4, 8]


@pytest.mark.django_db(transaction=True)
def test_a_consumer_that_works_alone_leaves_its_messages_to_whoever_is_at_it() -> None:
    with transaction.atomic():
        services.publish("thing.alone", {"n": 1})
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as elsewhere:
        elsewhere.execute("SELECT pg_advisory_xact_lock(20601, hashtext('test.alone'))")
        assert services.run_consumer("test.alone") == 0
    assert undone("test.alone") == [1]
    assert services.run_consumer("test.alone") == 1
    assert undone("test.alone") == []


def test_a_row_queue_is_called_until_nothing_is_left() -> None:
    consumers.due[0] = 5
    assert services.run_consumer("test.rows") == 5
    assert consumers.due == [0]


def test_draining_raises_what_a_handler_raises() -> None:
    publish(1)
    consumers.poison.add(1)
    with pytest.raises(ValueError, match="cannot be handled"):
        services.drain_all()
    assert undone("test.note") == [1]


def test_draining_works_every_consumer_until_quiet() -> None:
    publish(1, 2)
    consumers.due[0] = 3
    assert services.drain_all() == 2 + 2 + 3
    assert not Delivery.objects.filter(done_at=None).exists()


def test_finished_topics_are_swept_after_a_week_and_open_ones_are_kept() -> None:
    publish(1, 2, 3)
    with transaction.atomic():
        services.publish("thing.public", {"id": 7})
    TopicRow.objects.exclude(payload={"n": 3}).update(created_at="2020-01-01T00:00Z")
    Delivery.objects.exclude(topic_row__payload={"n": 2}).update(done_at="2020-01-01T00:00Z")
    assert services.sweep_slice() == 2
    assert list(TopicRow.objects.order_by("id").values_list("payload", flat=True)) == [{"n": 2}, {"n": 3}]
    assert services.sweep_slice() == 0


@pytest.mark.django_db(transaction=True)
def test_eight_workers_handle_each_message_exactly_once() -> None:
    publish(*range(60))

    def work() -> None:
        try:
            services.run_consumer("test.note")
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert undone("test.note") == []
    assert sorted(n for batch in consumers.handed for n in batch) == list(range(60))
    assert AuditEntry.objects.count() == 60
