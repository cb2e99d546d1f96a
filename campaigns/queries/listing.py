"""Figures of many campaigns at once, for lists."""

from collections.abc import Collection

from campaigns.contracts import MAIL, SENDER
from cdp.lib import bulk_sql

CLICKED = """
SELECT sender_id, count(clicked_at) FROM mailing_message
WHERE sender = %s::text AND sender_id = ANY(%s::bigint[]) AND step = %s::text GROUP BY 1
"""


def brought(campaign_ids: Collection[int]) -> dict[int, int]:
    """{campaign: people who clicked}."""
    found = dict.fromkeys(campaign_ids, 0)
    found.update(dict(bulk_sql.fetch(CLICKED, [SENDER, list(campaign_ids), MAIL])))
    return found
