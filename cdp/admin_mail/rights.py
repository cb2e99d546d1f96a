"""Who may open and change the pages of mail, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may

LOOK, CHANGE, ADD = (f"mailing.{each}_mailtemplate" for each in ("view", "change", "add"))
PUBLISH = "mailing.add_templateversion"
SEE_BRAND, CHANGE_BRAND = "mailing.view_brand", "mailing.change_brand"
SEE_POLICY, CHANGE_POLICY = "mailing.view_policy", "mailing.change_policy"
CHANGE_JOURNEY = "automation.change_journey"
PEOPLE, PERSONAL = "profiles.view_profile", "profiles.view_personal"
TABS = (
    ("Templates", "mail-templates", LOOK),
    ("Brand", "mail-brand", SEE_BRAND),
    ("Sending policy", "mail-policy", SEE_POLICY),
    ("Deliverability", "mail-delivery", SEE_POLICY),
)


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Mail is open to those who have the right to it: ask an administrator."
    )


def may_stop(request: HttpRequest) -> bool:
    """Whether they stop and resume all marketing: who makes journeys must be able to pull the cord."""
    return may(request, CHANGE_POLICY) or may(request, CHANGE_JOURNEY)


def require_stop(request: HttpRequest) -> None:
    """Raises PermissionDenied for who neither changes the policy nor journeys."""
    require(request, SEE_POLICY)
    if not may_stop(request):
        require(request, CHANGE_POLICY)


def around(request: HttpRequest, title: str, tab: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, the tabs, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "tabs": [(name, reverse(url), url == tab) for name, url, right in TABS if may(request, right)],
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_publish": may(request, PUBLISH),
        "may_people": may(request, PEOPLE),
        **more,
    }
