"""What segments hold of a person: in which they are and were. All derived, all deleted."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from cdp.lib.rights import Erased, Part, Person, Row, Store
from segments.models import DirtyProfile, DueAnswer, Membership


def export(person: Person) -> Iterator[Part]:
    """Every interval."""
    yield Part("segments", "Groups of people you were counted among by a rule, and when.", _memberships(person))


@transaction.atomic
def erase(person: Person, now: datetime) -> Erased:
    """What waits to be evaluated first, so that nobody writes an interval again."""
    ids = list(person.profile_ids)
    waiting = DirtyProfile.objects.filter(profile_id__in=ids).delete()[0]
    due = DueAnswer.objects.filter(profile_id__in=ids).delete()[0]
    left = Membership.objects.filter(profile_id__in=ids).delete()[0]
    return Erased({"memberships deleted": left, "questions to be asked again deleted": waiting + due})


def remains(person: Person) -> int:
    """Rows of the person's profiles."""
    ids = list(person.profile_ids)
    models = (Membership, DueAnswer, DirtyProfile)
    return sum(model._default_manager.filter(profile_id__in=ids).count() for model in models)


def _memberships(person: Person) -> Iterator[Row]:
    rows = Membership.objects.filter(profile_id__in=person.profile_ids).select_related("segment")
    for row in rows.order_by("entered_at", "pk").iterator(chunk_size=500):
        yield {
            "segment": row.segment.name,
            "entered_at": row.entered_at.isoformat(),
            "left_at": row.left_at.isoformat() if row.left_at else None,
        }


STORES: tuple[Store, ...] = (
    Store(
        name="segments",
        title="Segment memberships",
        stage=40,
        erase=erase,
        remains=remains,
        export=export,
        models=("segments.Membership", "segments.DirtyProfile", "segments.DueAnswer"),
    ),
)
"""Derived from events and traits, which are erased before."""
