"""Saving a segment: a version when the rule changes, and a recomputation whenever memberships may no longer be true."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from cdp.jobs.services import enqueue
from cdp.lib.clock import utc_now
from segments.contracts import SavedSegment, SegmentDraft
from segments.models import DueAnswer, Membership, Segment, SegmentVersion
from segments.queries.using import check_uses
from segments.rules import parse_rule
from segments.services import locks


@transaction.atomic
def save_segment(
    draft: SegmentDraft, *, segment_id: int | None = None, by: AbstractBaseUser | None = None
) -> SavedSegment:
    """Create a segment, or change the one of `segment_id`.

    Raises, with nothing saved, RuleError for a bad rule or one that uses what is not there, and SegmentInUseError where
    others use the segment and it is to be archived or called otherwise.

    A new rule is a new version. Memberships follow in a job of kind segments.recompute; a segment that stops being live
    closes them here (reason `archived`) and tells nobody.
    """
    parse_rule(draft.definition)
    locks.own_rules()
    check_uses(draft.slug, draft.definition, draft.state, segment_id=segment_id)
    segment = Segment() if segment_id is None else Segment.objects.select_for_update().get(pk=segment_id)
    was_live = segment_id is not None and segment.state == Segment.State.LIVE
    rule_changed = segment_id is None or segment.definition != draft.definition
    _apply(segment, draft, version=segment.version + 1 if segment_id is not None and rule_changed else segment.version)
    if rule_changed:
        SegmentVersion.objects.create(
            segment=segment, version=segment.version, definition=draft.definition, created_by_id=by.pk if by else None
        )
    is_live = segment.state == Segment.State.LIVE
    if was_live and not is_live:
        _close(segment)
    job_id = None
    if is_live and (rule_changed or not was_live):
        job_id = enqueue("segments.recompute", {"segment_id": segment.pk}, created_by=by).pk
    return SavedSegment(segment.pk, segment.version, rule_changed, job_id)


def _apply(segment: Segment, draft: SegmentDraft, *, version: int) -> None:
    segment.slug, segment.name, segment.notes = draft.slug, draft.name, draft.notes
    segment.state, segment.definition, segment.version = draft.state, draft.definition, version
    segment.purpose_id = draft.purpose or None
    segment.save()


def _close(segment: Segment) -> None:
    open_ones = Membership.objects.filter(segment=segment, left_at__isnull=True)
    open_ones.update(left_at=utc_now(), left_reason="archived")
    DueAnswer.objects.filter(segment=segment).delete()
