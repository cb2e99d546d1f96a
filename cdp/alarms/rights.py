"""What alarms may hold of a person: messages that name them, although none should."""

from datetime import datetime
from typing import Any

from cdp.alarms.models import Alarm
from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import naming_rows
from cdp.lib.rights import Erased, Person, Store


def erase(person: Person, now: datetime) -> Erased:
    """Alarms about the person or naming them are deleted; what still is so raises them again."""
    return Erased({"alarms deleted": Alarm.objects.filter(pk__in=_naming(person)).delete()[0]})


def remains(person: Person) -> int:
    """Alarms about the person."""
    return len(_naming(person))


def _naming(person: Person) -> list[Any]:
    ids = [("profile_id", str(profile_id)) for profile_id in person.profile_ids]
    mentions = Mentions([*((one.kind, one.value) for one in person.identifiers), *ids])
    return naming_rows(Alarm, ("key", "message", "link"), mentions)


STORES = (
    Store(
        name="alarms",
        title="Alarms",
        stage=60,
        erase=erase,
        remains=remains,
        models=("alarms.Alarm",),
        why_no_export="an alarm is about the service; its key may be the id of a profile",
    ),
)
