"""Who may open and change the pages of decided places, and what each shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may
from decisions.models import DecisionPlacement

LOOK, CHANGE, ADD = (f"decisions.{each}_decisionplacement" for each in ("view", "change", "add"))


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Places are open to those who have the right to them: ask an administrator."
    )


def found(placement_id: int) -> DecisionPlacement:
    """The place; raises Http404."""
    row = DecisionPlacement.objects.select_related("version").filter(pk=placement_id).first()
    if row is None:
        raise Http404("There is no such place: it may have been deleted.")
    return row


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        **more,
    }
