"""What segments hold of a person: in which they are and were. All derived, all deleted."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from cdp.lib.rights import Erased, Part, Person, Row, Store
from segments.models import ComputedValues, DirtyProfile, DueAnswer, Listed, Membership
from segments.services import erasing_files


def export(person: Person) -> Iterator[Part]:
    """Every interval, the lists, and what was computed."""
    yield Part("segments", "Groups of people you were counted among by a rule, and when.", _memberships(person))
    yield Part("lists", "Lists of people you were put on, and when.", _lists(person))
    yield Part("computed", "Figures computed from what you did in the shop.", _computed(person))


@transaction.atomic
def erase(person: Person, now: datetime) -> Erased:
    """What waits to be evaluated first, so that nobody writes an interval again."""
    ids = list(person.profile_ids)
    waiting = DirtyProfile.objects.filter(profile_id__in=ids).delete()[0]
    due = DueAnswer.objects.filter(profile_id__in=ids).delete()[0]
    left = Membership.objects.filter(profile_id__in=ids).delete()[0]
    listed = Listed.objects.filter(identifier_id__in=person.ids).delete()[0]
    computed = ComputedValues.objects.filter(profile_id__in=ids).delete()[0]
    return Erased(
        {
            "memberships deleted": left,
            "questions to be asked again deleted": waiting + due,
            "entries on lists deleted": listed,
            "computed values deleted": computed,
        }
    )


def remains(person: Person) -> int:
    """Rows of the person's profiles."""
    ids = list(person.profile_ids)
    models = (Membership, DueAnswer, DirtyProfile, ComputedValues)
    listed = Listed.objects.filter(identifier_id__in=person.ids).count()
    return listed + sum(model._default_manager.filter(profile_id__in=ids).count() for model in models)


def erase_files(person: Person, now: datetime) -> Erased:
    """Uploads and exports in which the person stands are deleted as a whole."""
    return Erased(erasing_files.erase_files(person, now))


def _memberships(person: Person) -> Iterator[Row]:
    rows = Membership.objects.filter(profile_id__in=person.profile_ids).select_related("segment")
    for row in rows.order_by("entered_at", "pk").iterator(chunk_size=500):
        yield {
            "segment": row.segment.name,
            "entered_at": row.entered_at.isoformat(),
            "left_at": row.left_at.isoformat() if row.left_at else None,
        }


def _lists(person: Person) -> Iterator[Row]:
    rows = Listed.objects.filter(identifier_id__in=person.ids).select_related("segment")
    for row in rows.order_by("added_at", "pk"):
        yield {"list": row.segment.name, "added_at": row.added_at.isoformat()}


def _computed(person: Person) -> Iterator[Row]:
    for row in ComputedValues.objects.filter(profile_id__in=person.profile_ids):
        yield dict(row.values)


STORES: tuple[Store, ...] = (
    Store(
        name="segments",
        title="Segment memberships",
        stage=40,
        erase=erase,
        remains=remains,
        export=export,
        models=(
            "segments.Membership",
            "segments.DirtyProfile",
            "segments.DueAnswer",
            "segments.Listed",
            "segments.ComputedValues",
        ),
    ),
    Store(
        name="segment files",
        title="Uploaded lists and files of members",
        stage=20,
        erase=erase_files,
        remains=erasing_files.files_naming,
        models=("segments.ListFill", "segments.ListReject", "segments.MemberExport"),
        place="SEGMENT_FILES_DIR",
        why_no_export="copies of what other stores give; the lists somebody is on are exported",
    ),
)
"""Derived from events and traits, which are erased before."""
