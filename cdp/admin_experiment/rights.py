"""Who may open and change the pages of experiments, and what every one of them shows around its own content."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import reverse

from cdp.lib import admin_parts
from cdp.lib.admin_parts import may
from experiments.models import Experiment

LOOK, CHANGE, ADD = (f"experiments.{each}_experiment" for each in ("view", "change", "add"))
TABS = (
    ("Experiments", "experiments"),
    ("Kept by mails and placements", "experiments-kept"),
    ("Can it be trusted?", "experiments-aa"),
)


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied without these rights."""
    admin_parts.require(
        request, *rights, otherwise="Experiments are open to those who have the right to them: ask an administrator."
    )


def found(experiment_id: int) -> Experiment:
    """An experiment of staff; raises Http404."""
    row = Experiment.objects.filter(pk=experiment_id, owner="").select_related("layer").first()
    if row is None:
        raise Http404("There is no such experiment.")
    return row


def around(request: HttpRequest, title: str, tab: str, **more: Any) -> dict[str, Any]:
    """A page's context: the admin's own, the tabs, and what this reader may do."""
    return admin.site.each_context(request) | {
        "title": title,
        "tabs": [(name, reverse(url), url == tab) for name, url in TABS],
        "may_change": may(request, CHANGE),
        "may_add": may(request, ADD),
        **more,
    }
