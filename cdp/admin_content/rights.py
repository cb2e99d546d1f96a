"""Who may open and change the pages of content, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest

from cdp.admin_placement.rights import PEOPLE, PERSONAL
from cdp.lib import admin_parts
from cdp.lib.admin_parts import actor, may
from decisions.models import ContentBlock

LOOK, CHANGE, ADD = (f"decisions.{each}_contentblock" for each in ("view", "change", "add"))

__all__ = ["ADD", "CHANGE", "LOOK", "actor", "around", "found", "require"]


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Content is open to those who have the right to it: ask an administrator."
    )


def found(block_id: int) -> ContentBlock:
    """The block, or a page that says there is none."""
    row = ContentBlock.objects.select_related("version").filter(pk=block_id).first()
    if row is None:
        raise Http404("There is no such content.")
    return row


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_people": may(request, PEOPLE),
        "personal": may(request, PERSONAL),
        **more,
    }
