"""Journeys without a cart, and people let into them, in one call; a clock that tests move."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from automation import services
from automation.contracts import Enrolling, Entry
from automation.models import Enrollment, Journey, Passing
from cdp.lib.clock import utc_now
from events.models import Event
from mailing.services import send_slice
from tests.automation import world

MAIL = {"id": "mail", "do": "send", "channel": "email", "template": "news"}


def wait(node: str = "w", **length: int) -> dict[str, Any]:
    """A wait, of a day by default."""
    return {"id": node, "do": "wait", "for": length or {"days": 1}}


def journey(*steps: dict[str, Any], slug: str = "way", **settings: Any) -> Journey:
    """A live journey let into by the API, with these steps and nobody held out."""
    world.mail("news", "it")
    graph = {"goal": settings.pop("goal", None), "exits": settings.pop("exits", [])}
    graph |= {"trigger": {"on": "api"}, "audience": settings.pop("audience", None), "steps": list(steps)}
    values = {"holdout_share": 0} | settings
    made = Journey.objects.create(slug=slug, name=slug.title(), draft=graph, **values)
    services.activate(made)
    made.refresh_from_db()
    return made


def edit(row: Journey, *steps: dict[str, Any]) -> None:
    """Publish the journey with other steps."""
    row.draft = row.draft | {"steps": list(steps)}
    row.save()
    services.publish_draft(row, None)


def enter(row: Journey, *identifier_ids: int, occasion: str = "o", now: datetime | None = None) -> Enrolling:
    """Let people in, each for an occasion of their own."""
    return services.enroll(row, [Entry(pk, f"{occasion}:{pk}") for pk in identifier_ids], now or utc_now())


def pass_time(**delta: float) -> datetime:
    """Step all that is due after that long; that instant."""
    moment = utc_now() + timedelta(**delta)
    while services.step_slice(now=moment):
        pass
    return moment


def send(moment: datetime) -> None:
    """Hand over all that is due at an instant, and step what goes on."""
    while send_slice(now=moment) + services.step_slice(now=moment):
        pass


def states() -> Sequence[tuple[str, str, str]]:
    """(state, node, reason) of all, oldest first."""
    return list(Enrollment.objects.order_by("id").values_list("state", "node", "reason"))


def passed() -> Sequence[tuple[str, str]]:
    """(node, outcome) of every step passed, by enrollment and time."""
    return list(Passing.objects.order_by("enrollment_id", "at", "node").values_list("node", "outcome"))


def happen(identifier_id: int, name: str, *, at: datetime, **properties: Any) -> Event:
    """A stored event."""
    number = Event.objects.count() + 1
    return Event.objects.create(
        id=number,
        source_id=1,
        inbox_id=1,
        index=number,
        message_hash=number.to_bytes(16, "big"),
        type="track",
        name=name,
        identifier_id=identifier_id,
        server_side=True,
        occurred_at=at,
        received_at=at,
        properties=properties,
    )
