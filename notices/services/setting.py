"""The five notices, made once; staff turn them on."""

from notices.contracts import STAGES
from notices.models import Notice


def ensure_notices() -> None:
    """One row a stage, off at first: most shops have somebody who writes these mails already. Idempotent."""
    rows = [Notice(stage=one.code, template=one.template) for one in STAGES.values()]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
