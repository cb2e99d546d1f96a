"""What audiences hold of a person: that their values wait to be computed anew."""

from datetime import datetime

from audiences.models import StaleProfile
from cdp.lib.rights import Erased, Person, Store


def erase(person: Person, now: datetime) -> Erased:
    """The rows are deleted; what was computed is erased with the segments."""
    waiting = StaleProfile.objects.filter(profile_id__in=person.profile_ids).delete()[0]
    return Erased({"values to be computed anew, given up": waiting})


def remains(person: Person) -> int:
    """Rows of the person's profiles."""
    return StaleProfile.objects.filter(profile_id__in=person.profile_ids).count()


STORES: tuple[Store, ...] = (
    Store(
        name="audiences",
        title="Values to be computed",
        stage=35,
        erase=erase,
        remains=remains,
        models=("audiences.StaleProfile",),
        why_no_export="a queue of seconds; what was computed is given with the segments",
    ),
)
"""Before the segments: so that nobody writes a value again that was erased there."""
