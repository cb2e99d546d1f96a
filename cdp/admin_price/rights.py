"""Who may open and change the pages of prices, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest

from cdp.admin_placement.rights import PEOPLE, PERSONAL
from cdp.lib import admin_parts
from cdp.lib.admin_parts import may
from offers.models import PriceList

LOOK, CHANGE, ADD, DELETE = (f"offers.{each}_pricelist" for each in ("view", "change", "add", "delete"))


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Prices are open to those who have the right to them: ask an administrator."
    )


def found(list_id: int) -> PriceList:
    """The list, or a page that says there is none."""
    row = PriceList.objects.filter(pk=list_id).first()
    if row is None:
        raise Http404("There is no such price list: it may have been deleted.")
    return row


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_delete": may(request, DELETE),
        "may_people": may(request, PEOPLE),
        "personal": may(request, PERSONAL),
        **more,
    }
