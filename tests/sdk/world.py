"""What the SDK tests say and see: the events that arrived, whom they are about, and that nothing was turned away."""

from dataclasses import dataclass

from events.models import Event, Inbox, RejectedEvent, Source, SourceDay
from profiles.models import Identifier
from tests.embedded.harness import wait_until

PRODUCT = {"product_id": "P-1", "name": "Teapot", "price": 39.5, "quantity": 1, "currency": "EUR"}


@dataclass(frozen=True)
class Arrived:
    """One event of the log: its type and name, and the identifier it hangs on as `kind:value`."""

    type: str
    name: str
    identifier: str


def wait_for_items(source: Source, count: int) -> None:
    """Until `source` was sent `count` events; an unexpected surplus shows in what arrived."""

    def received() -> bool:
        return sum(Inbox.objects.filter(source=source).values_list("items", flat=True)) >= count

    wait_until(received, 60)


def arrived(source: Source) -> list[Arrived]:
    """The source's events in the order of their log."""
    named = {found.pk: f"{found.kind}:{found.value}" for found in Identifier.objects.all()}
    rows = Event.objects.filter(source_id=source.pk).order_by("inbox_id", "index")
    return [Arrived(row.type, row.name, named[row.identifier_id]) for row in rows]


def event(source: Source, name: str) -> Event:
    """The one event of that name."""
    return Event.objects.get(source_id=source.pk, name=name)


def identifiers_of_profile(kind: str, value: str) -> set[str]:
    """All identifiers of the person who has this one, as `kind:value`."""
    profile = Identifier.objects.get(kind=kind, value=value).profile_id
    return {f"{found.kind}:{found.value}" for found in Identifier.objects.filter(profile_id=profile)}


def assert_nothing_was_turned_away(source: Source) -> None:
    """No quarantine, nothing refused, nothing left over."""
    assert list(RejectedEvent.objects.values_list("stage", "reason", "detail")) == []
    assert not Inbox.objects.filter(done_at=None).exists()
    days = SourceDay.objects.filter(source_id=source.pk).values_list("rejected", "refused")
    assert all(day == (0, 0) for day in days)
