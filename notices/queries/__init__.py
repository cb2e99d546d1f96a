"""Reads of notices."""

from notices.models import Notice


def is_mailed(stage: str) -> bool:
    """Whether a mail goes out for this stage of orders."""
    return Notice.objects.filter(stage=stage, enabled=True).exists()
