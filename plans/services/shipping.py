"""The shipped plan made real: what is missing is declared, what nobody changed is kept up to date."""

from plans.contracts import Draft
from plans.models import EventType, EventTypeVersion
from plans.services.publishing import declare, publish_version
from plans.shipped import SHIPPED, ShippedEvent


def ensure_default_plan() -> int:
    """Declare what is missing; how many events were added or brought up to date. Harmless to repeat.

    What staff published stays theirs: only an event whose current version is a shipped one gets the newer shipped one.
    """
    current = {
        (version.event_type.kind, version.event_type.name): version
        for version in EventTypeVersion.objects.filter(is_current=True).select_related("event_type")
    }
    return sum(_ensure(event, current.get((event.kind, event.name))) for event in SHIPPED)


def _ensure(event: ShippedEvent, current: EventTypeVersion | None) -> bool:
    schema, personal = event.schema(), dict(sorted(event.personal().items()))
    if current is None:
        if EventType.objects.filter(kind=event.kind, name=event.name).exists():
            return False
        declare(
            event.kind,
            event.name,
            Draft(schema, personal, "As shipped."),
            by=None,
            description=event.description,
            owner=event.owner,
            origin=EventType.Origin.SHIPPED,
        )
        return True
    if not current.is_shipped or (current.schema, current.personal) == (schema, personal):
        return False
    publish_version(
        current.event_type, Draft(schema, personal, "As shipped with this release."), by=None, is_shipped=True
    )
    return True
