"""What every page of bandits shares: its rights, the reader, and what stands around its content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may
from decisions.queries.bandit_log import Running, running_bandits

LOOK, CHANGE = "decisions.view_decisionplacement", "decisions.change_decisionplacement"


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Bandits are open to those who may see decided places: ask an administrator."
    )


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, and what this reader may do."""
    return admin.site.each_context(request) | {"title": title, "may_change": may(request, CHANGE), **more}


def bandit_or_404(placement_id: int) -> Running:
    """The running bandit of a placement."""
    for one in running_bandits(placement_id):
        return one
    raise Http404("No bandit runs at this place: it was published as something else, or taken away.")
