"""How long ended memberships of segments are kept."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from segments.models import Membership

_ENDED = Timed(Membership, "left_at", Q(left_at__isnull=False), tells=("left_reason",))

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
)
