"""Reads of journeys: their keys and live counts, and whether processing is too far behind to mail anybody."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Count

from automation.contracts import JourneyCounts, Rules
from automation.graph import CartAbandoned
from automation.models import Enrollment, Journey
from cdp.lib.clock import utc_now
from cdp.outbox import queries as outbox
from events.models import Inbox
from mailing.models import Message

SENDER = "journey"
# What a cart's story goes through before the journey sees it.
BEFORE_US = frozenset({"commerce.refold", "commerce.rejoin", "automation.arm"})
BEHIND_AFTER_S = 30


def rules_of(trigger: CartAbandoned) -> Rules:
    """What a cart journey says of carts, as its decisions take it."""
    return Rules(idle=trigger.idle, max_age=trigger.max_age, settle=timedelta(seconds=settings.CART_SETTLE_S))


def experiment_key(journey: Journey) -> str:
    """The key of the experiment that holds a journey's holdout."""
    return f"journey-{journey.slug}"


def is_behind() -> bool:
    """Whether live events or carts have waited for more than 30 seconds to be processed, or were given up.

    An order may be among them: until they are, no step is taken and nobody is mailed.
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
        if state in Enrollment.OPEN:
            waiting[journey_id] += count
        else:
            ended[journey_id][reason] += count
    states: dict[int, Counter[str]] = {journey_id: Counter() for journey_id in journey_ids}
    messages = Message.objects.filter(sender=SENDER, sender_id__in=journey_ids).values_list("sender_id", "state")
    for journey_id, state, count in messages.annotate(count=Count("id")):
        states[journey_id][state] += count
    return {
        i: JourneyCounts(waiting[i], ended[i].pop("held_out", 0), dict(states[i]), dict(ended[i])) for i in journey_ids
    }
