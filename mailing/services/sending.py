"""Queued messages handed over: marketing at most once, transactional at least once.

One transaction decides about a slice and commits it as `sending`; only then the other side is spoken to, by a few kept
connections at once, and what it said is written in one transaction. What is not handed over within seconds of the
decision goes back into the queue to be decided again.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog
from django.conf import settings
from django.db import OperationalError

from cdp.lib import garbage
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from cdp.lib.failures import describe
from mailing.channels import LATE, UNKNOWN, AwayError, Hand, Outcome, Outgoing, hand_of
from mailing.models import Message
from mailing.queries.counts import policy
from mailing.services.concluding import give_up_dead, record
from mailing.services.pacing import find_room, give_back
from mailing.services.preparing import AGAIN, Prepared, prepare

SLICE = 100
GIVE_WITHIN_S = 10.0
EMAIL = Message.Channel.EMAIL.value
log = structlog.get_logger(__name__)
_hands: dict[tuple[str, ...], list[Hand]] = {}


def send_slice(*, now: datetime | None = None) -> int:
    """Decide about and hand over up to 100 due messages; how many were worked, 0 where trying again at once is no use.

    With the mail server away nothing is claimed and messages stay queued.
    """
    moment = now or utc_now()
    give_up_dead(moment)
    in_force = policy()
    room = find_room(in_force, moment, SLICE)
    if not room.ids:
        return room.put_off
    if not _is_reachable():
        give_back(room, room.ids, in_force, moment)
        return 0
    with garbage.paused():
        prepared = _prepared(room.ids, now)
    outcomes = _handed(prepared)
    if prepared.messages:
        retrying(lambda: record(prepared.messages, outcomes, now or utc_now()))
    gone = {one.pk for one, outcome in zip(prepared.messages, outcomes, strict=True) if outcome.state != LATE}
    give_back(room, [pk for pk in room.ids if pk not in gone], in_force, moment)
    # Where nothing at all went over, the next slice would do no better: it waits for the next tick.
    is_stuck = not gone and prepared.decided == len(prepared.messages)
    return 0 if is_stuck else prepared.decided


def forget_connections() -> None:
    """Close what this process keeps open."""
    for hands in _hands.values():
        for hand in hands:
            hand.close()
    _hands.clear()


def _is_reachable() -> bool:
    """Whether e-mail can be handed over at all; the connection is kept for that."""
    hand = _take(EMAIL)
    try:
        hand.reach()
    except AwayError as error:
        log.warning("mail_server_away", error=str(error))
        return False
    finally:
        _put_back(EMAIL, hand)
    return True


def _prepared(ids: Sequence[int], at: datetime | None) -> Prepared:
    """The slice; where it fails as a whole, each message alone, and what cannot be worked is put off."""
    try:
        return retrying(lambda: prepare(ids, at))
    except OperationalError:
        raise
    except Exception as error:
        if len(ids) == 1:
            return _put_off(ids[0], error, at or utc_now())
        log.error("send_slice_failed", failure=describe(error))
    whole = Prepared()
    for pk in ids:
        one = _prepared([pk], at)
        whole.messages += one.messages
        whole.outgoing += one.outgoing
        whole.decided += one.decided
    return whole


def _put_off(message_id: int, error: Exception, now: datetime) -> Prepared:
    """A message that cannot be prepared stops nobody behind it; it is tried again until its sender ends it."""
    log.error("message_put_off", message=message_id, failure=describe(error))
    queued = Message.objects.filter(pk=message_id, state=Message.State.QUEUED)
    return Prepared(decided=queued.update(not_before_at=now + AGAIN, reason="error"))


def _handed(prepared: Prepared) -> list[Outcome]:
    """What came of each, in their order; several connections work at once."""
    outcomes: dict[int, Outcome] = {}
    until = prepared.decided_at + GIVE_WITHIN_S  # a worker that was stopped meanwhile must not go on as if nothing was
    by_channel: dict[str, deque[Outgoing]] = {}
    for message, one in zip(prepared.messages, prepared.outgoing, strict=True):
        by_channel.setdefault(message.channel, deque()).append(one)
    for channel, waiting in by_channel.items():
        hands = min(settings.EMAIL_CONNECTIONS, 1 + len(waiting) // 10)
        work = _worker(channel, waiting, outcomes, until)
        if hands == 1:
            work()
            continue
        with ThreadPoolExecutor(hands) as pool:
            for done in [pool.submit(work) for _ in range(hands)]:
                done.result()
    return [outcomes.get(one.message_id, Outcome(LATE, "late")) for one in prepared.outgoing]


def _worker(channel: str, waiting: deque[Outgoing], outcomes: dict[int, Outcome], until: float) -> Callable[[], None]:
    """Hands over what waits, one after the other, until nothing does or it would come too late."""

    def work() -> None:
        hand = _take(channel)
        try:
            while time.monotonic() < until:
                hand.reach()
                one = waiting.popleft()
                outcomes[one.message_id] = Outcome(UNKNOWN, "ambiguous")
                outcomes[one.message_id] = _given(hand, one)
        except IndexError:
            return
        except AwayError as error:
            log.warning("mail_server_away", error=str(error))
        finally:
            _put_back(channel, hand)

    return work


def _given(hand: Hand, one: Outgoing) -> Outcome:
    try:
        return hand.give(one)
    except Exception as error:  # a hand that breaks its promise: nobody knows whether the message went
        log.error("hand_over_failed", message=one.message_id, failure=describe(error))
        hand.close()
        return Outcome(UNKNOWN, "ambiguous")


def _place(channel: str) -> tuple[str, ...]:
    """Connections are kept by where they lead."""
    return (channel, settings.EMAIL_BACKEND, settings.EMAIL_HOST, str(settings.EMAIL_PORT), settings.EMAIL_HOST_USER)


def _take(channel: str) -> Hand:
    kept = _hands.setdefault(_place(channel), [])
    return kept.pop() if kept else hand_of(channel)()


def _put_back(channel: str, hand: Hand) -> None:
    _hands.setdefault(_place(channel), []).append(hand)
