"""How far processing is behind the inbox."""

from django.db import connection

from events.contracts import InboxLag

LAG = """
SELECT (SELECT count(*) FROM (SELECT FROM events_inbox WHERE done_at IS NULL LIMIT 10000) AS open_rows),
       extract(epoch FROM statement_timestamp() - (SELECT received_at FROM events_inbox WHERE done_at IS NULL
                                                   ORDER BY lane, id LIMIT 1))
"""


def inbox_lag() -> InboxLag:
    """Requests waiting (counted up to 10,000) and the age in seconds of the oldest of the busiest lane."""
    with connection.cursor() as cursor:
        cursor.execute(LAG)
        waiting, age = cursor.fetchone()
    return InboxLag(int(waiting), None if age is None else max(0.0, float(age)))
