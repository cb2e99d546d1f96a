"""Admin of placements: the list. What is edited there has pages of its own (cdp/admin_placement)."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from recommendations.models import Placement, PlacementRule


@admin.register(Placement)
class PlacementAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Placements; added and changed on pages of their own."""

    list_display = ("name", "key", "kind", "is_active", "updated_at")
    ordering = ("key",)


@admin.register(PlacementRule)
class PlacementRuleAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Rules, whose pages are those of their placement."""

    list_display = ("action", "target", "value", "placement", "starts_at", "ends_at", "segment")
    ordering = ("-id",)
