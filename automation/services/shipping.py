"""A journey of one's own made from a shipped one: a draft, with the segments it is about."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from automation.models import Journey
from automation.services.drafting import free_name, free_slug
from automation.shipped import ShippedJourney, ShippedSegment, shipped_journeys
from segments.contracts import SegmentDraft
from segments.models import Segment
from segments.services.saving import save_segment


class UnknownShippedError(LookupError):
    """No journey of this name comes with the product. `known`: those that do."""

    def __init__(self, slug: str) -> None:
        self.known = tuple(shipped_journeys())
        super().__init__(f"No journey {slug!r} comes with the product. There are: {', '.join(self.known)}.")


@transaction.atomic
def make_from(shipped_slug: str, user: AbstractBaseUser | None) -> Journey:
    """A draft journey with everything of the shipped one; its segments are made live where none has their slug.

    Nothing runs until it is published. Raises UnknownShippedError.
    """
    shipped = shipped_journeys().get(shipped_slug)
    if shipped is None:
        raise UnknownShippedError(shipped_slug)
    for segment in shipped.segments:
        _make_segment(segment, user)
    return Journey.objects.create(
        slug=free_slug(shipped.slug), **(values_of(shipped) | {"name": free_name(shipped.name)})
    )


def values_of(shipped: ShippedJourney) -> dict[str, Any]:
    """The columns of a journey made from it, without its slug."""
    return {
        "name": shipped.name,
        "notes": shipped.description,
        "purpose_id": shipped.purpose,
        "holdout_share": shipped.holdout,
        "priority": shipped.priority,
        "reentry": shipped.reentry,
        "reentry_days": shipped.reentry_days,
        "draft": shipped.graph,
        "shipped": shipped.slug,
    }


def _make_segment(segment: ShippedSegment, user: AbstractBaseUser | None) -> None:
    if not Segment.objects.filter(slug=segment.slug).exists():
        save_segment(SegmentDraft(segment.slug, segment.name, segment.definition, notes=segment.notes), by=user)
