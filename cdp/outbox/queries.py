"""How far each consumer is behind."""

from dataclasses import dataclass

from django.db import connection

from cdp.outbox import registry

LAGS = """
SELECT consumer, count(*), 0, extract(epoch FROM statement_timestamp() - min(topicrow.created_at)),
  extract(epoch FROM statement_timestamp() - min(topicrow.created_at) FILTER (WHERE lane = 0))
FROM outbox_delivery JOIN outbox_topicrow AS topicrow ON topicrow.id = topic_row_id
WHERE done_at IS NULL AND parked_at IS NULL GROUP BY consumer
UNION ALL
SELECT consumer, 0, count(*), NULL, NULL FROM outbox_delivery
WHERE done_at IS NULL AND parked_at IS NOT NULL GROUP BY consumer
"""
OLDEST = """
SELECT extract(epoch FROM statement_timestamp() - min(topicrow.created_at))
FROM (SELECT DISTINCT ON (consumer, lane) topic_row_id FROM outbox_delivery
      WHERE done_at IS NULL AND parked_at IS NULL ORDER BY consumer, lane, id) AS first
JOIN outbox_topicrow AS topicrow ON topicrow.id = first.topic_row_id
"""


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """One consumer: what it listens to, what it has yet to do, and what it gave up."""

    consumer: str
    queue: str
    topics: tuple[str, ...]
    undone: int
    parked: int
    oldest_age_s: float | None
    oldest_live_age_s: float | None  # without what comes of imports and replays


def consumer_lags() -> list[ConsumerLag]:
    """Every declared consumer in the order declared. Row queues have no deliveries: their counts are 0."""
    found: dict[str, tuple[int, int, float | None, float | None]] = {}
    with connection.cursor() as cursor:
        cursor.execute(LAGS)
        for name, *row in cursor.fetchall():  # at most two rows a consumer: what waits, and what was given up
            undone, parked, age, live = found.get(name, (0, 0, None, None))
            found[name] = (
                undone + row[0],
                parked + row[1],
                age if row[2] is None else row[2],
                live if row[3] is None else row[3],
            )
    lags = []
    for declared in registry.consumers().values():
        undone, parked, age, live = found.get(declared.name, (0, 0, None, None))
        ages = (_seconds(age), _seconds(live))
        lags.append(ConsumerLag(declared.name, declared.queue, declared.topics, undone, parked, *ages))
    return lags


def _seconds(age: float | None) -> float | None:
    return None if age is None else max(0.0, float(age))


def oldest_open_age_s() -> float | None:
    """Age in seconds of the oldest delivery that waits; None when none does. Parked ones do not count."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST)
        age = cursor.fetchone()[0]
    return _seconds(age)


def parked_count() -> int:
    """Deliveries given up after repeated failures."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox_delivery WHERE parked_at IS NOT NULL AND done_at IS NULL")
        return int(cursor.fetchone()[0])
