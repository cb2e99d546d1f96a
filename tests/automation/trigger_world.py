"""Live journeys by their trigger, and what happens around them."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from automation.models import Enrollment, Journey, JourneyVersion
from automation.services.triggers import consume
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import LIVE, TopicMessage
from events.models import Inbox, Source
from events.queries import source_by_id
from events.services import record

_numbers: Iterator[int] = itertools.count(1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WORK = frozenset({"events.process", "commerce.refold", "commerce.rejoin", "automation.trigger"})


def live(on: str, *, state: str = "live", published_at: datetime = LONG_AGO, **rest: Any) -> Journey:
    """A live journey of one long wait with this trigger."""
    graph = {
        "trigger": {"on": on, **rest},
        "audience": None,
        "goal": None,
        "exits": [],
        "steps": [{"id": "x", "do": "wait", "for": {"days": 300}}],
    }
    slug = f"j{next(_numbers)}"
    journey = Journey.objects.create(slug=slug, name=slug, state=state, draft=graph, holdout_share=0)
    version = JourneyVersion.objects.create(journey=journey, number=1, graph=graph, published_at=published_at)
    journey.version = version
    journey.save()
    return journey


def source(kind: str = "server") -> Source:
    """A source of this kind."""
    return Source.objects.create(name=f"{kind} {next(_numbers)}", kind=kind)


def track(event: str, user: str, at: datetime | None = None, /, **properties: Any) -> dict[str, Any]:
    """A track call, now unless said otherwise."""
    return {
        "type": "track",
        "event": event,
        "messageId": f"t{next(_numbers)}",
        "timestamp": (at or utc_now()).isoformat(),
        "userId": user,
        "properties": properties,
    }


def send(origin: Source, *items: dict[str, Any], lane: int = Inbox.Lane.LIVE) -> None:
    """Put calls into the inbox."""
    facts = source_by_id(origin.pk)
    assert facts is not None
    assert all(not answer.rejected for answer in record(facts, items, lane=lane))


def deliver(topic: str, payload: dict[str, Any], lane: int = LIVE) -> None:
    """One topic row, handed to the triggers' consumer."""
    with transaction.atomic():
        consume([TopicMessage(next(_numbers), topic, payload, utc_now(), lane)])


def entered(journey: Journey) -> Sequence[tuple[int, dict[str, Any]]]:
    """(identifier id, facts) of everybody in it, in the order they came."""
    return list(Enrollment.objects.filter(journey=journey).order_by("pk").values_list("identifier_id", "facts"))
