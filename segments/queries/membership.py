"""Who is in what: a person's segments, a segment's members and size."""

from uuid import UUID

from django.db.models import Count

from segments.contracts import Member, MemberPage, SegmentOfProfile
from segments.models import Membership

PAGE = 50


def segments_of(profile_id: UUID) -> list[SegmentOfProfile]:
    """The segments a profile is in now, by name."""
    found = Membership.objects.filter(profile_id=profile_id, left_at__isnull=True, segment__used_for="").order_by(
        "segment__name", "segment_id"
    )
    return [
        SegmentOfProfile(*row)
        for row in found.values_list("segment_id", "segment__slug", "segment__name", "entered_at")
    ]


def members(segment_id: int, *, cursor: str | None = None, limit: int = PAGE) -> MemberPage:
    """Members now, newest first. `cursor` comes from the page before; raises ValueError for one that is none."""
    found = Membership.objects.filter(segment_id=segment_id, left_at__isnull=True).order_by("-id")
    if cursor:
        found = found.filter(id__lt=int(cursor))
    rows = list(found.values_list("id", "profile_id", "entered_at")[: limit + 1])
    shown = tuple(Member(*row) for row in rows[:limit])
    return MemberPage(shown, str(shown[-1].membership_id) if len(rows) > limit else None)


def size(segment_id: int) -> int:
    """How many are in a segment now."""
    return Membership.objects.filter(segment_id=segment_id, left_at__isnull=True).count()


def sizes() -> dict[int, int]:
    """Members now, by segment id; segments without any are absent."""
    rows = Membership.objects.filter(left_at__isnull=True).values("segment_id").annotate(members=Count("id"))
    return dict(rows.values_list("segment_id", "members"))
