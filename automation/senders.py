"""What journeys say of their messages at the hand-over: the sender `journey`, in mailing's transaction, in batches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from automation.graph import CartAbandoned
from automation.models import Enrollment, Journey
from automation.queries.filling import values
from automation.queries.journeys import SENDER, is_behind
from automation.queries.stories import note_goals, stories
from automation.queries.ways import Way, ways
from automation.services import moving, writing
from automation.services.steps.sending import FOR_ALL_ELSE, skip
from cdp.outbox.services import wake
from mailing.contracts import END, GO, WAIT, Said
from mailing.models import Message

LATER = timedelta(minutes=1)
UNREAD = timedelta(minutes=15)
NOT_MAILED = frozenset({Message.State.SUPPRESSED})


class JourneySender:
    """See `mailing.contracts.Sender`."""

    def ask(self, messages: Sequence[Message], now: datetime) -> list[Said]:
        """Whether each story still wants its mail: journey live, goal, cart, exits, and who goes first."""
        if is_behind():
            return [Said(WAIT, "behind", now + timedelta(seconds=5))] * len(messages)
        found = _ways(messages)
        asked = list(found.values())
        told = dict(zip((way.row.pk for way in asked), stories(asked, now), strict=True))
        ahead, crossed = _ahead(messages, now), _crossed(messages, found)
        unread = _unread(messages, found)
        said = []
        for message in messages:
            way = found.get(message.about_id or 0)
            said.append(
                _lost(message, unread, now)
                if way is None
                else _standing(way, message, now)
                or (told[way.row.pk] if told[way.row.pk].action != GO else None)
                or _elsewhere(way, message)
                or (Said(END, "mailed_lately") if message.pk in crossed else None)
                or (Said(WAIT, "higher_priority", now + LATER) if message.pk in ahead else None)
                or _within(told[way.row.pk], message)
            )
        return said

    def fill(self, messages: Sequence[Message], now: datetime) -> list[Mapping[str, Any]]:
        """The cart, product, order, event and offer of each."""
        found = _ways(messages)
        filled = values(list(found.values()), now)
        return [filled.get(message.about_id or 0, {}) for message in messages]

    def concluded(self, messages: Sequence[Message], now: datetime) -> None:
        """Whoever waited for this message goes on, or ends with its reason."""
        found = _ways(messages, locked=True)
        reached = [way for way in found.values() if any(_reached(way, message) for message in messages)]
        note_goals(reached, now)
        moved = []
        for message in messages:
            way = found.get(message.about_id or 0)
            if way is None or way.row.state != Enrollment.State.SENDING or way.row.node != message.step:
                continue
            if message.state in NOT_MAILED:
                skip(way, message.reason, now)
            else:
                moving.go_on(way, now, reason=message.reason)
            moved.append(way)
        writing.write(moved, now)
        if moved:
            wake("automation.step")


def _ways(messages: Sequence[Message], *, locked: bool = False) -> dict[int, Way]:
    """{enrollment id: its way} of those that are still there."""
    ids = {message.about_id for message in messages if message.about_id is not None}
    rows = Enrollment.objects.select_related("journey").filter(pk__in=ids).order_by("pk")
    return {way.row.pk: way for way in ways(list(rows.select_for_update(of=("self",)) if locked else rows))}


def _reached(way: Way, message: Message) -> bool:
    return message.about_id == way.row.pk and message.reason == "goal_reached"


def _lost(message: Message, unread: Collection[int], now: datetime) -> Said:
    """Nobody is under way with it any more, or by a graph that cannot be read now."""
    if message.about_id in unread:
        return Said(WAIT, "error", now + UNREAD)
    return Said(END, "cart_gone" if message.about_id is None else "removed")


def _unread(messages: Sequence[Message], found: Mapping[int, Way]) -> set[int]:
    missing = {message.about_id for message in messages if message.about_id} - set(found)
    return set(Enrollment.objects.filter(pk__in=missing).values_list("pk", flat=True)) if missing else set()


def _within(said: Said, message: Message) -> Said:
    """Held back for no longer than the step itself would have waited; carts say themselves when they are too old."""
    return said if said.until else replace(said, until=message.queued_at + FOR_ALL_ELSE)


def _standing(way: Way, message: Message, now: datetime) -> Said | None:
    """What the journey's state says; messages of one that goes on are looked at at once (`journeys.activate`)."""
    if way.row.state != Enrollment.State.SENDING:
        return Said(END, way.row.reason or "removed")
    if way.journey.state == Journey.State.ARCHIVED:
        return Said(END, "journey_archived")
    if way.journey.state != Journey.State.LIVE:
        return Said(WAIT, "journey_paused", now + timedelta(minutes=5))
    if not isinstance(way.graph.trigger, CartAbandoned) and now >= message.queued_at + FOR_ALL_ELSE:
        return Said(END, "too_long")
    return None


def _elsewhere(way: Way, message: Message) -> Said | None:
    """A cart that is somebody else's by now is not written about to whom it was."""
    addresses = {one.value for one in way.person.identifiers if one.kind == "email"}
    is_theirs = way.cart is None or message.channel != Message.Channel.EMAIL or message.address in addresses
    return None if is_theirs else Said(END, "address_changed")


def _ahead(messages: Sequence[Message], now: datetime) -> set[int]:
    """Those for whose address a message of a live journey that matters more is due too: that one goes first."""
    mine = dict(Journey.objects.values_list("pk", "priority"))
    live = set(Journey.objects.filter(state=Journey.State.LIVE).values_list("pk", flat=True))
    others = Message.objects.filter(
        Q(not_before_at__isnull=True) | Q(not_before_at__lte=now),
        sender=SENDER,
        state=Message.State.QUEUED,
        address_hash__in=[bytes(message.address_hash) for message in messages],
        sender_id__in=live,
    )
    highest: dict[bytes, int] = {}
    for address, journey_id in others.values_list("address_hash", "sender_id"):
        highest[bytes(address)] = max(highest.get(bytes(address), -1), mine.get(journey_id, 0))
    return {m.pk for m in messages if highest.get(bytes(m.address_hash), -1) > mine.get(m.sender_id, 0)}


def _crossed(messages: Sequence[Message], found: Mapping[int, Way]) -> set[int]:
    """Later mails about a cart whose address was written to about another cart meanwhile: that one is the present."""
    later = {
        message.pk: (way, way.mailed_at, message)
        for message in messages
        if (way := found.get(message.about_id or 0)) is not None
        and way.mailed_at is not None
        and isinstance(way.graph.trigger, CartAbandoned)
    }
    if not later:
        return set()
    handed = Message.objects.filter(
        sender=SENDER,
        sender_id__in={message.sender_id for _, _, message in later.values()},
        address_hash__in=[bytes(message.address_hash) for _, _, message in later.values()],
        state__in=Message.HANDED,
        sending_at__isnull=False,
    )
    rows = list(handed.values_list("sender_id", "address_hash", "about_id", "sending_at"))
    return {
        pk
        for pk, (way, mailed_at, message) in later.items()
        if any(
            sender_id == message.sender_id
            and bytes(address) == bytes(message.address_hash)
            and about != way.row.pk
            and at is not None
            and at > mailed_at
            for sender_id, address, about, at in rows
        )
    }


JOURNEY = JourneySender()
