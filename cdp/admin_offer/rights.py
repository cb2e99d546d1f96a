"""Who may open and change the pages of offers, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import reverse

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may
from offers.models import Offer

LOOK, CHANGE, ADD, APPROVE = (f"offers.{each}_offer" for each in ("view", "change", "add", "approve"))


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Offers are open to those who have the right to them: ask an administrator."
    )


def found(offer_id: int) -> Offer:
    """The offer; raises Http404."""
    row = Offer.objects.select_related("version", "submitted_by").filter(pk=offer_id).first()
    if row is None:
        raise Http404("There is no such offer: it may have been deleted.")
    return row


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_approve": may(request, APPROVE),
        **more,
    }


def tabs(offer: Offer, here: str) -> list[tuple[str, str, bool]]:
    """The pages of one offer: (name, address, whether it is this one)."""
    pages = (("What it is", "offer"), ("How it goes", "offer-figures"), ("Codes", "offer-codes"))
    return [(name, reverse(url, args=[offer.pk]), url == here) for name, url in pages]
