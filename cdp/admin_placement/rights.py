"""Who may open and change the pages of placements, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may

LOOK, CHANGE, ADD, DELETE = (f"recommendations.{each}_placement" for each in ("view", "change", "add", "delete"))
PEOPLE, PERSONAL = "profiles.view_profile", "profiles.view_personal"
TABS = (("Placements", "placements"), ("Rules of all placements", "placement-rules"))


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Placements are open to those who have the right to them: ask an administrator."
    )


def around(request: HttpRequest, title: str, tab: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, the tabs, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "tabs": [(name, reverse(url), url == tab) for name, url in TABS],
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_delete": may(request, DELETE),
        "may_people": may(request, PEOPLE),
        "personal": may(request, PERSONAL),
        **more,
    }
