"""Journeys made, activated, paused, archived; each has an experiment of its own for its holdout.

All marketing at once is stopped by `mailing.services.policies`; no step is taken then either.
"""

from copy import deepcopy
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from automation.models import Enrollment, Journey
from automation.queries.journeys import SENDER
from automation.services.holding_out import HOLDOUT, TREATED, ensure_experiment, sync_holdout
from automation.services.publishing import publish_draft
from automation.shipped import shipped_journeys
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from cdp.outbox.services import publish, wake
from consent.contracts import EMAIL_REMINDERS
from mailing.services import cancel, ensure_shipped, look_again

__all__ = [
    "ABANDONED_CART",
    "HOLDOUT",
    "TREATED",
    "activate",
    "archive",
    "ensure_default_journeys",
    "pause",
    "remove",
    "sync_holdout",
]

ABANDONED_CART = "abandoned-cart"
ENDED = "journey_archived"


def ensure_default_journeys() -> Journey:
    """The abandoned-cart journey, as a draft if it is new; what staff changed stays as it is. Idempotent."""
    journey = Journey.objects.filter(slug=ABANDONED_CART).first() or _default()
    ensure_shipped()
    ensure_experiment(journey)
    return journey


def activate(journey: Journey) -> None:
    """Let the journey take people in and go on from now on; a draft is published first. Carts left before are not
    enrolled. Raises `publishing.NotPublishable`."""
    ensure_experiment(journey)
    journey.refresh_from_db()
    if journey.version_id is None:
        publish_draft(journey, None)
    Journey.objects.filter(pk=journey.pk).update(state=Journey.State.LIVE)
    look_again(SENDER, journey.pk)
    wake("automation.step")


def pause(journey: Journey) -> None:
    """Stop taking in and going on; what waits goes on waiting until it is activated again or too old."""
    Journey.objects.filter(pk=journey.pk).update(state=Journey.State.PAUSED)


def archive(journey: Journey, now: datetime | None = None) -> int:
    """End it for good: queued messages are called off, and everybody who is under way leaves; how many left."""
    moment = now or utc_now()
    return retrying(lambda: _archived(journey, moment))


@transaction.atomic
def _archived(journey: Journey, now: datetime) -> int:
    Journey.objects.filter(pk=journey.pk).update(state=Journey.State.ARCHIVED)
    return _ended(Enrollment.objects.filter(journey=journey), ENDED, now)


def remove(enrollment_ids: list[int], now: datetime, *, reason: str = "removed") -> int:
    """Take people out of their journeys: what is queued for them is called off; how many were under way."""
    return retrying(lambda: _ended(Enrollment.objects.filter(pk__in=enrollment_ids), reason, now))


@transaction.atomic
def _ended(rows: QuerySet[Enrollment], reason: str, now: datetime) -> int:
    open_rows = rows.filter(state__in=Enrollment.OPEN).select_for_update(of=("self",)).order_by("pk")
    ids = list(open_rows.values_list("pk", flat=True))
    if not ids:
        return 0
    cancel(SENDER, about_ids=ids, reason=reason, now=now)
    Enrollment.objects.filter(pk__in=ids).update(
        state=Enrollment.State.EXITED, reason=reason, ended_at=now, awaits="", lease=None, leased_until=None
    )
    publish("journey.ended", {"enrollment_ids": ids})
    return len(ids)


def _default() -> Journey:
    """Of the shipped definition, for the purpose under which reminders were always sent."""
    shipped = shipped_journeys()[ABANDONED_CART]
    defaults = {
        "name": shipped.name,
        "notes": shipped.description,
        "purpose_id": EMAIL_REMINDERS,
        "holdout_share": shipped.holdout,
        "priority": shipped.priority,
        "draft": deepcopy(shipped.graph),
        "shipped": shipped.slug,
    }
    journey, _ = Journey.objects.get_or_create(slug=ABANDONED_CART, defaults=defaults)
    return journey
