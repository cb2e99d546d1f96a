"""Recipients end as their messages did, in the transaction in which these do."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.contracts import MAIL
from campaigns.models import Recipient
from cdp.lib import bulk_sql

if TYPE_CHECKING:
    from mailing.models import Message

END = """
UPDATE campaigns_recipient AS r SET state = told.state, reason = told.reason, ended_at = %s::timestamptz
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS told(id, state, reason)
WHERE r.id = told.id AND r.state = 'queued'
"""


def conclude(messages: Sequence["Message"], now: datetime) -> None:
    """Write each one's end. Locked by id first, so that two workers never wait for each other."""
    told = sorted(
        (one.about_id, str(one.state), one.reason)
        for one in messages
        if one.step == MAIL and one.about_id is not None and one.state in Recipient.State.values
    )
    if not told:
        return
    ids = [pk for pk, _, _ in told]
    list(Recipient.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
    bulk_sql.execute(END, [now, *(list(column) for column in zip(*told, strict=True))])
