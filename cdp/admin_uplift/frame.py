"""What every page of uplift shares: its rights, the reader, and what stands around its content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may
from experiments.models import UpliftRun

LOOK, CHANGE, ADD, DELETE = (f"experiments.{each}_upliftrun" for each in ("view", "change", "add", "delete"))


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Uplift is open to those who have the right to it: ask an administrator."
    )


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        "may_delete": may(request, DELETE),
        **more,
    }


def run_or_404(run_id: int) -> UpliftRun:
    """The comparison, without its upload's rows."""
    row = UpliftRun.objects.select_related("experiment", "upload").defer("upload__table").filter(pk=run_id).first()
    if row is None:
        raise Http404("There is no such comparison: it may have been removed.")
    return row
