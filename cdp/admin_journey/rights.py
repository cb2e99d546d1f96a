"""Who may open and change the pages of journeys, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import reverse

from automation.models import Journey
from cdp.lib import admin_parts
from cdp.lib.admin_parts import may

LOOK, CHANGE, ADD = (f"automation.{each}_journey" for each in ("view", "change", "add"))
PEOPLE, PERSONAL = "profiles.view_profile", "profiles.view_personal"
TABS = (
    ("Flow", "journey"),
    ("Settings", "journey-settings"),
    ("Test run", "journey-test"),
    ("Back-test", "journey-backtest"),
    ("Versions", "journey-versions"),
)
TAGS = {"draft": "", "live": "ok", "paused": "warn", "archived": ""}


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Journeys are open to those who have the right to them: ask an administrator."
    )


def found(request: HttpRequest, journey_id: int, *rights: str) -> Journey:
    """The journey, for those with these rights. Raises Http404, PermissionDenied."""
    require(request, LOOK, *rights)
    row = Journey.objects.select_related("version").filter(pk=journey_id).first()
    if row is None:
        raise Http404("There is no such journey.")
    return row


def around(request: HttpRequest, title: str, row: Journey | None = None, tab: str = "", **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, the journey with its tabs, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "journey": row,
        "tag": TAGS.get(row.state, "") if row else "",
        "tabs": [(name, reverse(url, args=[row.pk]), url == tab) for name, url in TABS] if row else [],
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_people": may(request, PEOPLE),
        "personal": may(request, PERSONAL),
        **more,
    }
