"""Waking: telling a worker, through Redis and Celery, that a consumer has something to do.

A wake carries nothing but the consumer's name. At most one is pending a consumer: the key `wake:<consumer>` is set by
whoever sends it and deleted first thing by the worker that takes it. A process that asked within the last 50 ms does
not ask again: the worker's last look comes 60 ms or more after it deleted the key, hence after that process's commit.
Redis being away costs seconds (beat wakes too), never work, and never raises.
"""

import time
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from cdp.outbox import registry

log = structlog.get_logger(__name__)

ASK_EVERY_S = 0.05  # a process asks Redis about one consumer at most this often
LINGER_S = 0.06  # and a worker's last look comes at least this long after it took the wake
PENDING_MS = 5000  # a wake that nobody took by then may be sent again
REDIS_AWAY_S = 1.0  # after a failure Redis is left alone for so long
COMPLAIN_EVERY_S = 30.0

_asked_at: dict[str, float] = {}
_away = {"until": 0.0, "complained_at": float("-inf")}


def wake(consumer: str) -> None:
    """Have `consumer` worked soon, once the current transaction has committed. Raises UnknownConsumer only."""
    declared = registry.consumer(consumer)
    transaction.on_commit(lambda: _ask(declared.name, declared.queue))


def clear_wake(consumer: str) -> None:
    """Forget the pending wake: from here on a new one may be sent."""
    try:
        _client(settings.REDIS_URL).delete(_key(consumer))
    except redis.RedisError as error:
        _complain(error)


def _ask(consumer: str, queue: str) -> None:
    now = time.monotonic()
    if not settings.OUTBOX_WAKES or now < _away["until"] or now - _asked_at.get(consumer, float("-inf")) < ASK_EVERY_S:
        return
    is_first = None
    try:
        is_first = _client(settings.REDIS_URL).set(_key(consumer), b"1", nx=True, px=PENDING_MS)
        _asked_at[consumer] = now  # the instant before the question: the worker's look comes after it
        if is_first:
            _celery().send_task("cdp.wake", kwargs={"consumer": consumer}, queue=queue, retry=False)
    except Exception as error:  # whatever the broker raises: the row is committed and beat will come by
        _asked_at.pop(consumer, None)
        _complain(error)
        if is_first:
            clear_wake(consumer)  # nothing is pending after all


def _complain(error: Exception) -> None:
    now = time.monotonic()
    _away["until"] = now + REDIS_AWAY_S
    if now - _away["complained_at"] > COMPLAIN_EVERY_S:
        _away["complained_at"] = now
        log.warning(
            "wake_not_sent", reason=type(error).__name__, effect="consumers wait for beat or for Redis to return"
        )


def _key(consumer: str) -> str:
    return f"wake:{consumer}"


@cache
def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_connect_timeout=0.3, socket_timeout=0.5)


def _celery() -> Any:
    return import_string(settings.OUTBOX_CELERY_APP)
