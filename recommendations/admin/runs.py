"""Model runs in the admin's registry: who may see them, and the way to their pages, which the roof makes.

Lists and links of the admin lead to the model's own pages; nothing of a run is edited.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from cdp.lib.admin_parts import ReadOnlyAdmin
from recommendations.models import ModelRun


@admin.register(ModelRun)
class ModelRunAdmin(ReadOnlyAdmin):
    """A run is a fact: made by a training, shown at `models` and `model-run`."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The model's page."""
        return HttpResponseRedirect(reverse("models"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The run's page."""
        known = object_id.isascii() and object_id.isdigit()
        return HttpResponseRedirect(reverse("model-run", args=[object_id]) if known else reverse("models"))
