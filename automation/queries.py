"""Reads of automation: a journey's rules and counts, and everything a decision to mail depends on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q

from automation.contracts import CartNow, Facts, JourneyCounts, Rules
from automation.models import Enrollment, Journey, Message
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.outbox import queries as outbox
from commerce import queries as commerce
from commerce.contracts import CartFacts, CartLine, ProductFacts
from consent import queries as consent
from consent.contracts import EMAIL_MARKETING, Subject
from events.models import Inbox
from profiles import queries as profiles

# What a cart's story goes through before the journey sees it.
BEFORE_US = frozenset({"commerce.refold", "automation.arm"})
BEHIND_AFTER_S = 30
HANDED = (Message.State.SENDING, Message.State.SENT, Message.State.UNKNOWN)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Situation:
    """An enrollment's facts and what a mail about it needs. `address` is canonical, None if none is known."""

    facts: Facts
    address: str | None
    profile_id: UUID | None
    identifier_ids: tuple[int, ...]
    cart: CartFacts | None
    lines: tuple[tuple[CartLine, ProductFacts | None], ...]


def rules_of(journey: Journey) -> Rules:
    """The journey's settings as its decisions take them."""
    return Rules(
        idle=timedelta(minutes=journey.idle_minutes),
        max_age=timedelta(hours=journey.max_age_hours),
        cap_per_week=journey.cap_per_week,
        quiet_from_hour=journey.quiet_from_hour,
        quiet_to_hour=journey.quiet_to_hour,
        time_zone=journey.time_zone,
        settle=timedelta(seconds=settings.CART_SETTLE_S),
    )


def experiment_key(journey: Journey) -> str:
    """The key of the experiment that holds a journey's holdout."""
    return f"journey-{journey.slug}"


def cart_now(cart: CartFacts | None) -> CartNow | None:
    """A stored cart as the journey sees it."""
    if cart is None:
        return None
    return CartNow(cart.state, len(cart.lines), cart.last_added_at, cart.last_activity_at)


def mailed_at(enrollment: Enrollment) -> datetime | None:
    """When a mail was made for this occasion, or it was held out; None if neither."""
    if enrollment.state != Enrollment.State.DONE:
        return None
    row = enrollment.messages.order_by("id").values_list("sending_at", "queued_at").first()
    return enrollment.ended_at if row is None else row[0] or row[1]


def situation(enrollment: Enrollment, now: datetime, *, address: str | None = None) -> Situation:
    """What holds for an enrollment now. With `address`: for that one, unknown if it is no longer theirs."""
    cart = commerce.cart_by_key(enrollment.cart_key)
    identifier_id = cart.identifier_id if cart else enrollment.identifier_id
    person = _person(identifier_id, address)
    lines = _offerable(cart)
    hashed = address_hash(person.address) if person.address else None
    since = cart.last_added_at if cart and cart.last_added_at else enrollment.armed_at
    facts = Facts(
        cart=cart_now(cart),
        armed_at=enrollment.armed_at,
        offerable_lines=len(lines),
        is_shared=person.is_shared,
        has_address=hashed is not None,
        suppressed=_suppressed(hashed),
        consent=consent.allows(Subject(hashed, person.identifier_ids), EMAIL_MARKETING, now),
        ordered_since=bool(commerce.orders_since(person.identifier_ids or (identifier_id,), since)),
        mails_this_week=handed_since(hashed, now - WEEK) if hashed else 0,
    )
    return Situation(facts, person.address, person.profile_id, person.identifier_ids, cart, lines)


@dataclass(frozen=True, slots=True)
class _Person:
    profile_id: UUID | None
    identifier_ids: tuple[int, ...]
    is_shared: bool
    address: str | None


def _person(identifier_id: int, wanted: str | None) -> _Person:
    profile_id = profiles.profiles_of_identifiers([identifier_id]).get(identifier_id)
    if profile_id is None:
        return _Person(None, (identifier_id,), False, None)
    known = profiles.identifiers_of([profile_id])[profile_id]
    ids = tuple(fact.id for fact in known)
    if any(fact.is_shared for fact in known):
        return _Person(profile_id, ids, True, None)
    if wanted is None:
        return _Person(profile_id, ids, False, profiles.email_of(profile_id))
    theirs = any(fact.kind == "email" and fact.value == wanted for fact in known)
    return _Person(profile_id, ids, False, wanted if theirs else None)


def _offerable(cart: CartFacts | None) -> tuple[tuple[CartLine, ProductFacts | None], ...]:
    """The lines that can be bought now; a product the catalog does not know is taken at the cart's word."""
    lines = cart.lines if cart else ()
    known = commerce.products([line.product_id for line in lines])
    pairs = [(line, known.get(line.product_id)) for line in lines]
    return tuple((line, product) for line, product in pairs if product is None or product.is_offerable)


def _suppressed(hashed: bytes | None) -> str:
    found = consent.suppression(hashed) if hashed else None
    return found.reason if found else ""


def handed_since(hashed: bytes, since: datetime) -> int:
    """Marketing mails handed over (or perhaps handed over) to an address hash since an instant."""
    return Message.objects.filter(address_hash=hashed, state__in=HANDED, sending_at__gt=since).count()


def is_behind() -> bool:
    """Whether live events or carts have waited for more than 30 seconds to be processed.

    An order may be among them: until they are, nobody is mailed about a cart.
    """
    waiting = Inbox.objects.filter(done_at__isnull=True, lane=Inbox.Lane.LIVE).order_by("lane", "id")
    oldest = waiting.values_list("received_at", flat=True).first()
    if oldest is not None and (utc_now() - oldest).total_seconds() > BEHIND_AFTER_S:
        return True
    ages = [lag.oldest_age_s for lag in outbox.consumer_lags() if lag.consumer in BEFORE_US]
    return any(age is not None and age > BEHIND_AFTER_S for age in ages)


def journey_counts(journey_ids: Sequence[int]) -> dict[int, JourneyCounts]:
    """{journey id: live counts}, with two grouped queries."""
    waiting: Counter[int] = Counter()
    ended: dict[int, Counter[str]] = {journey_id: Counter() for journey_id in journey_ids}
    enrollments = Enrollment.objects.filter(journey_id__in=journey_ids).values_list("journey_id", "state", "reason")
    for journey_id, state, reason, count in enrollments.annotate(count=Count("id")):
        if state == Enrollment.State.WAITING:
            waiting[journey_id] += count
        else:
            ended[journey_id][reason] += count
    states: dict[int, Counter[str]] = {journey_id: Counter() for journey_id in journey_ids}
    messages = Message.objects.filter(Q(journey_id__in=journey_ids)).values_list("journey_id", "state")
    for journey_id, state, count in messages.annotate(count=Count("id")):
        states[journey_id][state] += count
    return {
        i: JourneyCounts(waiting[i], ended[i].pop("held_out", 0), dict(states[i]), dict(ended[i])) for i in journey_ids
    }
