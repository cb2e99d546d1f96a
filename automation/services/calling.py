"""What programs ask for: people let into a journey, and taken out of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from automation.contracts import Enrolling, Entry
from automation.graph import ByApi, CartAbandoned
from automation.models import Enrollment, Journey
from automation.queries.journeys import SENDER
from automation.queries.versions import graph_of
from automation.services.triggers.entering import turned_away
from automation.triggers import occasions
from automation.triggers.telling import facts_of_event
from cdp.lib.conflicts import retrying
from cdp.outbox.services import publish
from mailing.services import queueing as mailing
from profiles import queries as profiles

RUNNING = (Enrollment.State.ARMED, Enrollment.State.WAITING, Enrollment.State.SENDING)
CANCELED = "canceled"


class CallRefused(ValueError):
    """The journey does not start by a program's call; the message says by what it does."""


@transaction.atomic
def let_in(
    journey: Journey,
    identifier_ids: Sequence[int],
    key: str,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    only_api: bool = False,
) -> Enrolling:
    """Enroll these people, each once a `key`. Raises CallRefused where it is about carts, and with `only_api` where
    its trigger is another."""
    graph = graph_of(journey)
    if graph is not None and isinstance(graph.trigger, CartAbandoned):
        raise CallRefused(f"“{journey.name}” is about carts: whoever leaves one comes in by it, and nobody else.")
    if only_api and (graph is None or not isinstance(graph.trigger, ByApi)):
        said = f"when {graph.trigger.sentence()}" if graph is not None else "by nothing yet"
        raise CallRefused(f"“{journey.name}” starts {said}. Give it the trigger “api”, or enroll people instead.")
    told = facts_of_event("api", facts, is_server=True)
    entries = [Entry(pk, occasions.of_call(f"{key}:{pk}"), told, at=now) for pk in identifier_ids]
    return turned_away(journey, entries, now)


def cancel_people(journey: Journey, identifier_ids: Collection[int], now: datetime) -> int:
    """End every way through this journey of whoever these identifiers belong to, queued mails too; how many.

    Again after a conflict: a hand-over locks the mail before the way it belongs to.
    """
    return retrying(lambda: _canceled(journey, identifier_ids, now))


@transaction.atomic
def _canceled(journey: Journey, identifier_ids: Collection[int], now: datetime) -> int:
    theirs = list(profiles.kin_of(identifier_ids)) if identifier_ids else []
    rows = Enrollment.objects.filter(journey=journey, identifier_id__in=theirs, state__in=RUNNING)
    ids = list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    Enrollment.objects.filter(pk__in=ids).update(
        state=Enrollment.State.EXITED, reason=CANCELED, awaits="", ended_at=now, lease=None, leased_until=None
    )
    if ids:
        mailing.cancel(SENDER, about_ids=ids, reason=CANCELED, now=now)
        publish("journey.ended", {"enrollment_ids": ids})
    return len(ids)
