"""Stages that orders reach: noted from the event log once each, and made into messages as soon as they have an address.

Both steps may be repeated: a stage is one row by constraint, and a message is queued in the transaction that says so.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import LIVE, TopicMessage
from cdp.outbox.services import wake
from events import queries as events
from mailing import services as mailing
from mailing.contracts import GO, WAIT, Asked, NewMessage, Permission
from mailing.queries import permitted
from notices.contracts import ADDRESS_WITHIN, OF_EVENT, Happened
from notices.models import Notice, Reached
from notices.stages import happened

SLICE = 200
CONSUMER = "notices.work"
SENDER = "notice"
SOONEST = timedelta(seconds=20)
NOTE = """
INSERT INTO notices_reached (notice_id, key, order_id, identifier_id, facts, happened_at, state, reason, next_at,
  made_at)
SELECT n.id, r.key, r.order_id, r.identifier_id, r.facts::jsonb, r.at, 'waiting', '', %s::timestamptz, %s::timestamptz
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[])
  AS r(stage, key, order_id, identifier_id, facts, at)
JOIN notices_notice AS n ON n.stage = r.stage AND n.enabled
ORDER BY n.id, r.key ON CONFLICT (notice_id, key) DO NOTHING
"""


def consume_events_stored(messages: Sequence[TopicMessage]) -> None:
    """Note the stages that live events tell of, where their mail is on. What is imported or replayed tells of none."""
    wanted = set(Notice.objects.filter(enabled=True).values_list("stage", flat=True))
    if not wanted:
        return
    now = utc_now()
    names = [name for name, stage in OF_EVENT.items() if stage.code in wanted]
    live = [message for message in messages if message.lane == LIVE]
    note([found for message in live for found in _happened(message, names, now)], now)


def note(found: Sequence[Happened], now: datetime) -> int:
    """Note stages; how many were new."""
    if not found:
        return 0
    columns = [
        [one.stage for one in found],
        [one.key for one in found],
        [one.order_id for one in found],
        [one.identifier_id for one in found],
        [msgspec.json.encode(one.facts).decode() for one in found],
        [one.at for one in found],
    ]
    made = bulk_sql.execute(NOTE, [now, now, *columns])
    if made:
        wake(CONSUMER)
    return made


def _happened(message: TopicMessage, names: Sequence[str], now: datetime) -> Iterable[Happened]:
    stored = events.events_between(message.payload["first_id"], message.payload["last_id"], names, with_context=False)
    found = (
        happened(
            name=event.name,
            order_id=event.order_id,
            identifier_id=event.identifier_id,
            properties=event.properties,
            server_side=event.server_side,
            occurred_at=event.occurred_at,
            received_at=event.received_at,
            message_hash=event.message_hash,
            now=now,
        )
        for event in stored
    )
    return [one for one in found if one is not None]


@transaction.atomic
def work_slice() -> int:
    """Make messages of up to 200 stages that are due; how many were looked at."""
    now = utc_now()
    due = Reached.objects.select_for_update(skip_locked=True, of=("self",)).select_related("notice")
    rows = list(due.filter(state=Reached.State.WAITING, next_at__lte=now).order_by("next_at", "pk")[:SLICE])
    if not rows:
        return 0
    asked = [Asked(row.identifier_id, "", kind="transactional", waiting_since=row.made_at) for row in rows]
    answers = permitted(asked, now)
    going = [(row, answer) for row, answer in zip(rows, answers, strict=True) if _goes(row, answer, now)]
    ids = mailing.queue([_message(row, answer) for row, answer in going], now=now)
    for (row, _), message_id in zip(going, ids, strict=True):
        row.state, row.reason, row.message_id = Reached.State.QUEUED, "", message_id
    Reached.objects.bulk_update(rows, ["state", "reason", "message_id", "next_at"])
    return len(rows)


def _goes(row: Reached, answer: Permission, now: datetime) -> bool:
    """Whether a message is made now; else the row says why not, and when it is looked at again."""
    row.reason = answer.reason
    if not row.notice.enabled:
        row.state, row.reason = Reached.State.ENDED, "notice_off"
    elif answer.action == GO and answer.address is not None:
        return True
    elif answer.action == WAIT and now - row.made_at < ADDRESS_WITHIN:
        row.next_at = max(answer.not_before or now, now + SOONEST)
    else:
        row.state = Reached.State.ENDED
    return False


def _message(row: Reached, answer: Permission) -> NewMessage:
    assert answer.address is not None
    return NewMessage(
        sender=SENDER,
        sender_id=row.notice_id,
        about_id=row.pk,
        label=str(row.notice),
        step=row.notice.stage,
        occasion=row.key,
        address=answer.address,
        identifier_id=row.identifier_id,
        template=row.notice.template,
        purpose="",
        kind="transactional",
    )
