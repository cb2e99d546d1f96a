"""Admin of experiments: the split is editable by its name only; exposures are read-only facts."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from cdp.lib.admin_parts import ONE_LINE
from experiments.models import Experiment, Exposure


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Experiments with their shares and the heads exposed so far."""

    list_display = ("key", "name", "shares", "exposed", "created_at")
    search_fields = ("key", "name")
    readonly_fields = ("key", "shares", "exposed", "salt", "created_at")
    fields = ("name", *readonly_fields)
    formfield_overrides = ONE_LINE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        """Experiments with their number of exposures."""
        rows: QuerySet[Experiment] = super().get_queryset(request)
        return rows.annotate(exposures_count=Count("exposures"))

    @admin.display(description="Shares")
    def shares(self, row: Experiment) -> str:
        """E.g. “holdout 10 %, treated 90 %”."""
        return ", ".join(f"{name} {float(share):.0%}" for name, share in sorted(row.variants.items()))

    @admin.display(description="Exposed", ordering="exposures_count")
    def exposed(self, row: Experiment) -> int:
        """Units that met this experiment."""
        return int(getattr(row, "exposures_count", 0))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Experiments are made by what uses them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Its exposures are what its result is computed from."""
        return False


@admin.register(Exposure)
class ExposureAdmin(ModelAdmin):  # type: ignore[misc]
    """Who met what first, by hash."""

    list_display = ("experiment", "variant", "exposed_at")
    list_filter = ("experiment", "variant")
    list_select_related = ("experiment",)
    show_full_result_count = False
    exclude = ("unit_hash",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Written by the services only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Exposure | None = None) -> bool:
        """A first exposure never changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Exposure | None = None) -> bool:
        """Deleted by erasure only."""
        return False
