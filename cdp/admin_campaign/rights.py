"""Who may open, change, send and approve campaigns, and what every one of their pages shows around its own content."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import Http404, HttpRequest

from campaigns.models import Campaign
from cdp.lib import admin_parts
from cdp.lib.admin_parts import may

LOOK, CHANGE, ADD, DELETE = (f"campaigns.{each}_campaign" for each in ("view", "change", "add", "delete"))
APPROVE = "campaigns.approve_campaign"


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Campaigns are open to those who have the right to them: ask an administrator."
    )


def actor(request: HttpRequest) -> User:
    """Who acts. Pages of the admin are open to staff alone."""
    assert isinstance(request.user, AbstractBaseUser)
    return request.user


def campaign_or_404(campaign_id: int) -> Campaign:
    """The campaign with whoever asked, approved and made it."""
    found = Campaign.objects.select_related("asked_by", "approved_by", "created_by", "purpose").filter(pk=campaign_id)
    row = found.first()
    if row is None:
        raise Http404("There is no such campaign: it may have been deleted.")
    return row


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_delete": may(request, DELETE),
        "may_approve": may(request, APPROVE),
        **more,
    }
