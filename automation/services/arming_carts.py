"""Consumer of cart.changed: enrollments armed, pushed, reopened or let go; of events.stored and profile.merged: carts
whose person became reachable are looked at again. Idempotent.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from automation import arming
from automation.contracts import Change, Enrolled
from automation.models import Enrollment, Journey, Message
from automation.queries import cart_now, mailed_at, rules_of
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from commerce import queries as commerce
from commerce.contracts import CartFacts
from events.models import Event
from profiles.models import Identifier

MESSAGES = Prefetch("messages", Message.objects.only("enrollment_id", "sending_at", "queued_at"))
UNREACHED = Q(state=Enrollment.State.WAITING, reason="no_address")


def consume_cart_changed(messages: Sequence[TopicMessage]) -> None:
    """Bring the enrollments of changed carts up to date, and look again at carts whose person became known."""
    now = utc_now()
    journeys = list(Journey.objects.exclude(state=Journey.State.DRAFT).order_by("id"))
    if not journeys:
        return
    keys = sorted({key for m in messages if m.topic == "cart.changed" for key in m.payload["keys"]})
    for journey in journeys:
        _arm(journey, keys, now)
    if Enrollment.objects.filter(UNREACHED).exists():
        for message in messages:
            _look_again(_mentioned(message), now)


def _arm(journey: Journey, keys: Sequence[str], now: datetime) -> None:
    latest = _latest(journey, keys)
    carts = commerce.carts_by_keys(keys)
    armed: list[Enrollment] = []
    for key in keys:
        cart = carts.get(key)
        row = latest.get(key)
        before = _mailed_under_another_key(journey, cart) if row is None else None
        change = arming.next_change(
            cart_now(cart), _enrolled(row), mailed_before=before, rules=rules_of(journey), now=now
        )
        if change.action == "arm" and cart is not None:
            armed += _enrolled_anew(journey, key, cart, change)
        elif row is not None:
            _apply(cart, row, change, now)
    Enrollment.objects.bulk_create(armed, ignore_conflicts=True)


def _latest(journey: Journey, keys: Sequence[str]) -> dict[str, Enrollment]:
    """{cart key: its latest enrollment}, locked in the order of their ids."""
    rows = Enrollment.objects.select_for_update().filter(journey=journey, cart_key__in=keys).order_by("id")
    rows = rows.prefetch_related(MESSAGES)
    return {row.cart_key: row for row in rows}


def _enrolled(row: Enrollment | None) -> Enrolled | None:
    if row is None:
        return None
    ordinal = int(row.occasion.rpartition(":")[2])
    return Enrolled(
        ordinal,
        row.state,
        row.reason,
        row.armed_at,
        row.due_at or row.armed_at,
        mailed_at(row),
        bool(row.messages.all()),
    )


def _mailed_under_another_key(journey: Journey, cart: CartFacts | None) -> datetime | None:
    if cart is None or cart.cart_id is not None:
        return None
    others = Enrollment.objects.filter(journey=journey, identifier_id=cart.identifier_id, state=Enrollment.State.DONE)
    others = others.filter(cart_key__startswith="run:").order_by("-id").prefetch_related(MESSAGES)
    times = [mailed_at(row) for row in others[:5]]
    return max((at for at in times if at is not None), default=None)


def _apply(cart: CartFacts | None, row: Enrollment, change: Change, now: datetime) -> None:
    if change.action == "exit":
        _end(row, change.reason, now)
    elif change.action in {"push", "reopen"} and cart is not None:
        _move(row, cart, change)


def _end(row: Enrollment, reason: str, now: datetime) -> None:
    row.state, row.reason, row.ended_at = Enrollment.State.EXITED, reason, now
    row.save(update_fields=["state", "reason", "ended_at"])


def _move(row: Enrollment, cart: CartFacts, change: Change) -> None:
    row.state, row.reason, row.ended_at = Enrollment.State.WAITING, "", None
    row.identifier_id = cart.identifier_id
    row.armed_at, row.due_at = change.added_at or row.armed_at, change.due_at or row.due_at
    row.save(update_fields=["state", "reason", "ended_at", "identifier_id", "armed_at", "due_at"])


def _enrolled_anew(journey: Journey, key: str, cart: CartFacts, change: Change) -> list[Enrollment]:
    """Only live journeys take in new carts; a paused one keeps what it has up to date."""
    if journey.state != Journey.State.LIVE or change.added_at is None or change.due_at is None:
        return []
    enrollment = Enrollment(
        journey=journey,
        occasion=arming.occasion(key, change.ordinal),
        cart_key=key,
        identifier_id=cart.identifier_id,
        armed_at=change.added_at,
        due_at=change.due_at,
    )
    return [enrollment]


def _mentioned(message: TopicMessage) -> QuerySet[Identifier]:
    """The identifiers that a topic is about."""
    if message.topic == "profile.merged":
        return Identifier.objects.filter(id__in=message.payload["identifier_ids"])
    if message.topic == "events.stored":
        stored = Event.objects.filter(id__range=(message.payload["first_id"], message.payload["last_id"]))
        return Identifier.objects.filter(id__in=stored.values("identifier_id"))
    return Identifier.objects.none()


def _look_again(mentioned: QuerySet[Identifier], now: datetime) -> None:
    """Carts that wait for an address are due now if one of these identifiers shares a profile with one.

    It hurries a look that would come anyway; a merge never starts a journey again.
    """
    reachable = Identifier.objects.filter(
        profile_id__in=mentioned.values("profile_id"), kind="email", is_shared=False
    ).values("profile_id")
    theirs = Identifier.objects.filter(profile_id__in=reachable).values("id")
    Enrollment.objects.filter(UNREACHED, identifier_id__in=theirs, due_at__gt=now).update(due_at=now)
