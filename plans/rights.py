"""What plans may hold of a person: sample values of properties, which name nobody, and pointers to raw requests."""

from datetime import datetime

from cdp.lib.mentions import Mentions
from cdp.lib.rights import Erased, Person, Store
from plans import services


def erase(person: Person, now: datetime) -> Erased:
    """Samples that name the person; those their events taught go with the events."""
    return Erased({"learned properties cleaned": services.forget_naming(_mentions(person))})


def remains(person: Person) -> int:
    """Learned properties with a sample that names the person."""
    return len(services.naming(_mentions(person)))


def _mentions(person: Person) -> Mentions:
    return Mentions((one.kind, one.value) for one in person.identifiers)


STORES = (
    Store(
        name="learned samples",
        title="Samples of the tracking plan",
        stage=40,
        erase=erase,
        remains=remains,
        models=("plans.LearnedProperty", "plans.ViolationCount"),
        why_no_export="a value that could be tied to a person is masked before it is stored",
    ),
)
