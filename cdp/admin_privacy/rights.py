"""Who may look at and change privacy's pages."""

from django.http import HttpRequest

from cdp.lib import admin_parts

LOOK, CHANGE = "privacy.view_retentionrule", "privacy.change_retentionrule"


def require(request: HttpRequest, right: str = LOOK) -> None:
    """Raises PermissionDenied without the right."""
    admin_parts.require(request, right)
