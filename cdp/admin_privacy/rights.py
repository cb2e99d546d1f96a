"""Who may look at and change privacy's pages."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

LOOK, CHANGE = "privacy.view_retentionrule", "privacy.change_retentionrule"


def may(request: HttpRequest, right: str) -> bool:
    """Has this member of staff the right?"""
    return bool(getattr(request.user, "has_perm", lambda _: False)(right))


def require(request: HttpRequest, right: str = LOOK) -> None:
    """Raises PermissionDenied without the right."""
    if not may(request, right):
        raise PermissionDenied("This page is open to those who have the right to it: ask an administrator.")
