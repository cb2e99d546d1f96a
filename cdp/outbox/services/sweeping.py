"""Sweeping: topic rows that every subscriber is done with are kept a week for looking back, then deleted in slices."""

from django.db import connection, transaction

KEPT_DAYS = 7
SLICE = 5000
FINISHED = """
SELECT id FROM outbox_topicrow AS row
WHERE created_at < statement_timestamp() - make_interval(days => %s)
  AND NOT EXISTS (SELECT FROM outbox_delivery WHERE topic_row_id = row.id AND done_at IS NULL)
ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
"""


@transaction.atomic
def sweep_slice() -> int:
    """Delete up to 5,000 finished topic rows older than a week. Returns how many; 0 when there are none left."""
    with connection.cursor() as cursor:
        cursor.execute(FINISHED, [KEPT_DAYS, SLICE])
        finished = [row[0] for row in cursor.fetchall()]
        if finished:
            cursor.execute("DELETE FROM outbox_delivery WHERE topic_row_id = ANY(%s)", [finished])
            cursor.execute("DELETE FROM outbox_topicrow WHERE id = ANY(%s)", [finished])
    return len(finished)
