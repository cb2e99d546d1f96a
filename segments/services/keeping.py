"""What is done with a whole segment: notes and owner, a copy, archive and bring back, an earlier rule again."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from segments.contracts import SavedSegment, SegmentDraft
from segments.models import Segment
from segments.services.saving import save_segment

LONGEST_SLUG = 50
COPY = "-copy"


def describe(segment_id: int, *, notes: str, owner_id: int | None) -> None:
    """Notes and who answers for it. The rule, its version and its members stay."""
    Segment.objects.filter(pk=segment_id).update(notes=notes, owner_id=owner_id)


@transaction.atomic
def duplicate(segment_id: int, *, by: AbstractBaseUser | None) -> int:
    """A draft with the same rule, owned by who made it; answers its id. Raises ValueError for a list: no rule is it."""
    segment = Segment.objects.get(pk=segment_id)
    if segment.kind != Segment.Kind.RULE:
        raise ValueError("A list has no rule to copy: freeze it as another list instead.")
    draft = SegmentDraft(
        slug=_free_slug(segment.slug),
        name=f"Copy of {segment.name}"[:120],
        definition=segment.definition,
        state=Segment.State.DRAFT,
        notes=segment.notes,
        purpose=segment.purpose_id or "",
    )
    saved = save_segment(draft, by=by)
    Segment.objects.filter(pk=saved.segment_id).update(owner_id=by.pk if by else None)
    return saved.segment_id


def change_state(segment_id: int, state: str, *, by: AbstractBaseUser | None) -> SavedSegment:
    """Archive it (its members leave, told to nobody) or bring it back (everybody is asked anew).

    Raises what `save_segment` raises, e.g. where another segment's rule asks about one that is to be archived.
    """
    return _saved(segment_id, by, state=state)


def restore(segment_id: int, version: int, *, by: AbstractBaseUser | None) -> SavedSegment:
    """Save the rule of an earlier version as a new one. Raises SegmentVersion.DoesNotExist."""
    definition = Segment.objects.get(pk=segment_id).versions.get(version=version).definition
    return _saved(segment_id, by, definition=definition)


def _saved(segment_id: int, by: AbstractBaseUser | None, **changes: object) -> SavedSegment:
    segment = Segment.objects.get(pk=segment_id)
    as_it_is = {
        "slug": segment.slug,
        "name": segment.name,
        "definition": segment.definition,
        "state": segment.state,
        "notes": segment.notes,
        "purpose": segment.purpose_id or "",
    }
    return save_segment(SegmentDraft(**{**as_it_is, **changes}), segment_id=segment_id, by=by)


def _free_slug(slug: str) -> str:
    number, found = 1, ""
    while not found or Segment.objects.filter(slug=found).exists():
        suffix = COPY if number == 1 else f"{COPY}-{number}"
        found, number = slug[: LONGEST_SLUG - len(suffix)] + suffix, number + 1
    return found
