"""What access holds of a person: who of staff looked at them, and when."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cdp.access.models import AuditEntry
from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import naming_rows
from cdp.lib.rights import Erased, Part, Person, Row, Store


def export(person: Person) -> Iterator[Part]:
    """Views and changes, without the name of the member of staff."""
    yield Part("looked_at_by_staff", "When staff looked at or changed what is held of you, and why.", _rows(person))


def erase(person: Person, now: datetime) -> Erased:
    """Entries stay as the proof of what staff did: their ids lead to nobody now. Words that name them are emptied."""
    emptied = AuditEntry.objects.filter(pk__in=_naming(person)).update(reason="")
    kept = AuditEntry.objects.filter(subject__in=_subjects(person)).count()
    return Erased({"reasons emptied": emptied, "entries kept without a name": kept})


def remains(person: Person) -> int:
    """Entries whose words name the person."""
    return len(_naming(person))


def _rows(person: Person) -> Iterator[Row]:
    for row in AuditEntry.objects.filter(subject__in=_subjects(person)).order_by("at"):
        yield {"at": row.at.isoformat(), "what": row.action, "reason": row.reason}


def _subjects(person: Person) -> list[str]:
    return [f"profile:{profile_id}" for profile_id in person.profile_ids]


def _naming(person: Person) -> list[Any]:
    mentions = Mentions((one.kind, one.value) for one in person.identifiers)
    return naming_rows(AuditEntry, ("subject", "reason"), mentions)


STORES = (
    Store(
        name="audit",
        title="What staff looked at",
        stage=60,
        erase=erase,
        remains=remains,
        export=export,
        models=("access.AuditEntry",),
    ),
)
