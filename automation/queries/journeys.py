"""Reads of journeys: their rules and live counts, and whether processing is too far behind to mail anybody."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q

from automation.contracts import CartNow, JourneyCounts, Rules
from automation.models import Enrollment, Journey, Message
from cdp.lib.clock import utc_now
from cdp.outbox import queries as outbox
from commerce.contracts import CartFacts
from events.models import Inbox

# What a cart's story goes through before the journey sees it.
BEFORE_US = frozenset({"commerce.refold", "commerce.rejoin", "automation.arm"})
BEHIND_AFTER_S = 30


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
    """When a mail was made for this occasion, or it was held out; None if neither. Prefetch its messages."""
    if enrollment.state != Enrollment.State.DONE:
        return None
    first = min(enrollment.messages.all(), key=lambda message: message.pk, default=None)
    return enrollment.ended_at if first is None else first.sending_at or first.queued_at


def is_behind() -> bool:
    """Whether live events or carts have waited for more than 30 seconds to be processed, or were given up.

    An order may be among them: until they are, nobody is mailed about a cart.
    """
    waiting = Inbox.objects.filter(done_at__isnull=True, lane=Inbox.Lane.LIVE).order_by("lane", "id")
    oldest = waiting.values_list("received_at", flat=True).first()
    if oldest is not None and (utc_now() - oldest).total_seconds() > BEHIND_AFTER_S:
        return True
    lags = [lag for lag in outbox.consumer_lags() if lag.consumer in BEFORE_US]
    ages = [lag.oldest_live_age_s for lag in lags if lag.oldest_live_age_s is not None]
    return any(lag.parked for lag in lags) or any(age > BEHIND_AFTER_S for age in ages)


def parked_before_mail() -> int:
    """Deliveries given up that hold back every mail about a cart until somebody tries them again."""
    return sum(lag.parked for lag in outbox.consumer_lags() if lag.consumer in BEFORE_US)


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
