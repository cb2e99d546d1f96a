"""A wake is sent at most once while pending, survives Redis being away, and is never lost between look and sleep."""

import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings

from cdp.outbox import services
from cdp.outbox.services import waking
from tests.outbox import consumers


@pytest.fixture
def broker(settings: Settings) -> Iterator["redis.Redis"]:
    """The real broker with an empty queue of the test's own."""
    settings.OUTBOX_WAKES = True
    settings.OUTBOX_CONSUMERS = "tests.outbox.consumers.CONSUMERS"
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    forget(client)
    yield client
    forget(client)
    client.close()


def forget(client: "redis.Redis") -> None:
    client.delete("default", "wake:test.rows", "wake:test.note", "wake:test.other")
    waking._asked_at.clear()
    waking._away.update(until=0.0, complained_at=float("-inf"))


pytestmark = pytest.mark.django_db(transaction=True)


def test_many_wakes_of_one_consumer_make_one_message(broker: "redis.Redis") -> None:
    for _ in range(20):
        services.wake("test.rows")
        time.sleep(0.01)
    assert broker.llen("default") == 1


def test_a_wake_waits_for_the_commit(broker: "redis.Redis") -> None:
    with transaction.atomic():
        services.wake("test.rows")
        assert broker.llen("default") == 0
    assert broker.llen("default") == 1


def test_taking_the_wake_allows_the_next(broker: "redis.Redis") -> None:
    services.wake("test.rows")
    services.run_consumer("test.rows")
    services.wake("test.rows")
    assert broker.llen("default") == 2


def test_a_worker_out_of_time_wakes_its_consumer_again(broker: "redis.Redis") -> None:
    consumers.due[0] = 4
    assert services.run_consumer("test.rows", seconds=0) == 2
    assert broker.llen("default") == 1
    assert consumers.due == [2]


def test_what_is_committed_just_after_the_first_look_is_still_seen(broker: "redis.Redis") -> None:
    """Its producer asked Redis less than 50 ms ago and skips asking; the worker's lingering look makes up for it."""
    services.wake("test.rows")
    consumers.late[0] = 2
    assert services.run_consumer("test.rows") == 2


def test_without_redis_a_wake_costs_little_and_raises_nothing(settings: Settings, broker: "redis.Redis") -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    started = time.monotonic()
    with transaction.atomic():
        for n in range(50):
            services.publish("thing.done", {"n": n})
    assert time.monotonic() - started < 2
    assert services.run_consumer("test.note") == 50
