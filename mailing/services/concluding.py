"""What hand-overs came to, written in bulk: outcomes, senders told, and what dead workers left behind.

Marketing is handed over at most once: ambiguous ones and those of dead workers become `unknown`. Transactional ones go
out at least once: these go back into the queue and keep their Message-ID. What a worker writes counts only while the
message is in the hand-over that this worker began (`attempts`, `sending_at`). What was never handed over is no attempt.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction

from cdp.lib import bulk_sql
from cdp.lib.failures import describe
from cdp.outbox.services import publish
from consent import services as consent
from mailing.channels import DEFERRED, FAILED, LATE, UNKNOWN, Outcome
from mailing.deciding import MARKETING
from mailing.models import Message
from mailing.queries.counts import last_handed_at
from mailing.senders import UnknownSender, sender

DEAD_AFTER = timedelta(minutes=5)
DEFER_FOR = timedelta(minutes=15)
LONGEST_DEFERRAL = timedelta(hours=6)
SOON = timedelta(seconds=5)
MOST_ATTEMPTS = 20
AT_ONCE = 500
WRITE = """
UPDATE mailing_message SET state = new.state, reason = new.reason, finished_at = new.finished_at,
  not_before_at = new.not_before,
  sending_at = CASE WHEN new.state = 'queued' THEN NULL ELSE mailing_message.sending_at END,
  attempts = mailing_message.attempts - CASE WHEN new.state = 'queued' AND new.reason = 'late' THEN 1 ELSE 0 END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::integer[],
  %s::timestamptz[]) AS new(id, state, reason, finished_at, not_before, attempts, sending_at)
WHERE mailing_message.id = new.id AND mailing_message.state = ANY(%s::text[])
  AND mailing_message.attempts = new.attempts AND mailing_message.sending_at IS NOT DISTINCT FROM new.sending_at
RETURNING mailing_message.id
"""
log = structlog.get_logger(__name__)


@transaction.atomic
def record(messages: Sequence[Message], outcomes: Sequence[Outcome], now: datetime) -> int:
    """Write what the hand-over of messages in `sending` came to; how many of them still were this worker's."""
    addresses = {bytes(one.address_hash) for one, out in _pairs(messages, outcomes) if _was_not_mailed(one, out)}
    consent.lock_addresses(addresses)
    for one, outcome in _pairs(messages, outcomes):
        _apply(one, outcome, now)
    written = conclude(messages, was=[Message.State.SENDING.value])
    if addresses:
        mailed = last_handed_at(addresses)
        consent.note_mailed_each({address: mailed.get(address) for address in sorted(addresses)})
    tell([one for one in messages if one.pk in written and one.finished_at], now, surely=True)
    return len(written)


def conclude(messages: Sequence[Message], was: Sequence[str] = ("queued",)) -> set[int]:
    """Write state, reason and times of these messages where they were in such a state; the ids that were written."""
    if not messages:
        return set()
    columns: list[list[object]] = [
        [one.pk for one in messages],
        [str(one.state) for one in messages],
        [one.reason for one in messages],
        [one.finished_at for one in messages],
        [one.not_before_at for one in messages],
        [one.attempts for one in messages],
        [one.sending_at for one in messages],
    ]
    return {row[0] for row in bulk_sql.fetch(WRITE, [*columns, list(was)])}


def tell(messages: Sequence[Message], now: datetime, *, surely: bool = False) -> None:
    """Senders, and whoever listens, hear of messages that reached their last state. `surely`: a sender that fails is
    left out, for what the other side took must be written down in any case."""
    if not messages:
        return
    by_sender: dict[str, list[Message]] = defaultdict(list)
    for one in messages:
        by_sender[one.sender].append(one)
    for key, theirs in by_sender.items():
        try:
            sender(key)
        except UnknownSender:
            continue
        if surely:
            _conclude_each(key, theirs, now)
        else:
            sender(key).concluded(theirs, now)
    publish("message.finished", {"message_ids": [one.pk for one in messages]})


def _conclude_each(key: str, messages: Sequence[Message], now: datetime) -> None:
    """All at once; where that fails each alone, without those it fails for."""
    try:
        with transaction.atomic():
            sender(key).concluded(messages, now)
    except OperationalError:
        raise
    except Exception as error:
        for one in messages if len(messages) > 1 else ():
            _conclude_each(key, [one], now)
        if len(messages) == 1:
            log.error("sender_not_told", message=messages[0].pk, sender=key, failure=describe(error))


@transaction.atomic
def give_up_dead(now: datetime) -> int:
    """What has been in `sending` for more than 5 minutes: its worker is dead. How many."""
    dead = Message.objects.filter(state=Message.State.SENDING, sending_at__lt=now - DEAD_AFTER)
    rows = list(dead.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:AT_ONCE])
    return record(rows, [Outcome(UNKNOWN, "worker_died") for _ in rows], now) if rows else 0


def _pairs(messages: Sequence[Message], outcomes: Sequence[Outcome]) -> list[tuple[Message, Outcome]]:
    return list(zip(messages, outcomes, strict=True))


def _was_not_mailed(one: Message, outcome: Outcome) -> bool:
    """What was refused was not mailed, so it keeps no other mail from its address."""
    return one.kind == MARKETING and outcome.state in (DEFERRED, FAILED, LATE)


def _apply(one: Message, outcome: Outcome, now: datetime) -> None:
    if outcome.state == LATE:
        one.state, one.reason, one.not_before_at, one.finished_at = (
            Message.State.QUEUED,
            outcome.reason,
            now + SOON,
            None,
        )
        return
    is_again = outcome.state == DEFERRED or (outcome.state == UNKNOWN and one.kind != MARKETING)
    if is_again and one.attempts < MOST_ATTEMPTS:
        wait = min(DEFER_FOR * one.attempts, LONGEST_DEFERRAL)
        one.state, one.reason, one.not_before_at = Message.State.QUEUED, outcome.reason, now + wait
        return
    if is_again:
        outcome = Outcome(FAILED if outcome.state == DEFERRED else UNKNOWN, "gave_up")
    one.state, one.reason, one.finished_at, one.not_before_at = outcome.state, outcome.reason, now, None
