"""Steps that send: the decision asked of everybody at once, the holdout at the first mail that would go, the queue.

What is queued is asked about again at the hand-over (`automation.senders`); until that is concluded nobody moves on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from automation.graph import CartAbandoned, Send
from automation.models import Enrollment
from automation.queries.journeys import SENDER, experiment_key
from automation.queries.ways import Way
from automation.reasons import ends_story
from automation.services import moving
from automation.services.holding_out import HOLDOUT, exposed
from automation.services.refusing import Refused, note_refused
from cdp.lib.hashing import address_hash
from mailing.contracts import GO, WAIT, Asked, NewMessage, Permission
from mailing.queries import permitted
from mailing.services import queue

FOR_AN_ADDRESS = timedelta(days=1)
FOR_ALL_ELSE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Going:
    """A message that would go now."""

    way: Way
    step: Send
    address: str


def send(ways: Sequence[Way], now: datetime) -> None:
    """Queued, held back, skipped, held out, or over."""
    answers = permitted([_asked(way, now) for way in ways], now)
    note_refused(
        [
            Refused(answer.reason, answer.evidence, answer.address, way.journey.purpose_code)
            for way, answer in zip(ways, answers, strict=True)
            if answer.action != GO
        ],
        now,
    )
    going = [one for way, answer in zip(ways, answers, strict=True) if (one := _heard(way, answer, now)) is not None]
    _queue(_not_held_out(going, now), now)


def _asked(way: Way, now: datetime) -> Asked:
    assert isinstance(way.step, Send)
    came = way.row.node_at or now
    return Asked(
        way.row.identifier_id,
        way.journey.purpose_code,
        since=way.said.since,
        until=way.said.until or came + FOR_ALL_ELSE,
        waiting_since=way.row.armed_at,
        channel=way.step.channel,
    )


def _heard(way: Way, answer: Permission, now: datetime) -> Going | None:
    """What the answer means; the message that goes, if one does."""
    assert isinstance(way.step, Send)
    if answer.action == GO and answer.address:
        return Going(way, way.step, answer.address)
    if answer.action == WAIT and not _is_long_enough(way, answer.reason, now):
        moving.wait(way, answer.not_before or now, reason=answer.reason)
    elif answer.action == WAIT:
        moving.go_on(way, now, outcome=moving.SKIPPED, reason=answer.reason)
    else:
        skip(way, answer.reason, now)
    return None


def skip(way: Way, reason: str, now: datetime) -> None:
    """This message does not go; where the whole story is over with that, the way ends."""
    if ends_story(reason, is_cart=isinstance(way.graph.trigger, CartAbandoned)):
        way.passed.append((way.row.node, moving.SKIPPED, reason))
        moving.end_story(way, reason, now)
    else:
        moving.go_on(way, now, outcome=moving.SKIPPED, reason=reason)


def _is_long_enough(way: Way, reason: str, now: datetime) -> bool:
    """Whether it waited at this step for as long as anybody would want; carts say themselves when they are too old."""
    if way.said.until is not None:
        return False
    patience = FOR_AN_ADDRESS if reason == "no_address" else FOR_ALL_ELSE
    return now >= (way.row.node_at or now) + patience


def _not_held_out(going: Sequence[Going], now: datetime) -> list[Going]:
    """The first message that would go exposes an address to its journey's holdout, for good."""
    variants: dict[str, Mapping[bytes, str]] = {}
    for journey in {one.way.journey.pk: one.way.journey for one in going}.values():
        key = experiment_key(journey)
        mine = {address_hash(one.address) for one in going if one.way.journey.pk == journey.pk}
        variants[key] = exposed(key, mine, now)
    left = []
    for one in going:
        if variants[experiment_key(one.way.journey)].get(address_hash(one.address)) == HOLDOUT:
            one.way.row.held_out = True
            moving.end(one.way, Enrollment.State.DONE, "held_out", now)
        else:
            left.append(one)
    return left


def _queue(going: Sequence[Going], now: datetime) -> None:
    queued = queue([_message(one) for one in going], now=now)
    for one, message_id in zip(going, queued, strict=True):
        if message_id is None:
            moving.go_on(one.way, now, outcome=moving.SKIPPED, reason="queued_before")
        else:
            moving.hand_over(one.way)


def _message(one: Going) -> NewMessage:
    row = one.way.row
    return NewMessage(
        sender=SENDER,
        sender_id=row.journey_id,
        about_id=row.pk,
        label=row.journey.name,
        step=row.node,
        occasion=row.occasion,
        address=one.address,
        identifier_id=row.identifier_id,
        template=one.step.template,
        purpose=row.journey.purpose_code,
        channel=one.step.channel,
    )
