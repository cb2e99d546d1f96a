"""Delivering: one consumer worked in slices until nothing is left or its time is used up.

A slice of a topic subscriber is one transaction: claim, handle, mark done. One bad message delays nobody: a failing
batch is repeated message by message, the culprit waits twice as long each time and is parked after eight attempts.
What such a message is about may be large: a handler may do all but the culprit, and say what it left out. A slice is of
one lane: live deliveries go before bulk ones.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars

from cdp.lib import garbage
from cdp.lib.conflicts import retrying
from cdp.lib.failures import describe
from cdp.outbox import registry
from cdp.outbox.contracts import BULK, LIVE, Consumer, TopicMessage
from cdp.outbox.services.waking import LINGER_S, clear_wake, wake

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8
BULK_FIRST_EVERY = 4  # claims of one consumer in one process
CLAIM = """
SELECT delivery.id, topicrow.id, topicrow.topic, topicrow.payload::text, topicrow.created_at, delivery.lane,
  delivery.attempts
FROM outbox_delivery AS delivery JOIN outbox_topicrow AS topicrow ON topicrow.id = delivery.topic_row_id
WHERE delivery.consumer = %(consumer)s AND delivery.done_at IS NULL AND delivery.parked_at IS NULL
  AND delivery.available_at <= statement_timestamp()
  AND (%(only)s::bigint IS NULL OR delivery.id = %(only)s) AND delivery.lane = %(lane)s
ORDER BY delivery.id LIMIT %(limit)s FOR UPDATE OF delivery SKIP LOCKED
"""
# Free again at the end of the slice. Whoever finds it taken may go: the holder looks again after every slice.
ALONE = "SELECT pg_try_advisory_xact_lock(20601, hashtext(%s))"
DONE = "UPDATE outbox_delivery SET done_at = statement_timestamp() WHERE id = ANY(%s)"
PARKED = """UPDATE outbox_delivery SET attempts = attempts + 1, last_error = %s, parked_at = statement_timestamp()
WHERE id = ANY(%s)"""
FAILED = """
UPDATE outbox_delivery SET attempts = attempts + 1, last_error = %(error)s,
  available_at = statement_timestamp() + make_interval(secs => least(power(2, attempts + 1), 300)),
  parked_at = CASE WHEN attempts + 1 >= %(most)s THEN statement_timestamp() END
WHERE id = %(id)s AND done_at IS NULL AND available_at <= statement_timestamp()
RETURNING attempts, parked_at IS NOT NULL
"""


_turns: Counter[str] = Counter()


@dataclass(slots=True)
class HandlerFailed(Exception):
    """A handler raised: which deliveries it had been handed, and what it raised."""

    delivery_ids: list[int]
    cause: Exception


def run_consumer(name: str, *, seconds: float = 2.0) -> int:
    """Take the wake and work `name` until nothing is left; past `seconds`, wake it again instead. Returns rows done."""
    with bound_contextvars(consumer=name):
        return _run(registry.consumer(name), seconds)


def _run(consumer: Consumer, seconds: float) -> int:
    clear_wake(consumer.name)
    started = time.monotonic()
    worked = 0
    while True:
        looked_at = time.monotonic()
        found = _slice(consumer, strict=False)
        worked += found
        if found and time.monotonic() - started >= seconds:
            wake(consumer.name)
            return worked
        if not found:
            if looked_at - started >= LINGER_S:
                return worked
            time.sleep(max(0.001, started + LINGER_S - time.monotonic()))


def drain_all(max_rounds: int = 50, *, only: Container[str] | None = None) -> int:
    """Work every consumer (or those in `only`) in this process until a round finds nothing. For tests and the demo.

    What a handler raises is raised here. Raises RuntimeError when it is not quiet after `max_rounds`.
    """
    names = [name for name in registry.consumers() if only is None or name in only]
    total = 0
    for _ in range(max_rounds):
        worked = sum(_work_up(registry.consumer(name)) for name in names)
        total += worked
        if not worked:
            return total
    raise RuntimeError(f"still busy after {max_rounds} rounds of {len(names)} consumers")


def retry_deliveries(delivery_ids: Sequence[int]) -> int:
    """Give parked or waiting deliveries a fresh start. Returns how many there were."""
    statement = """UPDATE outbox_delivery SET parked_at = NULL, attempts = 0, available_at = statement_timestamp()
                   WHERE id = ANY(%s) AND done_at IS NULL RETURNING consumer"""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [list(delivery_ids)])
        consumers = [row[0] for row in cursor.fetchall()]
        for name in sorted(set(consumers) & set(registry.consumers())):
            wake(name)
    return len(consumers)


def _work_up(consumer: Consumer) -> int:
    worked = 0
    while found := _slice(consumer, strict=True):
        worked += found
    return worked


def _slice(consumer: Consumer, *, strict: bool) -> int:
    if consumer.topics:
        return _deliver(consumer, strict=strict)
    try:
        return int(_handler(consumer)())
    except Exception as error:
        if strict or _is_database_away(error):
            raise
        log.error("slice_failed", error=describe(error))
        return 0  # its rows stay due; the next wake or tick tries again


def _deliver(consumer: Consumer, *, strict: bool) -> int:
    try:
        return _deliver_once(consumer, limit=consumer.batch)
    except HandlerFailed as failure:
        if strict or _is_database_away(failure.cause):
            raise failure.cause from None
        for delivery_id in failure.delivery_ids:
            _deliver_alone(consumer, delivery_id)
        return len(failure.delivery_ids)


def _deliver_alone(consumer: Consumer, delivery_id: int) -> None:
    try:
        _deliver_once(consumer, limit=1, only=delivery_id)
    except HandlerFailed as failure:
        if _is_database_away(failure.cause):
            raise failure.cause from None
        _note_failure(consumer, delivery_id, failure.cause)


def _deliver_once(consumer: Consumer, *, limit: int, only: int | None = None) -> int:
    claimed: list[int] = []
    try:
        return retrying(lambda: _transaction(consumer, limit, only, claimed))
    except Exception as error:
        if not claimed:
            raise
        raise HandlerFailed(list(claimed), error) from error


@transaction.atomic
def _transaction(consumer: Consumer, limit: int, only: int | None, claimed: list[int]) -> int:
    claimed.clear()
    with connection.cursor() as cursor:
        if consumer.alone:
            cursor.execute(ALONE, [consumer.name])
            if cursor.fetchone() == (False,):
                return 0
        rows = _claim(cursor, consumer, limit, only)
    if not rows:
        return 0
    claimed.extend(row[0] for row in rows)
    with garbage.paused():
        left_out = _handler(consumer)([_message(row) for row in rows])
    with connection.cursor() as cursor:
        if left_out:
            cursor.execute(PARKED, [left_out, claimed])
        else:
            cursor.execute(DONE, [claimed])
    return len(rows)


def _claim(cursor: Any, consumer: Consumer, limit: int, only: int | None) -> list[tuple[Any, ...]]:
    """Deliveries of one lane: live ones first, yet every fourth time bulk ones, so that neither starves."""
    _turns[consumer.name] += 1
    lanes = (BULK, LIVE) if _turns[consumer.name] % BULK_FIRST_EVERY == 0 else (LIVE, BULK)
    for lane in lanes:
        cursor.execute(CLAIM, {"consumer": consumer.name, "limit": limit, "only": only, "lane": lane})
        if rows := list(cursor.fetchall()):
            return rows
    return []


def _message(row: tuple[Any, ...]) -> TopicMessage:
    return TopicMessage(
        id=row[1], topic=row[2], payload=json.loads(row[3]), created_at=row[4], lane=row[5], attempts=row[6]
    )


def _note_failure(consumer: Consumer, delivery_id: int, cause: Exception) -> None:
    error = describe(cause)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FAILED, {"id": delivery_id, "error": error, "most": MOST_ATTEMPTS})
        noted = cursor.fetchone()
    if noted:
        log.error(
            "delivery_failed",
            delivery=delivery_id,
            attempts=noted[0],
            parked=noted[1],
            error=error,
        )


def _handler(consumer: Consumer) -> Callable[..., Any]:
    handler: Callable[..., Any] = import_string(consumer.handler)
    return handler


def _is_database_away(error: Exception) -> bool:
    """Then nothing can be noted and nobody is to blame: the task ends, and the rows are still there."""
    return isinstance(error, InterfaceError) or (isinstance(error, OperationalError) and not connection.is_usable())
