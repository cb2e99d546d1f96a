"""Changing a segment in part, and only as the caller saw it: two who change one segment do not undo each other."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from segments.contracts import SavedSegment, SegmentDraft
from segments.models import Segment
from segments.services import locks
from segments.services.saving import save_segment

FIELDS = ("slug", "name", "definition", "state", "notes", "purpose")


class SegmentChanged(Exception):
    """The segment is not as the caller saw it. `tag`: what it is now; read it again, then change it."""

    def __init__(self, tag: str) -> None:
        super().__init__("The segment was changed since you read it: read it again, then change it.")
        self.tag = tag


class SlugTaken(ValueError):
    """Another segment has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is a segment “{slug}” already, and it is not this one: choose another slug.")


def tag_of(segment: Segment) -> str:
    """What changes whenever the segment does: an HTTP entity tag."""
    return f'"{segment.version}-{int(segment.updated_at.timestamp() * 1_000_000):x}"'


@transaction.atomic
def create_segment(draft: SegmentDraft, *, by: AbstractBaseUser | None = None) -> tuple[int, bool]:
    """(its id, whether it is new). The very same segment again is no error. Raises SlugTaken, RuleError."""
    locks.own_rules()
    known = Segment.objects.filter(slug=draft.slug).first()
    if known is not None:
        if _draft_of(known) != draft:
            raise SlugTaken(draft.slug)
        return known.pk, False
    return save_segment(draft, by=by).segment_id, True


@transaction.atomic
def change_segment(
    segment_id: int, changes: Mapping[str, Any], *, expected: str | None = None, by: AbstractBaseUser | None = None
) -> SavedSegment:
    """Save these of FIELDS anew, the others as they are. `expected`: the tag the caller saw, if they said.

    Raises SegmentChanged, SlugTaken, RuleError, SegmentInUseError.
    """
    locks.own_rules()
    segment = Segment.objects.select_for_update().get(pk=segment_id)
    if expected not in (None, "*", tag_of(segment)):
        raise SegmentChanged(tag_of(segment))
    slug = changes.get("slug", segment.slug)
    if Segment.objects.filter(slug=slug).exclude(pk=segment_id).exists():
        raise SlugTaken(slug)
    present = _draft_of(segment)
    values = {name: changes.get(name, getattr(present, name)) for name in FIELDS}
    if segment.kind == Segment.Kind.STATIC:
        values["definition"] = {"in_list": slug}
    return save_segment(SegmentDraft(**values), segment_id=segment_id, by=by)


def _draft_of(segment: Segment) -> SegmentDraft:
    return SegmentDraft(
        slug=segment.slug,
        name=segment.name,
        definition=segment.definition,
        state=segment.state,
        notes=segment.notes,
        purpose=segment.purpose_id or "",
    )
