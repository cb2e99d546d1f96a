"""What jobs may hold of a person: parameters, results, notes and errors that name them, although none should."""

from datetime import datetime
from typing import Any

from cdp.jobs.models import Job
from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import naming_rows
from cdp.lib.rights import Erased, Person, Store


def erase(person: Person, now: datetime) -> Erased:
    """Jobs that are over lose what names the person; others are found by the check until they are over."""
    over = Job.objects.filter(pk__in=_naming(person)).exclude(state__in=(Job.State.QUEUED, Job.State.RUNNING))
    return Erased({"jobs emptied": over.update(params={}, result={}, note="", error="")})


def remains(person: Person) -> int:
    """Jobs that name the person."""
    return len(_naming(person))


def _naming(person: Person) -> list[Any]:
    mentions = Mentions((one.kind, one.value) for one in person.identifiers)
    return naming_rows(Job, ("params", "result", "note", "error"), mentions)


STORES = (
    Store(
        name="jobs",
        title="Notes of long work",
        stage=60,
        erase=erase,
        remains=remains,
        models=("jobs.Job",),
        why_no_export="parameters are ids and settings; nothing of anybody is meant to be there",
    ),
)
