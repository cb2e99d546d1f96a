"""What the outbox holds of a person for seven days: topics that carry ids of theirs, and errors that may name them."""

from datetime import datetime
from typing import Any

from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import naming_rows
from cdp.lib.rights import Erased, Person, Store
from cdp.outbox.models import Delivery, TopicRow


def erase(person: Person, now: datetime) -> Erased:
    """Topics whose payload names the person are deleted with their deliveries, errors that do are emptied.

    Ids in payloads stay until the sweep: they resolve to nobody, and whoever is still to hear of them finds nothing.
    """
    errors = Delivery.objects.filter(pk__in=_errors(person)).update(last_error="")
    topics = TopicRow.objects.filter(pk__in=_topics(person)).delete()[1].get("outbox.TopicRow", 0)
    return Erased({"topics deleted": topics, "errors emptied": errors})


def remains(person: Person) -> int:
    """Topics and errors that name the person."""
    return len(_topics(person)) + len(_errors(person))


def _topics(person: Person) -> list[Any]:
    return naming_rows(TopicRow, ("payload",), _mentions(person))


def _errors(person: Person) -> list[Any]:
    return naming_rows(Delivery, ("last_error",), _mentions(person))


def _mentions(person: Person) -> Mentions:
    return Mentions((one.kind, one.value) for one in person.identifiers)


STORES = (
    Store(
        name="outbox",
        title="Messages between parts of the service",
        stage=20,
        erase=erase,
        remains=remains,
        models=("outbox.TopicRow", "outbox.Delivery"),
        why_no_export="ids of what other stores give, for seven days",
    ),
)
