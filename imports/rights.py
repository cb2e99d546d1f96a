"""What imports may hold of a person: uploaded files, their samples, and rows that could not be taken."""

from datetime import datetime

from cdp.lib.mentions import Mentions
from cdp.lib.rights import Erased, Person, Store
from imports.services import erasing


def erase(person: Person, now: datetime) -> Erased:
    """Files that name the person are deleted, running ones once they are over."""
    return Erased(erasing.erase_named(_mentions(person)))


def remains(person: Person) -> int:
    """Files, samples and rejected rows that name the person."""
    return erasing.named(_mentions(person))


def _mentions(person: Person) -> Mentions:
    return Mentions((one.kind, one.value) for one in person.identifiers)


STORES = (
    Store(
        name="imports",
        title="Uploaded files",
        stage=20,
        erase=erase,
        remains=remains,
        models=("imports.Import", "imports.ImportReject"),
        place="IMPORTS_DIR",
        why_no_export="what became of a file is in the person's events and traits; what was rejected was not stored",
    ),
)
