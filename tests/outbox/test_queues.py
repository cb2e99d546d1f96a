"""A wake lands in its consumer's queue and in no other; the broker's settings are the ones that were measured."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as django_settings
from kombu.transport.redis import Channel
from pytest_django import Settings

from cdp.celery import QUEUES, app
from cdp.outbox import services
from cdp.outbox.services import waking
from cdp.schedule import beat_schedule
from cdp.subscriptions import CONSUMERS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker(settings: Settings) -> Iterator["redis.Redis"]:
    """The real broker, every queue empty."""
    settings.OUTBOX_WAKES = True
    settings.OUTBOX_CONSUMERS = "cdp.subscriptions.CONSUMERS"
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    waking._asked_at.clear()
    waking._away.update(until=0.0, complained_at=float("-inf"))
    client.delete(*QUEUES, *(f"wake:{consumer.name}" for consumer in CONSUMERS))
    yield client
    client.delete(*QUEUES, *(f"wake:{consumer.name}" for consumer in CONSUMERS))
    client.close()


@pytest.mark.parametrize("name", ["mailing.send", "events.process", "jobs.run"])
def test_a_wake_lands_in_its_queue_only(broker: "redis.Redis", name: str) -> None:
    services.wake(name)
    queue = next(consumer.queue for consumer in CONSUMERS if consumer.name == name)
    assert {each: broker.llen(each) for each in QUEUES} == {each: int(each == queue) for each in QUEUES}


def test_a_flushed_broker_takes_the_next_wake(broker: "redis.Redis") -> None:
    services.wake("mailing.send")
    broker.delete(*QUEUES, "wake:mailing.send", *broker.keys("_kombu*"))
    waking._asked_at.clear()
    services.wake("mailing.send")
    assert broker.llen("mail") == 1


def test_beat_wakes_every_consumer() -> None:
    woken = {entry["kwargs"]["consumer"]: entry["schedule"] for entry in beat_schedule().values()}
    assert woken == {consumer.name: consumer.every_s for consumer in CONSUMERS}


def test_the_restore_settings_exist_under_these_names_in_kombu() -> None:
    options = app.conf.broker_transport_options
    assert (options["unacked_restore_interval"], options["unacked_restore_throttle"]) == (5, 1)
    assert {"unacked_restore_interval", "unacked_restore_throttle", "visibility_timeout"} <= set(
        Channel.from_transport_options
    )


def test_tasks_carry_json_only_and_survive_their_worker() -> None:
    conf = app.conf
    assert (conf.accept_content, conf.task_serializer) == (["json"], "json")
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert (conf.worker_prefetch_multiplier, conf.timezone, conf.enable_utc) == (1, "UTC", True)
    assert conf.result_backend is None
