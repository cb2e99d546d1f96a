"""Consumer of cart.changed: enrollments armed, pushed, reopened or let go; of events.stored and profile.merged: carts
whose person became reachable are looked at again. Idempotent.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from automation import arming
from automation.contracts import Change, Enrolled
from automation.graph import CartAbandoned, Graph, Send
from automation.models import Enrollment, Journey, Passing
from automation.queries.journeys import SENDER, rules_of
from automation.queries.situations import cart_now
from automation.queries.stories import note_goals
from automation.queries.versions import graphs
from automation.queries.ways import ways
from automation.services.enrolling import may_enter
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from cdp.outbox.services import publish
from commerce import queries as commerce
from commerce.contracts import CartFacts
from events.models import Event
from mailing.models import Message
from profiles import queries as profiles
from profiles.models import Identifier

MADE = (Message.State.QUEUED, *Message.HANDED, Message.State.FAILED)
UNREACHED = Q(state=Enrollment.State.WAITING, reason="no_address")


def consume_cart_changed(messages: Sequence[TopicMessage]) -> None:
    """Bring the enrollments of changed carts up to date, and look again at carts whose person became known."""
    now = utc_now()
    keys = sorted({key for m in messages if m.topic == "cart.changed" for key in m.payload["keys"]})
    if keys:
        for journey, graph in _of_carts():
            _arm(journey, graph, keys, now)
    if Enrollment.objects.filter(UNREACHED).exists():
        for message in messages:
            _look_again(_mentioned(message), now)


def _of_carts() -> list[tuple[Journey, Graph]]:
    """The journeys about carts, live or paused: a paused one keeps what it has up to date."""
    states = (Journey.State.LIVE, Journey.State.PAUSED)
    found = list(Journey.objects.filter(state__in=states, version__isnull=False).order_by("pk"))
    read = graphs([journey.version_id for journey in found if journey.version_id])
    pairs = [(journey, read[pk]) for journey in found if (pk := journey.version_id) in read]
    return [(journey, graph) for journey, graph in pairs if isinstance(graph.trigger, CartAbandoned)]


def _arm(journey: Journey, graph: Graph, keys: Sequence[str], now: datetime) -> None:
    assert isinstance(graph.trigger, CartAbandoned)
    latest = _latest(journey, keys)
    begun = _begun(latest.values())
    carts = commerce.carts_by_keys(keys)
    renamed = _mailed_under_another_key(journey, [cart for key, cart in carts.items() if key not in latest])
    rules = rules_of(graph.trigger)
    armed: list[Enrollment] = []
    over: list[tuple[Enrollment, str]] = []
    for key in keys:
        cart, row = carts.get(key), latest.get(key)
        before = renamed.get(cart.identifier_id) if row is None and cart is not None and not cart.cart_id else None
        change = arming.next_change(cart_now(cart), _enrolled(row, begun), mailed_before=before, rules=rules, now=now)
        if change.action in {"arm", "again"} and cart is not None:
            new = _enrolled_anew(journey, key, cart, change)
            if new and change.action == "again" and row is not None:
                over.append((row, "cart_used_again"))
            armed += new
        elif row is not None and change.action == "exit":
            over.append((row, change.reason))
        elif row is not None and cart is not None and change.action in {"push", "note", "reopen"}:
            _move(row, cart, change)
    _end(over, now)
    Enrollment.objects.bulk_create(_let_in(journey, armed, now), ignore_conflicts=True)


def _latest(journey: Journey, keys: Sequence[str]) -> dict[str, Enrollment]:
    """{cart key: its latest enrollment}, locked in the order of their ids."""
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("journey")
    return {row.cart_key: row for row in rows.filter(journey=journey, cart_key__in=keys).order_by("id")}


def _begun(rows: Iterable[Enrollment]) -> dict[int, datetime | None]:
    """{enrollment: when a mail was last made for it, None if none was} of those that passed a step or made a mail."""
    ids = [row.pk for row in rows]
    found: dict[int, datetime | None] = dict.fromkeys(
        Passing.objects.filter(enrollment_id__in=ids).values_list("enrollment_id", flat=True).distinct()
    )
    for about, state, at, queued in _messages(ids).values_list("about_id", "state", "sending_at", "queued_at"):
        if about is not None:
            made = (at or queued) if state in MADE else None
            found[about] = max((one for one in (found.get(about), made) if one is not None), default=None)
    return found


def _messages(enrollment_ids: Sequence[int]) -> QuerySet[Message]:
    return Message.objects.filter(sender=SENDER, about_id__in=enrollment_ids)


def _enrolled(row: Enrollment | None, begun: Mapping[int, datetime | None]) -> Enrolled | None:
    if row is None:
        return None
    made = begun.get(row.pk)
    return Enrolled(
        ordinal=int(row.occasion.rpartition(":")[2]),
        state=row.state,
        reason=row.reason,
        added_at=row.armed_at,
        due_at=row.due_at or row.armed_at,
        mailed_at=made or (row.ended_at if row.held_out else None),
        has_begun=row.pk in begun,
        is_at_send=_is_at_send(row),
    )


def _is_at_send(row: Enrollment) -> bool:
    if row.version_id is None or not row.node:
        return True
    graph = graphs([row.version_id]).get(row.version_id)
    return graph is not None and isinstance(graph.nodes.get(row.node), Send)


def _mailed_under_another_key(journey: Journey, carts: Sequence[CartFacts]) -> dict[int, datetime]:
    """{identifier: when a cart of theirs without an id was last mailed about or held out}."""
    whose = {cart.identifier_id for cart in carts if cart.cart_id is None}
    if not whose:
        return {}
    others = Enrollment.objects.filter(journey=journey, identifier_id__in=whose, cart_key__startswith="run:")
    rows = list(others.order_by("id"))
    begun = _begun(rows)
    found: dict[int, datetime] = {}
    for row in rows:
        at = begun.get(row.pk) or (row.ended_at if row.held_out else None)
        if at is not None:
            found[row.identifier_id] = max(at, found.get(row.identifier_id, at))
    return found


def _end(over: Sequence[tuple[Enrollment, str]], now: datetime) -> None:
    """What closed the cart may have been the journey's goal: that counts before it."""
    begun = [row for row, _ in over if row.entered_at is not None]
    note_goals(ways(begun), now)
    for row, reason in over:
        is_goal = row.goal_at is not None
        row.state = Enrollment.State.DONE if is_goal else Enrollment.State.EXITED
        row.reason, row.ended_at, row.awaits = "goal_reached" if is_goal else reason, now, ""
        row.save(update_fields=["state", "reason", "ended_at", "awaits", "goal_at"])
    if over:
        publish("journey.ended", {"enrollment_ids": [row.pk for row, _ in over]})


def _move(row: Enrollment, cart: CartFacts, change: Change) -> None:
    """Reopened it is armed anew; whoever waits at a step stays there."""
    if change.action == "reopen":
        row.state, row.version, row.node, row.node_at, row.entered_at = Enrollment.State.ARMED, None, "", None, None
    if change.action != "note":
        row.reason = ""
    row.ended_at, row.identifier_id = None, cart.identifier_id
    row.armed_at, row.due_at = change.added_at or row.armed_at, change.due_at or row.due_at
    row.save()


def _enrolled_anew(journey: Journey, key: str, cart: CartFacts, change: Change) -> list[Enrollment]:
    """Only live journeys take in new carts; a paused one keeps what it has up to date."""
    if journey.state != Journey.State.LIVE or change.added_at is None or change.due_at is None:
        return []
    enrollment = Enrollment(
        journey=journey,
        occasion=arming.occasion(key, change.ordinal),
        cart_key=key,
        identifier_id=cart.identifier_id,
        state=Enrollment.State.ARMED,
        armed_at=change.added_at,
        due_at=change.due_at,
    )
    return [enrollment]


def _let_in(journey: Journey, armed: Sequence[Enrollment], now: datetime) -> list[Enrollment]:
    """Whom re-entry lets in again; several carts of one person may be armed, and one mail goes at a time."""
    if journey.reentry == Journey.Reentry.ALWAYS or not armed:
        return list(armed)
    owners = profiles.profiles_of_identifiers([row.identifier_id for row in armed])
    may = may_enter(journey, list(owners.values()), now)
    return [row for row in armed if row.identifier_id not in owners or may[owners[row.identifier_id]]]


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
