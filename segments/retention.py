"""How long ended memberships of segments are kept."""

from django.conf import settings
from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from segments.models import ListReject, MemberExport, Membership

_ENDED = Timed(Membership, "left_at", Q(left_at__isnull=False), tells=("left_reason",))
_REJECTS = Timed(ListReject, "made_at", tells=("code",))
_EXPORTS = Timed(MemberExport, "finished_at", Q(state="done"), tells=("purpose",))

CLASSES = (
    DataClass(
        code="memberships",
        title="Ended memberships of segments",
        kept_for="to show how segments grew and shrank",
        what="memberships that ended are deleted; present ones stay",
        default_days=None,
        measure=_ENDED.measure,
        delete=_ENDED.delete,
        models=("segments.Membership",),
    ),
    DataClass(
        code="list_rejects",
        title="Rows of uploaded lists that name nobody",
        kept_for="to mend the file they came from",
        what="the rows are deleted; how many there were stays",
        default_days=30,
        measure=_REJECTS.measure,
        delete=_REJECTS.delete,
        models=("segments.ListReject",),
    ),
    DataClass(
        code="segment_exports",
        title="Files of segments' members",
        kept_for="to be downloaded by whoever asked for them",
        what="files are deleted; who exported what, and how many people, stays",
        default_days=3,
        measure=_EXPORTS.measure,
        delete=None,
        models=("segments.MemberExport",),
        setting="SEGMENT_EXPORT_DAYS",
        setting_days=lambda: settings.SEGMENT_EXPORT_DAYS,
    ),
)
