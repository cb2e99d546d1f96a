"""Publishing: a topic row and its deliveries in the caller's transaction, and the wakes once that has committed."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import connection

from cdp.outbox import registry
from cdp.outbox.contracts import LIVE
from cdp.outbox.services.waking import wake

PUBLISH = """
WITH published AS (INSERT INTO outbox_topicrow (topic, payload) VALUES (%s, %s::jsonb) RETURNING id)
INSERT INTO outbox_delivery (topic_row_id, consumer, lane)
SELECT published.id, name, %s FROM published, unnest(%s::text[]) AS name
"""


def publish(topic: str, payload: Mapping[str, Any], *, lane: int = LIVE) -> None:
    """Tell every subscriber of `topic`, if and only if the caller's transaction commits.

    `payload` holds ids only, as JSON; UUIDs and datetimes arrive as text. Deliveries in the BULK `lane` let LIVE
    ones by. Raises UnknownTopic, and RuntimeError outside
    a transaction, where the topic could outlive the failure of the change it tells of.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"publish({topic!r}) needs the transaction of the change it tells of: wrap both in atomic()")
    listeners = registry.subscribers(topic)
    body = msgspec.json.encode(payload).decode()
    with connection.cursor() as cursor:
        cursor.execute(PUBLISH, [topic, body, lane, [listener.name for listener in listeners]])
    for listener in listeners:
        wake(listener.name)
