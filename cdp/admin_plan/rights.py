"""Who may open and change the tracking plan's pages, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may

LOOK, CHANGE, ADD, HOLD = (
    "plans.view_eventtype",
    "plans.change_eventtype",
    "plans.add_eventtype",
    "plans.change_sourcemode",
)
TABS = (
    ("Events", "plan"),
    ("Seen but not declared", "plan-seen"),
    ("Sources", "plan-sources"),
    ("Data dictionary", "plan-dictionary"),
)


def require(request: HttpRequest, right: str = LOOK) -> None:
    """Raises PermissionDenied without the right."""
    admin_parts.require(
        request, right, otherwise="The tracking plan is open to those who have the right to it: ask an administrator."
    )


def around(request: HttpRequest, title: str, tab: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, the tabs, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "tabs": [(name, reverse(url), url == tab) for name, url in TABS],
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        **more,
    }
