"""How far processing is behind the inbox."""

from django.db import connection

from events.contracts import InboxLag

LAG = """
SELECT (SELECT count(*) FROM (SELECT FROM events_inbox WHERE done_at IS NULL LIMIT 10000) AS open_rows),
       extract(epoch FROM statement_timestamp() - (SELECT coalesce((facts->>'queued_at')::timestamptz, received_at)
                                                   FROM events_inbox WHERE done_at IS NULL
                                                   AND lane = 0 ORDER BY id LIMIT 1)),
       extract(epoch FROM statement_timestamp() - (SELECT coalesce((facts->>'queued_at')::timestamptz, received_at)
                                                   FROM events_inbox WHERE done_at IS NULL
                                                   AND lane = 1 ORDER BY id LIMIT 1))
"""


def inbox_lag() -> InboxLag:
    """Requests waiting (counted up to 10,000) and the age in seconds of the oldest of each lane."""
    with connection.cursor() as cursor:
        cursor.execute(LAG)
        waiting, *ages = cursor.fetchone()
    live, bulk = (None if age is None else max(0.0, float(age)) for age in ages)
    return InboxLag(int(waiting), live, bulk)
